// SPDX-License-Identifier: BSD-3-Clause
// RS-N: what leaves the NAPT for a public address and port of the same relay comes in again as if a
// general node had sent it (RFC 4787 REQ-9, RFC 5382 REQ-8, RFC 5508 REQ-7): its source is the sender's
// public address and port, filters and owners are asked as for anybody's. Each round trip takes two
// hops, so that no packet goes round for ever.
#pragma once

#include "common/base/address.hpp"
#include "common/packet/burst.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/packet.hpp"
#include "rs-dataplane/relay/ended_packets.hpp"
#include "rs-dataplane/relay/settings.hpp"

#include <cstdint>

namespace ntm::relay {

[[nodiscard]] inline bool is_hairpinned(const Packet& packet) noexcept {
    return (packet.receive_marks & ReceiveMarks::hairpinned) != 0;
}

[[nodiscard]] inline Lane hairpinned_of(const Burst& burst, const Lane& lane) noexcept {
    Lane hairpinned;
    for (std::size_t i = 0; i < lane.size(); ++i) {
        hairpinned.add_if(lane[i], is_hairpinned(burst.packets[lane[i]]));
    }
    return hairpinned;
}

// Whether a subscriber may have a mapping there; the relay itself is nobody's target.
[[nodiscard]] inline bool is_for_subscriber(
    Family family, const napt::Target& target, const NaptParts& parts
) noexcept {
    return parts.addresses.find(family, target.address).has_value() &&
           parts.settings.public_side.has_port(target.port);
}

// Makes a frame for this relay of the packet, which stands translated at `inner_at`: also for another
// worker.
inline void turn_round(Packet& packet, Family family, const Settings& settings) noexcept {
    constexpr std::size_t type_at = EthernetView::size - 2;
    const MacAddress own = settings.ports[packet.port].mac;
    store(packet.begin, EthernetAddresses{own, own});
    store(
        packet.begin + type_at,
        Be16::from_host(family == Family::ipv4 ? ethertype::ipv4 : ethertype::ipv6)
    );
    packet.receive_marks = packet.receive_marks | ReceiveMarks::hairpinned;
}

}  // namespace ntm::relay
