// SPDX-License-Identifier: BSD-3-Clause
// Writes the other leg's outer IP and UDP header in front of the NTM header: IPv4 or IPv6 to either
// (docs/protocol.md section 7). DSCP and ECN stay, TTL or hop limit falls by one, the UDP checksum
// is updated by the difference that the entry holds (whole only from IPv4's "none" to IPv6), DF is
// set on IPv4. The inside is neither read nor needed.
#pragma once

#include "common/base/byte_order.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "common/packet/packet.hpp"
#include "rs-dataplane/tables/own_addresses.hpp"
#include "rs-dataplane/tables/relay_entry.hpp"

namespace ntm::relay {

namespace switching {

inline constexpr std::uint16_t ip_at = EthernetView::size;
inline constexpr std::uint16_t type_at = ip_at - 2;
inline constexpr auto ipv4_size = static_cast<std::uint16_t>(Ipv4View::smallest);
inline constexpr auto ipv6_size = static_cast<std::uint16_t>(Ipv6View::size);
inline constexpr std::uint16_t growth = ipv6_size - ipv4_size;

// What the outer header says on both sides of the switch.
struct Carried {
    std::uint32_t flow_label = 0;  // 20 bits; IPv4 has none
    std::uint16_t udp_length = 0;
    std::uint8_t traffic_class = 0;  // DSCP and ECN
    std::uint8_t hop_limit = 0;
};

[[nodiscard]] inline Carried read_ipv4(const Packet& packet) noexcept {
    const std::uint8_t* ip = packet.begin + ip_at;
    return {0, static_cast<std::uint16_t>(packet.ip_length - ipv4_size), ip[1], ip[8]};
}

[[nodiscard]] inline Carried read_ipv6(const Packet& packet) noexcept {
    const std::uint8_t* ip = packet.begin + ip_at;
    const std::uint32_t first = load<Be32>(ip).to_host();
    return {
        first & 0xfffffU,
        static_cast<std::uint16_t>(packet.ip_length - ipv6_size),
        static_cast<std::uint8_t>(first >> 20),
        ip[7]};
}

inline void write_ipv4(Packet& packet, const Carried& carried) noexcept {
    const tables::Passage& passage = *packet.passage;
    std::uint8_t* ip = packet.begin + ip_at;
    const Be16 length = Be16::from_host(static_cast<std::uint16_t>(ipv4_size + carried.udp_length));
    const Be16 first = Be16::from_host(static_cast<std::uint16_t>(0x4500 | carried.traffic_class));
    const Be16 tos = Be16::from_host(carried.traffic_class);
    const Be16 ttl = Be16::from_host(static_cast<std::uint16_t>(carried.hop_limit << 8));
    const std::uint32_t sum =
        std::uint32_t{passage.ipv4_sum} + length.raw() + tos.raw() + ttl.raw();
    store(ip, first);
    store(ip + 2, length);
    store(ip + 4, Be32::from_host(0x4000));  // identification 0, DF
    store(ip + 8, static_cast<std::uint16_t>(ttl.raw() | Be16::from_host(ip_protocol::udp).raw()));
    store(ip + 10, static_cast<std::uint16_t>(~fold_short(sum)));
    store(ip + 12, load<std::uint64_t>(passage.to_address.data()));
}

inline void write_ipv6(Packet& packet, const Carried& carried, const IpAddress& local) noexcept {
    const tables::Passage& passage = *packet.passage;
    std::uint8_t* ip = packet.begin + ip_at;
    const std::uint32_t first =
        0x60000000U | (std::uint32_t{carried.traffic_class} << 20) | carried.flow_label;
    store(ip, Be32::from_host(first));
    store(ip + 4, Be16::from_host(carried.udp_length));
    ip[6] = ip_protocol::udp;
    ip[7] = carried.hop_limit;
    store(ip + 8, local.padded());
    store(ip + 24, passage.to_address);
}

// The sum of everything that a whole UDP checksum over IPv6 covers; its field is zero.
[[nodiscard]] inline std::uint16_t whole_checksum(
    const Packet& packet, const Carried& carried
) noexcept {
    const std::uint8_t* ip = packet.begin + ip_at;
    return udp_checksum_of(
        sum_words({ip + 8, 32}) + sum_pseudo_header(ip_protocol::udp, carried.udp_length) +
        sum_words({packet.begin + packet.udp_at, carried.udp_length})
    );
}

inline void write_udp(Packet& packet, const Carried& carried) noexcept {
    const tables::Passage& passage = *packet.passage;
    std::uint8_t* udp = packet.begin + packet.udp_at;
    store(udp, passage.to_ports);
    const auto checksum = load<std::uint16_t>(udp + 6);
    if (checksum != 0) [[likely]] {
        store(udp + 6, update_udp_checksum(checksum, packet.udp_delta));
        return;
    }
    if (passage.to_ipv6) {
        store(udp + 6, whole_checksum(packet, carried));
    }
}

inline constexpr Be16 ipv4_type = Be16::from_host(ethertype::ipv4);
inline constexpr Be16 ipv6_type = Be16::from_host(ethertype::ipv6);

// Makes room for the family of the other leg's header, or gives some back; the frame's type follows.
[[nodiscard]] inline DropReason fit_front(Packet& packet, bool to_ipv6) noexcept {
    if (packet.is_ipv6 == to_ipv6) [[likely]] {
        return DropReason::none;
    }
    if (!to_ipv6) {
        packet.shrink_front(growth);
        store(packet.begin + type_at, ipv4_type);
        packet.udp_at = ip_at + ipv4_size;
        return DropReason::none;
    }
    if (packet.headroom < growth) {
        return DropReason::no_headroom;
    }
    packet.grow_front(growth);
    store(packet.begin + type_at, ipv6_type);
    packet.udp_at = ip_at + ipv6_size;
    return DropReason::none;
}

// IPv4 to IPv4, the way of most: nothing moves, type of service and length stay where they are.
[[nodiscard]] inline DropReason rewrite_ipv4(Packet& packet) noexcept {
    const tables::Passage& passage = *packet.passage;
    std::uint8_t* const ip = packet.begin + ip_at;
    const std::uint8_t hop_limit = ip[8];
    if (hop_limit <= 1) [[unlikely]] {
        return DropReason::ttl_expired;
    }
    const Be16 ttl = Be16::from_host(static_cast<std::uint16_t>((hop_limit - 1) << 8));
    const std::uint32_t tos = load<std::uint16_t>(ip) & Be16::from_host(0x00ff).raw();
    const std::uint32_t sum = passage.ipv4_sum + tos + load<std::uint16_t>(ip + 2) + ttl.raw();
    const auto addresses = load<std::uint64_t>(passage.to_address.data());
    const auto ports = load<std::uint32_t>(passage.to_ports.data());
    const auto checksum = load<std::uint16_t>(ip + ipv4_size + 6);
    store(ip + 4, Be32::from_host(0x4000));  // identification 0, DF
    store(ip + 8, static_cast<std::uint16_t>(ttl.raw() | Be16::from_host(ip_protocol::udp).raw()));
    store(ip + 10, static_cast<std::uint16_t>(~fold_short(sum)));
    store(ip + 12, addresses);
    store(ip + ipv4_size, ports);
    if (checksum != 0) [[likely]] {
        store(ip + ipv4_size + 6, update_udp_checksum(checksum, packet.udp_delta));
    }
    return DropReason::none;
}

}  // namespace switching

// packet.passage and packet.udp_delta are set.
[[nodiscard]] inline DropReason switch_tunnel(
    Packet& packet, const tables::OwnAddresses& own
) noexcept {
    const bool to_ipv6 = packet.passage->to_ipv6;
    if (!packet.is_ipv6 && !to_ipv6) [[likely]] {
        return switching::rewrite_ipv4(packet);
    }
    switching::Carried carried =
        packet.is_ipv6 ? switching::read_ipv6(packet) : switching::read_ipv4(packet);
    if (carried.hop_limit <= 1) [[unlikely]] {
        return DropReason::ttl_expired;
    }
    --carried.hop_limit;
    const DropReason reason = switching::fit_front(packet, to_ipv6);
    if (reason != DropReason::none) [[unlikely]] {
        return reason;
    }
    if (to_ipv6) {
        switching::write_ipv6(packet, carried, own[packet.passage->to_local]);
    } else {
        switching::write_ipv4(packet, carried);
    }
    switching::write_udp(packet, carried);
    return DropReason::none;
}

}  // namespace ntm::relay
