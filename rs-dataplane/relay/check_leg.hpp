// SPDX-License-Identifier: BSD-3-Clause
// Lets only those packets pass that come from the bound outside address of the leg that their role
// flag names, to the own address that the leg's node asked, while both legs are bound. A source
// that the leg had before its last move passes as long as the entry names it; the control thread
// takes it out after 2 s (docs/protocol.md sections 5 and 7).
#pragma once

#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "common/packet/packet.hpp"
#include "rs-dataplane/tables/relay_entry.hpp"

namespace ntm::relay {

struct ExpectedSource {
    const std::array<std::uint8_t, 16>& address;
    std::uint16_t port;  // raw
    std::uint8_t local;  // number of the own address, which says the family too
};

[[nodiscard]] inline bool is_from(const Packet& packet, const ExpectedSource& source) noexcept {
    constexpr std::size_t ipv4_source_at = EthernetView::size + 12;
    constexpr std::size_t ipv4_port_at = EthernetView::size + Ipv4View::smallest;
    constexpr std::size_t ipv6_source_at = EthernetView::size + 8;
    constexpr std::size_t ipv6_port_at = EthernetView::size + Ipv6View::size;
    // The own address says the family too.
    if (packet.own_address != source.local) {
        return false;
    }
    const std::uint8_t* expected = source.address.data();
    if (!packet.is_ipv6) [[likely]] {
        return load<std::uint32_t>(packet.begin + ipv4_source_at) ==
                   load<std::uint32_t>(expected) &&
               load<std::uint16_t>(packet.begin + ipv4_port_at) == source.port;
    }
    const std::uint8_t* bytes = packet.begin + ipv6_source_at;
    return load<std::uint16_t>(packet.begin + ipv6_port_at) == source.port &&
           load<std::uint64_t>(bytes) == load<std::uint64_t>(expected) &&
           load<std::uint64_t>(bytes + 8) == load<std::uint64_t>(expected + 8);
}

// packet.passage is set; sets packet.udp_delta.
[[nodiscard]] inline DropReason check_leg(Packet& packet) noexcept {
    const tables::Passage& passage = *packet.passage;
    packet.udp_delta = passage.udp_delta;
    // A closed passage has no own address, so nothing comes from its source.
    if (is_from(packet, {passage.from_address, passage.from_port, passage.from_local})) [[likely]] {
        return DropReason::none;
    }
    if (passage.kind == tables::PassageKind::closed) {
        return DropReason::leg_not_bound;
    }
    const tables::PreviousSource* previous = passage.previous;
    if (previous == nullptr ||
        !is_from(packet, {previous->address, previous->port, previous->local})) {
        return DropReason::wrong_source;
    }
    packet.udp_delta = previous->udp_delta;
    return DropReason::none;
}

}  // namespace ntm::relay
