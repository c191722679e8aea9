// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/count_legs.hpp"

namespace ntm::relay {

void count_legs(
    const Burst& burst, const Lane& lane, PathCounters* counters, std::uint32_t now_seconds
) noexcept {
    for (std::size_t i = 0; i < lane.size(); ++i) {
        const Packet& packet = burst.packets[lane[i]];
        counters[packet.slot].legs[static_cast<std::size_t>(packet.role)].count(
            packet.ip_length, now_seconds
        );
    }
}

}  // namespace ntm::relay
