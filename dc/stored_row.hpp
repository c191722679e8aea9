// SPDX-License-Identifier: BSD-3-Clause
// The values of one row of the store, in the order of its columns, and the digest that stands with
// them in its last one. SQLite does not see a flipped bit inside a value; the digest does. It guards
// against damage, not against people: who can write the file can also compute it.
#pragma once

#include "common/base/bytes.hpp"
#include "dc/sqlite.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ntm::dc {

// Fed with each value in turn; wipes what it has gathered, since secrets are among it.
class RowDigest {
  public:
    static constexpr std::size_t size = 16;
    using Bytes16 = std::array<std::uint8_t, size>;

    explicit RowDigest(std::string_view table);
    ~RowDigest();
    RowDigest(const RowDigest&) = delete;
    RowDigest& operator=(const RowDigest&) = delete;

    void add(std::int64_t number);
    void add(ByteView bytes);
    void add_nothing();
    [[nodiscard]] Bytes16 value() const noexcept;

  private:
    void add_head(char kind, std::uint64_t number);
    Bytes gathered_;
};

// What is to be written: kept until it is stored, so that a write can be tried again.
class StoredRow {
  public:
    StoredRow() = default;
    ~StoredRow();
    StoredRow(StoredRow&&) = default;
    StoredRow& operator=(StoredRow&&) = delete;
    StoredRow(const StoredRow&) = delete;
    StoredRow& operator=(const StoredRow&) = delete;

    StoredRow& add(std::int64_t number);
    StoredRow& add(std::uint64_t number) { return add(static_cast<std::int64_t>(number)); }
    StoredRow& add(std::string_view text);
    StoredRow& add(ByteView bytes);
    StoredRow& add_nothing();
    // The last column: of all values so far.
    StoredRow& add_digest(std::string_view table);

    void bind_to(Statement& statement) const;

  private:
    struct Value {
        enum class Kind : std::uint8_t { number, text, blob, nothing };
        Kind kind = Kind::nothing;
        std::int64_t number = 0;
        Bytes bytes;
    };
    std::vector<Value> values_;
};

}  // namespace ntm::dc
