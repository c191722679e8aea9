// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt/inner_packet.hpp"

#include "common/base/byte_order.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "common/packet/udp.hpp"

#include <algorithm>

namespace ntm::napt {

namespace {

constexpr std::size_t icmp_header = 8;
constexpr std::size_t tcp_header = 20;

namespace icmp_type {
constexpr std::uint8_t echo_reply = 0;
constexpr std::uint8_t unreachable = 3;
constexpr std::uint8_t echo_request = 8;
constexpr std::uint8_t time_exceeded = 11;
constexpr std::uint8_t parameter_problem = 12;
}  // namespace icmp_type

namespace icmpv6_type {
constexpr std::uint8_t unreachable = 1;
constexpr std::uint8_t too_big = 2;
constexpr std::uint8_t time_exceeded = 3;
constexpr std::uint8_t parameter_problem = 4;
constexpr std::uint8_t echo_request = 128;
constexpr std::uint8_t echo_reply = 129;
}  // namespace icmpv6_type

// RFC 5508 REQ-10 names those that a NAT handles.
Result<Kind, DropReason> icmp_kind(std::uint8_t type) noexcept {
    switch (type) {
        case icmp_type::echo_request:
            return Kind::echo_request;
        case icmp_type::echo_reply:
            return Kind::echo_reply;
        case icmp_type::unreachable:
        case icmp_type::time_exceeded:
        case icmp_type::parameter_problem:
            return Kind::icmp_error;
        default:
            return Unexpected{DropReason::inner_icmp_type};
    }
}

Result<Kind, DropReason> icmpv6_kind(std::uint8_t type) noexcept {
    switch (type) {
        case icmpv6_type::echo_request:
            return Kind::echo_request;
        case icmpv6_type::echo_reply:
            return Kind::echo_reply;
        case icmpv6_type::unreachable:
        case icmpv6_type::too_big:
        case icmpv6_type::time_exceeded:
        case icmpv6_type::parameter_problem:
            return Kind::icmp_error;
        default:
            return Unexpected{DropReason::inner_icmp_type};
    }
}

// Of what stands behind an IP header; `upper` has a byte.
Result<Kind, DropReason> kind_of(Family family, std::uint8_t protocol, ByteView upper) noexcept {
    if (protocol == ip_protocol::udp) {
        return Kind::udp;
    }
    if (protocol == ip_protocol::tcp) {
        return Kind::tcp;
    }
    if (family == Family::ipv4) {
        return protocol == ip_protocol::icmp ? icmp_kind(upper[0])
                                             : Unexpected{DropReason::inner_protocol};
    }
    switch (protocol) {
        case ip_protocol::icmpv6:
            return icmpv6_kind(upper[0]);
        case ip_protocol::fragment:
            return Unexpected{DropReason::inner_fragment};
        case ip_protocol::hop_by_hop:
        case ip_protocol::routing:
        case ip_protocol::destination_options:
        case ip_protocol::authentication:
        case ip_protocol::mobility:
            return Unexpected{DropReason::inner_ipv6_extension};
        default:
            return Unexpected{DropReason::inner_protocol};
    }
}

DropReason check_udp(Family family, ByteView upper) noexcept {
    const auto udp = UdpView::parse(upper);
    const bool is_right = udp && (family == Family::ipv4 || udp->has_checksum());
    return is_right ? DropReason::none : DropReason::inner_udp;
}

DropReason check_tcp(ByteView upper) noexcept {
    if (upper.size() < tcp_header) {
        return DropReason::inner_tcp;
    }
    const std::size_t header = std::size_t{upper[12]} / 16 * 4;
    return header >= tcp_header && header <= upper.size() ? DropReason::none
                                                          : DropReason::inner_tcp;
}

// RFC 5508 REQ-3. Of an echo it travels on as it is, for who gets it to judge.
DropReason check_icmp_error(const Headers& headers, ByteView packet) noexcept {
    const ByteView message = packet.subspan(headers.upper_at);
    WordSum sum = sum_words(message);
    if (headers.family == Family::ipv6) {
        sum += sum_words(packet.subspan(8, 32)) +
               sum_pseudo_header(ip_protocol::icmpv6, static_cast<std::uint16_t>(message.size()));
    }
    return fold(sum) == 0xffff ? DropReason::none : DropReason::inner_icmp_checksum;
}

DropReason check_upper(const Headers& headers, ByteView packet) noexcept {
    const ByteView upper = packet.subspan(headers.upper_at);
    switch (headers.kind) {
        case Kind::udp:
            return check_udp(headers.family, upper);
        case Kind::tcp:
            return check_tcp(upper);
        case Kind::icmp_error:
            return check_icmp_error(headers, packet);
        default:
            return DropReason::none;
    }
}

// The least that there is behind any IP header, and that any router quotes of it (RFC 792).
constexpr std::size_t least_upper = 8;

DropReason too_short(std::uint8_t protocol) noexcept {
    switch (protocol) {
        case ip_protocol::udp:
            return DropReason::inner_udp;
        case ip_protocol::tcp:
            return DropReason::inner_tcp;
        case ip_protocol::icmp:
        case ip_protocol::icmpv6:
            return DropReason::inner_icmp;
        default:
            return DropReason::inner_protocol;
    }
}

Result<Headers, DropReason> finish_headers(
    Family family, std::size_t upper_at, std::uint8_t protocol, ByteView packet
) noexcept {
    if (packet.size() < upper_at + least_upper) {
        return Unexpected{too_short(protocol)};
    }
    const auto kind = kind_of(family, protocol, packet.subspan(upper_at));
    if (!kind) {
        return Unexpected{kind.error()};
    }
    return Headers{
        family,
        *kind,
        0,
        static_cast<std::uint16_t>(upper_at),
        static_cast<std::uint16_t>(packet.size())};
}

Result<Headers, DropReason> parse_ipv4(ByteView packet) noexcept {
    const auto ip = Ipv4View::parse(packet);
    if (!ip || ip->total_length() != packet.size()) {
        return Unexpected{DropReason::inner_ip_length};
    }
    if (!ip->has_valid_checksum()) {
        return Unexpected{DropReason::inner_ipv4_checksum};
    }
    if (ip->has_options()) {
        return Unexpected{DropReason::inner_ipv4_options};
    }
    if (ip->is_fragment()) {
        return Unexpected{DropReason::inner_fragment};
    }
    return finish_headers(Family::ipv4, ip->header_length(), ip->protocol(), packet);
}

Result<Headers, DropReason> parse_ipv6(ByteView packet) noexcept {
    const auto ip = Ipv6View::parse(packet);
    if (!ip || Ipv6View::size + ip->payload_length() != packet.size()) {
        return Unexpected{DropReason::inner_ip_length};
    }
    return finish_headers(Family::ipv6, Ipv6View::size, ip->next_header(), packet);
}

Result<Headers, DropReason> parse_headers(ByteView packet) noexcept {
    if (packet.size() > 0xffff) {
        return Unexpected{DropReason::inner_ip_length};
    }
    const bool is_ipv6 = !packet.empty() && packet[0] >> 4 == 6;
    return is_ipv6 ? parse_ipv6(packet) : parse_ipv4(packet);
}

// How much of an ICMP error is the quote: all, or as much as its length field says (RFC 4884), behind
// which there are extensions. In words of 32 bits, or of 64 in ICMPv6.
std::size_t quote_length(const Headers& headers, ByteView message) noexcept {
    const bool is_ipv4 = headers.family == Family::ipv4;
    const bool has_field = is_ipv4 || message[0] == icmpv6_type::unreachable ||
                           message[0] == icmpv6_type::time_exceeded;
    const std::size_t field = is_ipv4 ? std::size_t{message[5]} * 4 : std::size_t{message[4]} * 8;
    const std::size_t rest = message.size() - icmp_header;
    return has_field && field != 0 ? std::min(field, rest) : rest;
}

Result<Headers, DropReason> finish_quote(
    Headers quote, std::uint8_t protocol, ByteView bytes
) noexcept {
    if (bytes.size() < quote.upper_at + least_upper) {
        return Unexpected{DropReason::bad_quote};
    }
    const auto kind = kind_of(quote.family, protocol, bytes.subspan(quote.upper_at));
    if (!kind || *kind == Kind::icmp_error) {
        return Unexpected{DropReason::bad_quote};
    }
    quote.kind = *kind;
    return quote;
}

// Of a quote, with offsets in it: a whole IP header and the next 8 bytes; the rest may be cut off.
Result<Headers, DropReason> parse_quoted_ipv4(ByteView bytes) noexcept {
    if (bytes.size() < Ipv4View::smallest || bytes[0] >> 4 != 4) {
        return Unexpected{DropReason::bad_quote};
    }
    const std::size_t header = std::size_t{bytes[0] & 0x0fU} * 4;
    if (header < Ipv4View::smallest || header > bytes.size()) {
        return Unexpected{DropReason::bad_quote};
    }
    if (fold(sum_words(bytes.first(header))) != 0xffff) {
        return Unexpected{DropReason::inner_icmp_checksum};
    }
    if ((load<Be16>(bytes.data() + 6).to_host() & 0x1fff) != 0) {
        return Unexpected{DropReason::bad_quote};
    }
    return finish_quote(
        {.family = Family::ipv4, .upper_at = static_cast<std::uint16_t>(header)}, bytes[9], bytes
    );
}

Result<Headers, DropReason> parse_quoted_ipv6(ByteView bytes) noexcept {
    if (bytes.size() < Ipv6View::size || bytes[0] >> 4 != 6) {
        return Unexpected{DropReason::bad_quote};
    }
    return finish_quote(
        {.family = Family::ipv6, .upper_at = std::uint16_t{Ipv6View::size}}, bytes[6], bytes
    );
}

Result<Headers, DropReason> parse_quote(const Headers& headers, ByteView packet) noexcept {
    const ByteView message = packet.subspan(headers.upper_at);
    const ByteView bytes = message.subspan(icmp_header, quote_length(headers, message));
    auto quote =
        headers.family == Family::ipv4 ? parse_quoted_ipv4(bytes) : parse_quoted_ipv6(bytes);
    if (quote) {
        quote->ip_at = static_cast<std::uint16_t>(headers.upper_at + icmp_header);
        quote->upper_at = static_cast<std::uint16_t>(quote->upper_at + quote->ip_at);
        quote->end = static_cast<std::uint16_t>(quote->ip_at + bytes.size());
    }
    return quote;
}

// Where the value of a SYN's MSS option stands among the options; 0: nowhere, or they are damaged.
std::size_t find_mss(ByteView tcp) noexcept {
    const std::size_t header = std::size_t{tcp[12]} / 16 * 4;
    std::size_t at = tcp_header;
    while (at < header) {
        const std::uint8_t kind = tcp[at];
        if (kind == 0) {
            return 0;
        }
        if (kind == 1) {
            ++at;
            continue;
        }
        const std::size_t length = at + 1 < header ? tcp[at + 1] : 0;
        if (length < 2 || length > header - at) {
            return 0;
        }
        if (kind == 2) {
            return length == 4 ? at + 2 : 0;
        }
        at += length;
    }
    return 0;
}

std::uint16_t port_at(const std::uint8_t* from) noexcept {
    return load<Be16>(from).to_host();
}

}  // namespace

Result<InnerPacket, DropReason> InnerPacket::parse(MutableByteView bytes) noexcept {
    const auto headers = parse_headers(bytes);
    if (!headers) {
        return Unexpected{headers.error()};
    }
    const DropReason reason = check_upper(*headers, bytes);
    if (reason != DropReason::none) {
        return Unexpected{reason};
    }
    InnerPacket packet{bytes, *headers};
    const std::uint8_t* upper = packet.at(headers->upper_at);
    if (headers->kind == Kind::icmp_error) {
        const auto quote = parse_quote(*headers, bytes);
        if (!quote) {
            return Unexpected{quote.error()};
        }
        packet.quote_ = *quote;
    } else if (protocol_of(headers->kind) != Protocol::icmp) {
        if (port_at(upper) == 0 || port_at(upper + 2) == 0) {
            return Unexpected{DropReason::inner_port_zero};
        }
    }
    if (headers->kind == Kind::tcp && packet.segment().has_syn) {
        const std::size_t found = find_mss(bytes.subspan(headers->upper_at));
        packet.mss_at_ = static_cast<std::uint16_t>(found == 0 ? 0 : headers->upper_at + found);
    }
    return packet;
}

Ends InnerPacket::ends(const Headers& headers) const noexcept {
    Ends ends;
    const std::uint8_t* ip = at(headers.ip_at);
    if (headers.family == Family::ipv4) {
        std::copy_n(ip + 12, 4, ends.source.begin());
        std::copy_n(ip + 16, 4, ends.destination.begin());
    } else {
        ends.source = load<PaddedAddress>(ip + 8);
        ends.destination = load<PaddedAddress>(ip + 24);
    }
    const std::uint8_t* upper = at(headers.upper_at);
    switch (headers.kind) {
        case Kind::udp:
        case Kind::tcp:
            ends.source_port = port_at(upper);
            ends.destination_port = port_at(upper + 2);
            break;
        case Kind::echo_request:
            ends.source_port = port_at(upper + 4);
            break;
        case Kind::echo_reply:
            ends.destination_port = port_at(upper + 4);
            break;
        case Kind::icmp_error:
            break;
    }
    return ends;
}

TcpSegment InnerPacket::segment() const noexcept {
    const std::uint8_t* tcp = at(headers_.upper_at);
    const std::uint8_t flags = tcp[13];
    return {
        .sequence = load<Be32>(tcp + 4).to_host(),
        .acknowledgement = load<Be32>(tcp + 8).to_host(),
        .has_syn = (flags & 0x02) != 0,
        .has_ack = (flags & 0x10) != 0,
        .has_fin = (flags & 0x01) != 0,
        .has_rst = (flags & 0x04) != 0};
}

}  // namespace ntm::napt
