// SPDX-License-Identifier: BSD-3-Clause
// The short way through classify, for nearly every packet: a whole IPv4 packet without options, UDP,
// to us, with DATA or END inside. What passes here would pass the long way too, with the same
// outcome; whatever does not goes that way, which finds the reason.
#pragma once

#include "common/base/byte_order.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ntm_view.hpp"
#include "common/packet/packet.hpp"
#include "common/packet/udp.hpp"
#include "rs-dataplane/relay/settings.hpp"

#include <cstdint>

namespace ntm::relay {

namespace plain {

inline constexpr std::uint16_t ip_at = EthernetView::size;
inline constexpr std::uint16_t udp_at = ip_at + Ipv4View::smallest;
inline constexpr std::uint16_t ntm_at = udp_at + UdpView::size;
inline constexpr std::uint16_t least = ntm_at + NtmView::size;

[[nodiscard]] inline bool is_to(const MacAddress& mac, const std::uint8_t* frame) noexcept {
    const std::uint8_t* bytes = mac.bytes.data();
    const std::uint32_t head = load<std::uint32_t>(frame) ^ load<std::uint32_t>(bytes);
    const auto tail =
        static_cast<std::uint32_t>(load<std::uint16_t>(frame + 4) ^ load<std::uint16_t>(bytes + 4));
    return (head | tail) == 0;
}

// What the network card has summed up is not summed up again.
[[nodiscard]] inline bool has_good_sum(const Packet& packet) noexcept {
    return (packet.receive_marks & ReceiveMarks::good_ipv4_checksum) != 0 ||
           is_valid_ipv4_sum(packet.begin + ip_at);
}

}  // namespace plain

// Fills in what classify does, if it says yes.
[[nodiscard]] inline bool is_plain_ipv4_tunnel(Packet& packet, const Settings& settings) noexcept {
    using plain::ip_at, plain::udp_at, plain::ntm_at, plain::least;
    // Words are compared as they lie in the frame. Ethertype, version and header length; behind them the type of service.
    constexpr std::uint32_t kind_mask = Be32::from_host(0xffffff00U).raw();
    constexpr std::uint32_t plain_kind = Be32::from_host(0x08004500U).raw();
    // Flags and fragment offset, time to live, protocol: no fragment, UDP.
    constexpr std::uint32_t whole_mask = Be32::from_host(0x3fff00ffU).raw();
    constexpr std::uint32_t whole_udp = Be32::from_host(ip_protocol::udp).raw();

    const std::uint8_t* frame = packet.begin;
    if (packet.length < least || (packet.receive_marks & ReceiveMarks::refused) != 0) {
        return false;
    }
    const std::uint8_t* ip = frame + ip_at;
    const std::uint16_t ip_length = load<Be16>(ip + 2).to_host();
    if ((load<std::uint32_t>(frame + 12) & kind_mask) != plain_kind ||
        (load<std::uint32_t>(ip + 6) & whole_mask) != whole_udp || ip_length < least - ip_at ||
        ip_length > packet.length - ip_at || !plain::has_good_sum(packet)) {
        return false;
    }
    // Port and length of UDP.
    const std::uint32_t to_us = (std::uint32_t{settings.ntm_port.number} << 16) |
                                static_cast<std::uint32_t>(ip_length - Ipv4View::smallest);
    const std::uint8_t version_and_type = frame[ntm_at];
    if (load<Be32>(frame + udp_at + 2).to_host() != to_us ||
        (version_and_type != 0x10 && version_and_type != 0x15)) {
        return false;
    }
    const std::uint8_t own = settings.own.find_ipv4(ip + 16);
    if (own == tables::OwnAddresses::none ||
        !plain::is_to(settings.ports[packet.port].mac, frame)) {
        return false;
    }
    packet.is_ipv6 = false;
    packet.ip_length = ip_length;
    packet.own_address = own;
    packet.udp_at = udp_at;
    packet.path_id = {load<Be64>(frame + ntm_at + 8).to_host()};
    packet.role = static_cast<Role>(frame[ntm_at + 1] & 1);
    packet.trim_to(static_cast<std::uint16_t>(ip_at + ip_length));
    return true;
}

}  // namespace ntm::relay
