// SPDX-License-Identifier: BSD-3-Clause
// Where a packet on the NTM port says to come from. classify has checked its headers.
#pragma once

#include "common/base/address.hpp"
#include "common/base/byte_order.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/packet.hpp"

namespace ntm::relay {

[[nodiscard]] inline Endpoint source_of(const Packet& packet) noexcept {
    const std::uint8_t* ip = packet.begin + EthernetView::size;
    const Port port{load<Be16>(packet.begin + packet.udp_at).to_host()};
    if (packet.is_ipv6) {
        return {IpAddress{load<Ipv6Address>(ip + 8)}, port};
    }
    return {IpAddress{load<Ipv4Address>(ip + 12)}, port};
}

}  // namespace ntm::relay
