// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/address_ledger.hpp"

#include <algorithm>

namespace ntm::protocol {

namespace {

constexpr std::size_t most_records = 4;
// An address that is not the present one may be somebody else's after this long a silence.
constexpr Duration proof_lifetime = std::chrono::seconds{120};

// A datagram as the network carries it: two short ones are more than one of their bytes.
std::uint64_t on_wire(const Endpoint& remote, std::size_t bytes) noexcept {
    constexpr std::uint64_t udp = 8;
    return bytes + udp + (remote.address.is_ipv4() ? 20 : 40);
}

}  // namespace

AddressLedger::Record* AddressLedger::find(const Endpoint& remote) {
    const auto found = std::ranges::find(records_, remote, &Record::remote);
    return found == records_.end() ? nullptr : &*found;
}

const AddressLedger::Record* AddressLedger::find(const Endpoint& remote) const {
    const auto found = std::ranges::find(records_, remote, &Record::remote);
    return found == records_.end() ? nullptr : &*found;
}

void AddressLedger::note_heard(
    const Endpoint& remote, const Endpoint& local, std::size_t bytes, Instant now
) {
    Record* record = find(remote);
    if (record == nullptr) {
        if (records_.size() >= most_records) {
            const auto oldest = std::ranges::min_element(records_, {}, [&](const Record& other) {
                return other.remote == current_ ? Instant::never() : other.heard;
            });
            records_.erase(oldest);
        }
        record = &records_.emplace_back();
        record->remote = remote;
    } else if (remote != current_ && now - record->heard > proof_lifetime) {
        record->is_proven = false;
        record->received = 0;
        record->sent = 0;
    }
    record->local = local;
    record->heard = now;
    record->received += on_wire(remote, bytes);
}

void AddressLedger::note_sent(const Endpoint& remote, std::size_t bytes) {
    if (Record* const record = find(remote)) {
        record->sent += on_wire(remote, bytes);
    }
}

void AddressLedger::prove(const Endpoint& remote) {
    if (Record* const record = find(remote)) {
        record->is_proven = true;
    }
}

bool AddressLedger::is_proven(const Endpoint& remote) const {
    const Record* const record = find(remote);
    return record != nullptr && record->is_proven;
}

std::optional<Endpoint> AddressLedger::last_proven() const {
    const auto last = std::ranges::max_element(records_, {}, [](const Record& record) {
        return record.is_proven ? record.heard : Instant{Duration::min()};
    });
    return last != records_.end() && last->is_proven ? std::optional{last->remote} : std::nullopt;
}

bool AddressLedger::may_send(const Endpoint& remote, std::size_t bytes) const {
    const Record* const record = find(remote);
    return record != nullptr &&
           (record->is_proven || record->sent + on_wire(remote, bytes) <= record->received);
}

Endpoint AddressLedger::local_for(const Endpoint& remote) const {
    const Record* const record = find(remote);
    return record != nullptr ? record->local : Endpoint{};
}

void AddressLedger::forget_current() {
    last_ = last();
    current_.reset();
    for (Record& record : records_) {
        record.local = {};
    }
}

}  // namespace ntm::protocol
