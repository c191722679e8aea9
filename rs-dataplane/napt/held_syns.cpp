// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt/held_syns.hpp"

#include <algorithm>

namespace ntm::napt {

bool HeldSyns::hold(const Refusal& to, ByteView frame, Instant now) noexcept {
    if (is_full() || frame.size() > to.bytes.size()) {
        return false;
    }
    Entry& entry = ring_[(first_ + size_) % ring_.size()];
    ++size_;
    entry.until = now + time;
    entry.refusal = to;
    entry.refusal.length = static_cast<std::uint8_t>(frame.size());
    std::ranges::copy(frame, entry.refusal.bytes.begin());
    return true;
}

std::optional<Refusal> HeldSyns::take_due(Instant now) noexcept {
    if (!has_due(now)) {
        return std::nullopt;
    }
    const Refusal refusal = ring_[first_].refusal;
    first_ = (first_ + 1) % ring_.size();
    --size_;
    return refusal;
}

}  // namespace ntm::napt
