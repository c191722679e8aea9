// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/icmp_error.hpp"

#include "common/base/byte_order.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "rs-dataplane/relay/ended_packets.hpp"

#include <algorithm>

namespace ntm::relay {

namespace {

using napt::Kind;
using tables::PaddedAddress;

constexpr std::uint16_t icmp_size = 8;
constexpr std::uint8_t hop_limit = 64;
// RFC 8201 section 4: of less no host takes notice. Only a route can have it: no port of a relay has.
constexpr std::uint16_t least_ipv6_mtu = 1280;
// RFC 1812 section 4.3.2.3: 576 bytes in all. RFC 4443 section 2.4 (c): 1280.
constexpr std::size_t most_quoted_ipv4 = 576 - Ipv4View::smallest - icmp_size;
constexpr std::size_t most_quoted_ipv6 = 1280 - Ipv6View::size - icmp_size;

// RFC 1191: who did not say "do not fragment" knows of no path MTU.
bool wants_to_know_mtu(const napt::InnerPacket& packet) noexcept {
    return packet.headers().family == Family::ipv6 || (*packet.at(6) & 0x40) != 0;
}

// Or to all of a network.
bool goes_to_many(const napt::InnerPacket& packet) noexcept {
    return packet.headers().family == Family::ipv4 ? *packet.at(16) >= 224 : *packet.at(24) == 0xff;
}

void write_ipv4(
    std::uint8_t* ip, std::size_t upper, const PaddedAddress& from, const PaddedAddress& to
) noexcept {
    store(ip, Be16::from_host(0x4500));
    store(ip + 2, Be16::from_host(static_cast<std::uint16_t>(Ipv4View::smallest + upper)));
    store(ip + 4, Be32::from_host(0x4000));  // identification 0, DF
    ip[8] = hop_limit;
    ip[9] = ip_protocol::icmp;
    store(ip + 10, std::uint16_t{0});
    store(ip + 12, from.ipv4_word());
    store(ip + 16, to.ipv4_word());
    store(ip + 10, checksum_of(sum_ipv4_header(ip)));
}

void write_ipv6(
    std::uint8_t* ip, std::size_t upper, const PaddedAddress& from, const PaddedAddress& to
) noexcept {
    store(ip, Be32::from_host(0x60000000));
    store(ip + 4, Be16::from_host(static_cast<std::uint16_t>(upper)));
    ip[6] = ip_protocol::icmpv6;
    ip[7] = hop_limit;
    store(ip + 8, from);
    store(ip + 24, to);
}

}  // namespace

std::optional<IcmpError> icmp_error_for(
    DropReason reason, Family family, std::uint16_t mtu
) noexcept {
    const bool is_ipv4 = family == Family::ipv4;
    switch (reason) {
        case DropReason::ttl_expired:
            return is_ipv4 ? IcmpError{11, 0} : IcmpError{3, 0};
        case DropReason::too_big:
            return is_ipv4 ? IcmpError{3, 4, mtu} : IcmpError{2, 0, std::max(mtu, least_ipv6_mtu)};
        case DropReason::target_forbidden:
            return is_ipv4 ? IcmpError{3, 13} : IcmpError{1, 1};
        case DropReason::napt_no_ports:
        case DropReason::napt_no_memory:
        case DropReason::napt_port_quota:
        case DropReason::napt_session_quota:
        case DropReason::napt_mapping_rate:
            return is_ipv4 ? IcmpError{3, 1} : IcmpError{1, 3};
        default:
            return std::nullopt;
    }
}

bool make_icmp_error(
    Packet& packet,
    const napt::InnerPacket& about,
    const IcmpError& error,
    const PaddedAddress& from
) noexcept {
    const bool is_ipv4 = about.headers().family == Family::ipv4;
    const std::size_t ip_size = is_ipv4 ? Ipv4View::smallest : Ipv6View::size;
    const auto growth = static_cast<std::uint16_t>(ip_size + icmp_size);
    // RFC 1122 section 3.2.2.
    const bool may_be_told = about.kind() != Kind::icmp_error && !goes_to_many(about);
    const bool may_be_made = may_be_told && (error.mtu == 0 || wants_to_know_mtu(about));
    if (!may_be_made || packet.headroom < growth) {
        return false;
    }
    const PaddedAddress to = about.ends(about.headers()).source;
    const std::size_t quoted = std::min<std::size_t>(
        packet.length - inner_at, is_ipv4 ? most_quoted_ipv4 : most_quoted_ipv6
    );
    const std::size_t upper = icmp_size + quoted;
    packet.trim_to(static_cast<std::uint16_t>(inner_at + quoted));
    packet.grow_front(growth);
    std::uint8_t* const ip = packet.begin + inner_at;
    std::uint8_t* const icmp = ip + ip_size;
    icmp[0] = error.type;
    icmp[1] = error.code;
    store(icmp + 2, std::uint16_t{0});
    store(icmp + 4, Be32::from_host(error.mtu));
    WordSum sum = sum_words({icmp, upper});
    if (is_ipv4) {
        write_ipv4(ip, upper, from, to);
    } else {
        write_ipv6(ip, upper, from, to);
        sum += sum_words({ip + 8, 32}) +
               sum_pseudo_header(ip_protocol::icmpv6, static_cast<std::uint16_t>(upper));
    }
    store(icmp + 2, checksum_of(sum));
    return true;
}

}  // namespace ntm::relay
