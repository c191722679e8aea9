// SPDX-License-Identifier: BSD-3-Clause
#include "dc/stored_row.hpp"

#include "common/base/secret.hpp"
#include "common/crypto/hkdf.hpp"

#include <algorithm>

namespace ntm::dc {

namespace {
// Most rows fit: gathering then leaves no copies behind on the heap.
constexpr std::size_t usual_size = 1024;
}  // namespace

RowDigest::RowDigest(std::string_view table) {
    gathered_.reserve(usual_size);
    add(as_bytes(table));
}

RowDigest::~RowDigest() {
    wipe(gathered_);
}

void RowDigest::add(std::int64_t number) {
    add_head('n', static_cast<std::uint64_t>(number));
}

void RowDigest::add(ByteView bytes) {
    add_head('b', bytes.size());
    append(gathered_, bytes);
}

void RowDigest::add_nothing() {
    add_head('0', 0);
}

void RowDigest::add_head(char kind, std::uint64_t number) {
    gathered_.push_back(static_cast<std::uint8_t>(kind));
    for (int shift = 56; shift >= 0; shift -= 8) {
        gathered_.push_back(static_cast<std::uint8_t>(number >> shift));
    }
}

RowDigest::Bytes16 RowDigest::value() const noexcept {
    const crypto::Hash hash = crypto::sha256(gathered_);
    Bytes16 value;
    std::copy_n(hash.begin(), value.size(), value.begin());
    return value;
}

StoredRow::~StoredRow() {
    for (Value& value : values_) {
        wipe(value.bytes);
    }
}

StoredRow& StoredRow::add(std::int64_t number) {
    values_.push_back({Value::Kind::number, number, {}});
    return *this;
}

StoredRow& StoredRow::add(std::string_view text) {
    const ByteView bytes = as_bytes(text);
    values_.push_back({Value::Kind::text, 0, {bytes.begin(), bytes.end()}});
    return *this;
}

StoredRow& StoredRow::add(ByteView bytes) {
    values_.push_back({Value::Kind::blob, 0, {bytes.begin(), bytes.end()}});
    return *this;
}

StoredRow& StoredRow::add_nothing() {
    values_.emplace_back();
    return *this;
}

StoredRow& StoredRow::add_digest(std::string_view table) {
    RowDigest digest{table};
    for (const Value& value : values_) {
        switch (value.kind) {
            case Value::Kind::number:
                digest.add(value.number);
                break;
            case Value::Kind::text:
            case Value::Kind::blob:
                digest.add(ByteView{value.bytes});
                break;
            case Value::Kind::nothing:
                digest.add_nothing();
                break;
        }
    }
    return add(ByteView{digest.value()});
}

void StoredRow::bind_to(Statement& statement) const {
    for (const Value& value : values_) {
        switch (value.kind) {
            case Value::Kind::number:
                statement.bind(value.number);
                break;
            case Value::Kind::text:
                statement.bind(as_text(value.bytes));
                break;
            case Value::Kind::blob:
                statement.bind(ByteView{value.bytes});
                break;
            case Value::Kind::nothing:
                statement.bind_nothing();
                break;
        }
    }
}

}  // namespace ntm::dc
