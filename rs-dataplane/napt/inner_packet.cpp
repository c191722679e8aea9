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
constexpr std::size_t ipv6_fragment_header = 8;

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

std::size_t tcp_header_length(ByteView tcp) noexcept {
    return std::size_t{tcp[12]} / 16 * 4;
}

// RFC 5508 REQ-3. Of an echo it travels on as it is, for who gets it to judge.
bool has_right_icmp_checksum(Family family, ByteView packet, std::size_t upper_at) noexcept {
    const ByteView message = packet.subspan(upper_at);
    WordSum sum = sum_words(message);
    if (family == Family::ipv6) {
        sum += sum_words(packet.subspan(8, 32)) +
               sum_pseudo_header(ip_protocol::icmpv6, static_cast<std::uint16_t>(message.size()));
    }
    return fold(sum) == 0xffff;
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
        case ip_protocol::fragment:
            return DropReason::fragment_malformed;
        default:
            return DropReason::inner_protocol;
    }
}

// How much of an ICMP error is the quote: all, or as much as its length field says (RFC 4884), behind
// which there are extensions. In words of 32 bits, or of 64 in ICMPv6.
std::size_t quote_length(Family family, ByteView message) noexcept {
    const bool is_ipv4 = family == Family::ipv4;
    const bool has_field = is_ipv4 || message[0] == icmpv6_type::unreachable ||
                           message[0] == icmpv6_type::time_exceeded;
    const std::size_t field = is_ipv4 ? std::size_t{message[5]} * 4 : std::size_t{message[4]} * 8;
    const std::size_t rest = message.size() - icmp_header;
    return has_field && field != 0 ? std::min(field, rest) : rest;
}

// Where the value of a SYN's MSS option stands among the options; 0: nowhere, or they are damaged.
std::size_t find_mss(ByteView tcp) noexcept {
    const std::size_t header = tcp_header_length(tcp);
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

DropReason check_ports(const std::uint8_t* upper) noexcept {
    const bool has_both = port_at(upper) != 0 && port_at(upper + 2) != 0;
    return has_both ? DropReason::none : DropReason::inner_port_zero;
}

}  // namespace

DropReason InnerPacket::read(MutableByteView bytes) noexcept {
    bytes_ = bytes;
    mss_at_ = 0;
    if (bytes.empty() || bytes.size() > 0xffff) {
        return DropReason::inner_ip_length;
    }
    return bytes[0] >> 4 == 6 ? read_ipv6() : read_ipv4();
}

DropReason InnerPacket::read_ipv4() noexcept {
    const auto ip = Ipv4View::parse(bytes_);
    if (!ip || ip->total_length() != bytes_.size()) {
        return DropReason::inner_ip_length;
    }
    if (!ip->has_valid_checksum()) {
        return DropReason::inner_ipv4_checksum;
    }
    if (ip->has_options()) {
        return DropReason::inner_ipv4_options;
    }
    if (ip->is_fragment()) {
        return DropReason::inner_fragment;
    }
    headers_.family = Family::ipv4;
    return read_upper(ip->header_length(), ip->protocol());
}

DropReason InnerPacket::read_ipv6() noexcept {
    const auto ip = Ipv6View::parse(bytes_);
    if (!ip || Ipv6View::size + ip->payload_length() != bytes_.size()) {
        return DropReason::inner_ip_length;
    }
    headers_.family = Family::ipv6;
    return read_upper(Ipv6View::size, ip->next_header());
}

DropReason InnerPacket::read_upper(std::size_t at, std::uint8_t protocol) noexcept {
    if (bytes_.size() < at + least_upper) {
        return too_short(protocol);
    }
    const ByteView upper = ByteView{bytes_}.subspan(at);
    const auto kind = kind_of(headers_.family, protocol, upper);
    if (!kind) {
        return kind.error();
    }
    headers_.kind = *kind;
    headers_.ip_at = 0;
    headers_.upper_at = static_cast<std::uint16_t>(at);
    headers_.end = static_cast<std::uint16_t>(bytes_.size());
    switch (*kind) {
        case Kind::udp:
            return read_udp(upper);
        case Kind::tcp:
            return read_tcp(upper);
        case Kind::icmp_error:
            return read_icmp_error();
        default:
            return DropReason::none;
    }
}

DropReason InnerPacket::read_udp(ByteView upper) noexcept {
    const auto udp = UdpView::parse(upper);
    if (!udp || (headers_.family == Family::ipv6 && !udp->has_checksum())) {
        return DropReason::inner_udp;
    }
    return check_ports(upper.data());
}

DropReason InnerPacket::read_tcp(ByteView upper) noexcept {
    if (upper.size() < tcp_header || tcp_header_length(upper) < tcp_header ||
        tcp_header_length(upper) > upper.size()) {
        return DropReason::inner_tcp;
    }
    if (segment().has_syn) {
        const std::size_t found = find_mss(upper);
        mss_at_ = static_cast<std::uint16_t>(found == 0 ? 0 : headers_.upper_at + found);
    }
    return check_ports(upper.data());
}

DropReason InnerPacket::read_icmp_error() noexcept {
    const ByteView message = ByteView{bytes_}.subspan(headers_.upper_at);
    if (!has_right_icmp_checksum(headers_.family, bytes_, headers_.upper_at)) {
        return DropReason::inner_icmp_checksum;
    }
    const ByteView quoted = message.subspan(icmp_header, quote_length(headers_.family, message));
    quote_.family = headers_.family;
    quote_.ip_at = static_cast<std::uint16_t>(headers_.upper_at + icmp_header);
    quote_.end = static_cast<std::uint16_t>(quote_.ip_at + quoted.size());
    return headers_.family == Family::ipv4 ? read_quoted_ipv4(quoted) : read_quoted_ipv6(quoted);
}

// Of what is quoted there must be the IP header and the next 8 bytes; the rest may be cut off.
DropReason InnerPacket::read_quoted_ipv4(ByteView quoted) noexcept {
    if (quoted.size() < Ipv4View::smallest || quoted[0] >> 4 != 4) {
        return DropReason::bad_quote;
    }
    const std::size_t header = std::size_t{quoted[0] & 0x0fU} * 4;
    if (header < Ipv4View::smallest || header > quoted.size()) {
        return DropReason::bad_quote;
    }
    if (fold(sum_words(quoted.first(header))) != 0xffff) {
        return DropReason::inner_icmp_checksum;
    }
    const bool is_later_fragment = (load<Be16>(quoted.data() + 6).to_host() & 0x1fff) != 0;
    return is_later_fragment ? DropReason::bad_quote : read_quoted_upper(quoted, header, quoted[9]);
}

DropReason InnerPacket::read_quoted_ipv6(ByteView quoted) noexcept {
    if (quoted.size() < Ipv6View::size || quoted[0] >> 4 != 6) {
        return DropReason::bad_quote;
    }
    if (quoted[6] != ip_protocol::fragment) {
        return read_quoted_upper(quoted, Ipv6View::size, quoted[6]);
    }
    constexpr std::size_t behind = Ipv6View::size + ipv6_fragment_header;
    const bool is_first =
        quoted.size() >= behind && (load<Be16>(quoted.data() + 42).to_host() & 0xfff8) == 0;
    return is_first ? read_quoted_upper(quoted, behind, quoted[Ipv6View::size])
                    : DropReason::bad_quote;
}

DropReason InnerPacket::read_quoted_upper(
    ByteView quoted, std::size_t at, std::uint8_t protocol
) noexcept {
    if (quoted.size() < at + least_upper) {
        return DropReason::bad_quote;
    }
    const auto kind = kind_of(quote_.family, protocol, quoted.subspan(at));
    if (!kind || *kind == Kind::icmp_error) {
        return DropReason::bad_quote;
    }
    quote_.kind = *kind;
    quote_.upper_at = static_cast<std::uint16_t>(quote_.ip_at + at);
    return DropReason::none;
}

TcpSegment InnerPacket::segment() const noexcept {
    const ByteView upper = ByteView{bytes_}.subspan(headers_.upper_at);
    const std::uint8_t* tcp = upper.data();
    const std::uint8_t flags = tcp[13];
    return {
        .sequence = load<Be32>(tcp + 4).to_host(),
        .acknowledgement = load<Be32>(tcp + 8).to_host(),
        .has_syn = (flags & 0x02) != 0,
        .has_ack = (flags & 0x10) != 0,
        .has_fin = (flags & 0x01) != 0,
        .has_rst = (flags & 0x04) != 0,
        .has_text = upper.size() > tcp_header_length(upper)};
}

}  // namespace ntm::napt
