// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/finish.hpp"

#include "common/base/byte_order.hpp"
#include "common/packet/ethernet.hpp"
#include "rs-dataplane/tables/relay_entry.hpp"

namespace ntm::relay {

namespace {

DropReason finish_one(Packet& packet, const Settings& settings) noexcept {
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
    store(packet.begin + 12, Be16::from_host(passage.to_ipv6 ? ethertype::ipv6 : ethertype::ipv4));
    packet.transmit(hop.port);
    return DropReason::none;
}

}  // namespace

void finish(Burst& burst, Lane& lane, const Settings& settings) noexcept {
    lane.apply(burst, [&settings](Packet& packet) noexcept {
        return finish_one(packet, settings);
    });
}

}  // namespace ntm::relay
