// SPDX-License-Identifier: BSD-3-Clause
// The end of a relayed packet's way: the next hop's Ethernet header, the verdict of its MTU, and the
// port to leave by. Nothing is ever fragmented (docs/protocol.md section 7).
#pragma once

#include "common/base/byte_order.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/packet.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/relay_entry.hpp"

namespace ntm::relay {

inline constexpr Be16 ipv4_type = Be16::from_host(ethertype::ipv4);
inline constexpr Be16 ipv6_type = Be16::from_host(ethertype::ipv6);

[[nodiscard]] inline DropReason finish(Packet& packet, const Settings& settings) noexcept {
    const tables::Passage& passage = *packet.passage;
    if (passage.next_hop >= settings.next_hops.size()) [[unlikely]] {
        return DropReason::no_route;
    }
    const NextHop& hop = settings.next_hops[passage.next_hop];
    if (!hop.is_usable) [[unlikely]] {
        return DropReason::next_hop_unresolved;
    }
    if (packet.length - EthernetView::size > hop.mtu) [[unlikely]] {
        return DropReason::too_big;
    }
    store(packet.begin, hop.destination);
    store(packet.begin + 6, hop.source);
    store(packet.begin + 12, passage.to_ipv6 ? ipv6_type : ipv4_type);
    packet.transmit(hop.port);
    return DropReason::none;
}

}  // namespace ntm::relay
