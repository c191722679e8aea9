// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt/held_syns.hpp"

#include <algorithm>

namespace ntm::napt {

bool HeldSyns::hold(const OutsideTuple& tuple, ByteView packet, Instant now) noexcept {
    if (size_ == ring_.size()) {
        return false;
    }
    Entry& entry = ring_[(first_ + size_) % ring_.size()];
    ++size_;
    entry.until = now + time;
    HeldSyn& syn = entry.syn;
    syn.tuple = tuple;
    syn.length = static_cast<std::uint8_t>(std::min(packet.size(), syn.packet.size()));
    std::copy_n(packet.begin(), syn.length, syn.packet.begin());
    return true;
}

std::optional<HeldSyn> HeldSyns::take_due(Instant now) noexcept {
    if (size_ == 0 || ring_[first_].until > now) {
        return std::nullopt;
    }
    const HeldSyn syn = ring_[first_].syn;
    first_ = (first_ + 1) % ring_.size();
    --size_;
    return syn;
}

}  // namespace ntm::napt
