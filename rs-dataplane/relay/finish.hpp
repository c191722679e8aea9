// SPDX-License-Identifier: BSD-3-Clause
// The end of a packet's way: the next hop's Ethernet addresses, the verdict of its MTU, and the port to
// leave by. No tunnel packet is ever fragmented (docs/protocol.md section 7).
#pragma once

#include "common/base/address.hpp"
#include "common/base/byte_order.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/packet.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/relay_entry.hpp"

#include <span>

namespace ntm::relay {

// Of the largest IP packet that goes there; anything if that is not known.
[[nodiscard]] inline std::uint16_t mtu_of(
    tables::NextHopIndex next_hop, std::span<const NextHop> next_hops
) noexcept {
    return next_hop < next_hops.size() ? next_hops[next_hop].mtu : std::uint16_t{0xffff};
}

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

// As an IP packet of that family, and not in a tunnel: the frame's type too.
[[nodiscard]] inline DropReason finish_plain(
    Packet& packet, Family family, tables::NextHopIndex next_hop, std::span<const NextHop> next_hops
) noexcept {
    constexpr std::size_t type_at = EthernetView::size - 2;
    store(
        packet.begin + type_at,
        Be16::from_host(family == Family::ipv4 ? ethertype::ipv4 : ethertype::ipv6)
    );
    return finish_by(packet, next_hop, next_hops);
}

// By the passage's next hop.
[[nodiscard]] inline DropReason finish(
    Packet& packet, std::span<const NextHop> next_hops
) noexcept {
    return finish_by(packet, packet.passage->next_hop, next_hops);
}

}  // namespace ntm::relay
