// SPDX-License-Identifier: BSD-3-Clause
// What RS-N does to an inner packet besides its translation: TTL or hop limit, DSCP and ECN, and the
// segment size that TCP asks for (docs/protocol.md section 7).
#pragma once

#include "common/base/byte_order.hpp"
#include "common/crypto/suite.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ecn.hpp"
#include "common/packet/ipv6.hpp"
#include "common/packet/ntm_view.hpp"
#include "common/packet/udp.hpp"
#include "rs-dataplane/napt/inner_packet.hpp"
#include "rs-dataplane/napt/translate.hpp"
#include "rs-dataplane/relay/identifications.hpp"

namespace ntm::relay {

// The longest inner packet by way of IPv6 and Ethernet: whatever the node has now, it may move there.
[[nodiscard]] inline std::uint16_t longest_anywhere(crypto::Suite suite) noexcept {
    constexpr std::size_t ethernet_mtu = 1500;
    constexpr std::size_t headers = Ipv6View::size + UdpView::size + NtmView::size;
    return static_cast<std::uint16_t>(crypto::longest_text(suite, ethernet_mtu - headers));
}

// DSCP and ECN of a whole IP header.
[[nodiscard]] inline std::uint8_t traffic_class_of(const std::uint8_t* ip) noexcept {
    return ip[0] >> 4 == 4 ? ip[1] : static_cast<std::uint8_t>(load<Be16>(ip).to_host() >> 4);
}

namespace inner_header {

// Changes the 16-bit word of an IPv4 header there.
template <typename Change>
void change_ipv4_word(std::uint8_t* ip, std::size_t at, Change change) noexcept {
    constexpr std::size_t checksum_at = 10;
    const auto before = load<std::uint16_t>(ip + at);
    change(ip);
    const std::uint16_t delta = checksum_delta(before, load<std::uint16_t>(ip + at));
    store(ip + checksum_at, update_checksum(load<std::uint16_t>(ip + checksum_at), delta));
}

}  // namespace inner_header

// False: it would become zero.
[[nodiscard]] inline bool lower_hop_limit(const napt::InnerPacket& packet) noexcept {
    const bool is_ipv4 = packet.headers().family == Family::ipv4;
    const std::size_t at = is_ipv4 ? 8 : 7;
    std::uint8_t* ip = packet.at(0);
    if (ip[at] <= 1) {
        return false;
    }
    if (!is_ipv4) {
        --ip[at];
        return true;
    }
    inner_header::change_ipv4_word(ip, at, [at](std::uint8_t* header) noexcept { --header[at]; });
    return true;
}

// Of an IPv4 packet that may be fragmented further on (RFC 6864 section 5.3.1).
inline void identify(const napt::InnerPacket& packet, Identifications& identifications) noexcept {
    std::uint8_t* ip = packet.at(0);
    if (packet.headers().family == Family::ipv6 || (ip[6] & 0x40) != 0) {
        return;
    }
    const Be16 next = Be16::from_host(identifications.next_ipv4());
    inner_header::change_ipv4_word(ip, 4, [next](std::uint8_t* header) noexcept {
        store(header + 4, next);
    });
}

// A SYN asks for no longer segments than fit into packets of `most` bytes (RFC 4459 section 3.2).
inline void limit_segments(const napt::InnerPacket& packet, std::uint16_t most) noexcept {
    const std::uint16_t headers = packet.headers().family == Family::ipv4 ? 40 : 60;
    if (packet.mss_at() != 0 && most > headers) [[unlikely]] {
        napt::clamp_mss(packet, static_cast<std::uint16_t>(most - headers));
    }
}

// Of a packet that came out of a tunnel (RFC 6040). False: it has met congestion that its ends would not
// learn of.
[[nodiscard]] inline bool take_ecn_over(const napt::InnerPacket& packet, Ecn outer) noexcept {
    std::uint8_t* ip = packet.at(0);
    const Ecn inner = ecn_of(traffic_class_of(ip));
    const auto made = ecn_out_of_tunnel(inner, outer);
    if (!made || *made == inner) [[likely]] {
        return made.has_value();
    }
    const auto bits = static_cast<std::uint8_t>(*made);
    if (packet.headers().family == Family::ipv6) {
        ip[1] = static_cast<std::uint8_t>((ip[1] & 0xcf) | bits << 4);
        return true;
    }
    inner_header::change_ipv4_word(ip, 0, [bits](std::uint8_t* header) noexcept {
        header[1] = static_cast<std::uint8_t>((header[1] & 0xfc) | bits);
    });
    return true;
}

}  // namespace ntm::relay
