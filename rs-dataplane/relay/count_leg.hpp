// SPDX-License-Identifier: BSD-3-Clause
// Counts a relayed packet for the leg that it came from, in this worker's own records.
#pragma once

#include "common/packet/packet.hpp"
#include "rs-dataplane/relay/counters.hpp"

namespace ntm::relay {

// `counters` is by slot.
inline void count_leg(
    const Packet& packet, PathCounters* counters, std::uint32_t now_seconds
) noexcept {
    counters[packet.slot].legs[static_cast<std::size_t>(packet.role)].count(
        packet.ip_length, now_seconds
    );
}

}  // namespace ntm::relay
