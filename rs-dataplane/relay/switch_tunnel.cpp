// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/switch_tunnel.hpp"

#include "common/base/byte_order.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "rs-dataplane/tables/relay_entry.hpp"

namespace ntm::relay {

namespace {

using tables::Passage;

constexpr std::uint16_t ip_at = EthernetView::size;
constexpr auto ipv4_size = static_cast<std::uint16_t>(Ipv4View::smallest);
constexpr auto ipv6_size = static_cast<std::uint16_t>(Ipv6View::size);
constexpr std::uint16_t growth = ipv6_size - ipv4_size;

// What the outer header says on both sides of the switch.
struct Carried {
    std::uint32_t flow_label = 0;  // 20 bits; IPv4 has none
    std::uint16_t udp_length = 0;
    std::uint8_t traffic_class = 0;  // DSCP and ECN
    std::uint8_t hop_limit = 0;
};

Carried read_ipv4(const Packet& packet) noexcept {
    const std::uint8_t* ip = packet.begin + ip_at;
    return {0, static_cast<std::uint16_t>(packet.ip_length - ipv4_size), ip[1], ip[8]};
}

Carried read_ipv6(const Packet& packet) noexcept {
    const std::uint8_t* ip = packet.begin + ip_at;
    const std::uint32_t first = load<Be32>(ip).to_host();
    return {
        first & 0xfffffU,
        static_cast<std::uint16_t>(packet.ip_length - ipv6_size),
        static_cast<std::uint8_t>(first >> 20),
        ip[7]};
}

void write_ipv4(Packet& packet, const Carried& carried, const IpAddress& local) noexcept {
    const Passage& passage = *packet.passage;
    std::uint8_t* ip = packet.begin + ip_at;
    const Be16 length = Be16::from_host(static_cast<std::uint16_t>(ipv4_size + carried.udp_length));
    const Be16 tos = Be16::from_host(carried.traffic_class);
    const Be16 ttl = Be16::from_host(static_cast<std::uint16_t>(carried.hop_limit << 8));
    const WordSum sum = WordSum{passage.ipv4_sum} + length.raw() + tos.raw() + ttl.raw();
    ip[0] = 0x45;
    ip[1] = carried.traffic_class;
    store(ip + 2, length);
    store(ip + 4, Be32::from_host(0x4000));  // identification 0, DF
    ip[8] = carried.hop_limit;
    ip[9] = ip_protocol::udp;
    store(ip + 10, checksum_of(sum));
    store(ip + 12, load<std::uint32_t>(local.padded().data()));
    store(ip + 16, load<std::uint32_t>(passage.to_address.data()));
}

void write_ipv6(Packet& packet, const Carried& carried, const IpAddress& local) noexcept {
    const Passage& passage = *packet.passage;
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
std::uint16_t whole_checksum(const Packet& packet, const Carried& carried) noexcept {
    const std::uint8_t* ip = packet.begin + ip_at;
    return udp_checksum_of(
        sum_words({ip + 8, 32}) + sum_pseudo_header(ip_protocol::udp, carried.udp_length) +
        sum_words({packet.begin + packet.udp_at, carried.udp_length})
    );
}

void write_udp(Packet& packet, const Carried& carried) noexcept {
    const Passage& passage = *packet.passage;
    std::uint8_t* udp = packet.begin + packet.udp_at;
    store(udp, passage.local_port);
    store(udp + 2, passage.to_port);
    const auto checksum = load<std::uint16_t>(udp + 6);
    if (checksum != 0) [[likely]] {
        store(udp + 6, update_udp_checksum(checksum, packet.udp_delta));
        return;
    }
    if (passage.to_ipv6) {
        store(udp + 6, whole_checksum(packet, carried));
    }
}

// Makes room for the family of the other leg's header, or gives some back.
DropReason fit_front(Packet& packet, bool to_ipv6) noexcept {
    if (packet.is_ipv6 == to_ipv6) [[likely]] {
        return DropReason::none;
    }
    if (!to_ipv6) {
        packet.shrink_front(growth);
        packet.udp_at = ip_at + ipv4_size;
        return DropReason::none;
    }
    if (packet.headroom < growth) {
        return DropReason::no_headroom;
    }
    packet.grow_front(growth);
    packet.udp_at = ip_at + ipv6_size;
    return DropReason::none;
}

DropReason switch_one(Packet& packet, const Settings& settings) noexcept {
    const Passage& passage = *packet.passage;
    Carried carried = packet.is_ipv6 ? read_ipv6(packet) : read_ipv4(packet);
    if (carried.hop_limit <= 1) [[unlikely]] {
        return DropReason::ttl_expired;
    }
    --carried.hop_limit;
    const DropReason reason = fit_front(packet, passage.to_ipv6);
    if (reason != DropReason::none) [[unlikely]] {
        return reason;
    }
    const IpAddress& local = settings.own[passage.to_local];
    if (passage.to_ipv6) {
        write_ipv6(packet, carried, local);
    } else {
        write_ipv4(packet, carried, local);
    }
    write_udp(packet, carried);
    return DropReason::none;
}

}  // namespace

void switch_tunnel(Burst& burst, Lane& lane, const Settings& settings) noexcept {
    lane.apply(burst, [&settings](Packet& packet) noexcept {
        return switch_one(packet, settings);
    });
}

}  // namespace ntm::relay
