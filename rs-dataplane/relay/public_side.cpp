// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/public_side.hpp"

#include "common/base/byte_order.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "rs-dataplane/relay/ip_fragment.hpp"

#include <optional>

namespace ntm::relay {

namespace {

constexpr std::size_t source_port_at = 0;
constexpr std::size_t destination_port_at = 2;
constexpr std::size_t identifier_at = 4;
constexpr std::size_t quote_at = 8;

std::optional<std::uint16_t> port_at(ByteView bytes, std::size_t at) noexcept {
    if (bytes.size() < at + sizeof(Be16)) {
        return std::nullopt;
    }
    return load<Be16>(bytes.data() + at).to_host();
}

bool is_icmp_of(Family family, std::uint8_t protocol) noexcept {
    return protocol == (family == Family::ipv4 ? ip_protocol::icmp : ip_protocol::icmpv6);
}

bool is_echo_reply(Family family, std::uint8_t type) noexcept {
    return type == (family == Family::ipv4 ? 0 : 129);
}

// RFC 792: destination unreachable, time exceeded, parameter problem. RFC 4443: types below 128.
bool is_error(Family family, std::uint8_t type) noexcept {
    return family == Family::ipv4 ? type == 3 || type == 11 || type == 12 : type >= 1 && type <= 4;
}

bool is_first_ipv6_fragment(std::uint8_t protocol, ByteView upper) noexcept {
    return protocol == ip_protocol::fragment && upper.size() >= IpFragment::ipv6_header &&
           (load<Be16>(upper.data() + 2).to_host() & 0xfff8) == 0;
}

// From which of our ports the quoted packet went.
std::optional<std::uint16_t> quoted_port(Family family, ByteView quoted) noexcept {
    const std::size_t least = family == Family::ipv4 ? Ipv4View::smallest : Ipv6View::size;
    if (quoted.size() < least) {
        return std::nullopt;
    }
    const std::size_t header = family == Family::ipv4 ? std::size_t{quoted[0] & 0x0fU} * 4 : least;
    if (header < least || quoted.size() < header) {
        return std::nullopt;
    }
    std::uint8_t protocol = family == Family::ipv4 ? quoted[9] : quoted[6];
    ByteView upper = quoted.subspan(header);
    if (family == Family::ipv6 && is_first_ipv6_fragment(protocol, upper)) {
        protocol = upper[0];
        upper = upper.subspan(IpFragment::ipv6_header);
    }
    return port_at(upper, is_icmp_of(family, protocol) ? identifier_at : source_port_at);
}

std::optional<std::uint16_t> public_port(
    Family family, std::uint8_t protocol, ByteView upper
) noexcept {
    if (protocol == ip_protocol::udp || protocol == ip_protocol::tcp) {
        return port_at(upper, destination_port_at);
    }
    if (!is_icmp_of(family, protocol) || upper.size() < quote_at) {
        return std::nullopt;
    }
    if (is_echo_reply(family, upper[0])) {
        return port_at(upper, identifier_at);
    }
    return is_error(family, upper[0]) ? quoted_port(family, upper.subspan(quote_at)) : std::nullopt;
}

}  // namespace

bool is_to_public_port(
    Family family, std::uint8_t protocol, ByteView upper, const PublicSettings& settings
) noexcept {
    const auto port = public_port(family, protocol, upper);
    return port && settings.has_port(*port);
}

std::optional<std::uint16_t> public_port_of(ByteView ip_packet) noexcept {
    if (!ip_packet.empty() && ip_packet[0] >> 4 == 6) {
        const auto ip = Ipv6View::parse(ip_packet);
        return ip ? public_port(Family::ipv6, ip->next_header(), ip->payload()) : std::nullopt;
    }
    const auto ip = Ipv4View::parse(ip_packet);
    return ip ? public_port(Family::ipv4, ip->protocol(), ip->payload()) : std::nullopt;
}

}  // namespace ntm::relay
