// SPDX-License-Identifier: BSD-3-Clause
// The end of a packet's way: the next hop's Ethernet addresses, the verdict of its MTU, and the port to
// leave by. Nothing is ever fragmented (docs/protocol.md section 7).
#pragma once

#include "common/packet/ethernet.hpp"
#include "common/packet/packet.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/relay_entry.hpp"

#include <span>

namespace ntm::relay {

[[nodiscard]] inline DropReason finish_by(
    Packet& packet, tables::NextHopIndex next_hop, std::span<const NextHop> next_hops
) noexcept {
    if (next_hop >= next_hops.size()) [[unlikely]] {
        return DropReason::no_route;
    }
    const NextHop& hop = next_hops[next_hop];
    if (!hop.is_usable) [[unlikely]] {
        return DropReason::next_hop_unresolved;
    }
    if (packet.length - EthernetView::size > hop.mtu) [[unlikely]] {
        return DropReason::too_big;
    }
    const std::uint16_t out_port = hop.port;
    store(packet.begin, hop.addresses);
    packet.transmit(out_port);
    return DropReason::none;
}

// By the passage's next hop.
[[nodiscard]] inline DropReason finish(
    Packet& packet, std::span<const NextHop> next_hops
) noexcept {
    return finish_by(packet, packet.passage->next_hop, next_hops);
}

}  // namespace ntm::relay
