// SPDX-License-Identifier: BSD-3-Clause
#include "control/kept_end_keys.hpp"

#include "common/base/bytes.hpp"
#include "common/base/rate_limit.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/aead.hpp"

namespace ntm::control {

using tables::EndKeys;

namespace {

static_assert(crypto::longest_key % sizeof(std::uint64_t) == 0);

}  // namespace

std::uint64_t check_of(PathId path, const EndKeys& keys) noexcept {
    std::uint64_t sum = mix(path.value + keys.subscriber);
    for (const crypto::AeadKey* const key : {&keys.sealing.key, &keys.opening.key}) {
        sum = mix(sum + static_cast<std::uint64_t>(key->suite));
        for (std::size_t at = 0; at < crypto::longest_key; at += sizeof sum) {
            sum = mix(sum + load<std::uint64_t>(key->bytes.view().data() + at));
        }
    }
    return sum | 1;
}

bool KeptEndKeys::adopt(std::vector<Left>& left) {
    for (std::size_t at = records_.size(); at > 0; --at) {
        Record& record = records_[at - 1];
        if (record.seal == 0 && record.path.is_zero()) {
            free_.push_back(at - 1);
            continue;
        }
        if (record.seal == 0) {
            let_go(at - 1);  // half written, or half gone
            continue;
        }
        EndKeys& keys = record.keys();
        if (record.seal != check_of(record.path, keys)) {
            return false;
        }
        keys.sealing.next_counter += left_out;
        keys.opening.received.close();
        left.push_back({record.path, share(at - 1)});
    }
    return true;
}

void KeptEndKeys::clear() {
    free_.clear();
    for (std::size_t at = records_.size(); at > 0; --at) {
        let_go(at - 1);
    }
}

std::shared_ptr<EndKeys> KeptEndKeys::keep(PathId path, const EndKeys& keys) {
    if (free_.empty()) {
        return nullptr;
    }
    const std::size_t at = free_.back();
    free_.pop_back();
    Record& record = records_[at];
    record.path = path;
    tables::keep_order();
    auto* const made = new (record.bytes.data()) EndKeys{};
    made->sealing.key = {keys.sealing.key.suite, keys.sealing.key.view()};
    made->opening.key = {keys.opening.key.suite, keys.opening.key.view()};
    made->subscriber = keys.subscriber;
    tables::keep_order();
    record.seal = check_of(path, *made);
    return share(at);
}

void KeptEndKeys::forget(const EndKeys& keys) noexcept {
    const auto* const its = reinterpret_cast<const std::byte*>(&keys);
    const auto before = its - reinterpret_cast<const std::byte*>(records_.data());
    records_[static_cast<std::size_t>(before) / sizeof(Record)].seal = 0;
}

// At the end of the process what is not forgotten stays.
std::shared_ptr<EndKeys> KeptEndKeys::share(std::size_t at) {
    return {&records_[at].keys(), [this, at](EndKeys*) {
                if (records_[at].seal == 0) {
                    let_go(at);
                }
            }};
}

void KeptEndKeys::let_go(std::size_t at) {
    Record& record = records_[at];
    record.seal = 0;
    tables::keep_order();
    wipe({reinterpret_cast<std::uint8_t*>(record.bytes.data()), record.bytes.size()});
    tables::keep_order();
    record.path = {};
    free_.push_back(at);
}

}  // namespace ntm::control
