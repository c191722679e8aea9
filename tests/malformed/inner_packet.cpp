// SPDX-License-Identifier: BSD-3-Clause
#include "tests/malformed/inner_packet.hpp"

#include "common/packet/ipv4.hpp"
#include "tests/malformed/oracle.hpp"

#include <algorithm>

namespace ntm::malformed {

namespace {

void put_word(Bytes& packet, std::size_t at, std::size_t value) {
    store(packet.data() + at, Be16::from_host(static_cast<std::uint16_t>(value)));
}

std::uint32_t pseudo_header_sum(ByteView packet) {
    const bool ipv6 = is_ipv6(packet);
    const ByteView addresses = ipv6 ? packet.subspan(8, 32) : packet.subspan(12, 8);
    const auto length = static_cast<std::uint32_t>(packet.size() - header_length(packet));
    return plain_sum(addresses) + std::uint32_t{protocol_of(packet)} + length;
}

// 0xffff: right.
std::uint16_t upper_sum(ByteView packet) {
    const bool has_pseudo_header = is_ipv6(packet) || protocol_of(packet) != ip_protocol::icmp;
    return plain_sum(
        packet.subspan(header_length(packet)), has_pseudo_header ? pseudo_header_sum(packet) : 0
    );
}

IpAddress address_at(ByteView packet, std::size_t ipv4_at, std::size_t ipv6_at) {
    return *IpAddress::from_bytes(
        is_ipv6(packet) ? packet.subspan(ipv6_at, 16) : packet.subspan(ipv4_at, 4)
    );
}

void put_address(Bytes& packet, std::size_t at, const IpAddress& address) {
    std::ranges::copy(address.bytes(), packet.begin() + static_cast<std::ptrdiff_t>(at));
}

bool is_echo(ByteView packet, bool is_request) {
    const std::size_t at = header_length(packet);
    const std::uint8_t type = is_ipv6(packet) ? (is_request ? 128 : 129) : (is_request ? 8 : 0);
    return is_icmp(packet) && packet.size() > at && packet[at] == type;
}

std::uint16_t port_of(ByteView packet, std::size_t behind, bool is_asking) {
    const std::size_t upper = header_length(packet);
    const std::size_t at = upper + (is_icmp(packet) ? 4 : behind);
    if (at + 2 > packet.size() || (is_icmp(packet) && !is_echo(packet, is_asking))) {
        return 0;
    }
    return word_at(packet, at);
}

void zero(Bytes& packet, std::size_t at, std::size_t count) {
    for (std::size_t i = at; i < at + count && i < packet.size(); ++i) {
        packet[i] = 0;
    }
}

// Of a SYN, where it asks for one: RFC 9293 section 3.2.
void remove_segment_size(Bytes& packet, std::size_t tcp) {
    constexpr std::uint8_t syn = 0x02;
    if (tcp + 20 > packet.size() || (packet[tcp + 13] & syn) == 0) {
        return;
    }
    const std::size_t end = std::min(packet.size(), tcp + std::size_t{packet[tcp + 12]} / 16 * 4);
    for (std::size_t at = tcp + 20; at < end && packet[at] != 0;) {
        const std::size_t length = packet[at] == 1 ? 1 : at + 1 < end ? packet[at + 1] : 0;
        if (length == 0 || length > end - at) {
            return;
        }
        if (packet[at] == 2 && length == 4) {
            zero(packet, at + 2, 2);
            return;
        }
        at += length;
    }
}

// From the IP header at `at` on.
void remove_ends(Bytes& packet, std::size_t at) {
    const ByteView here = ByteView{packet}.subspan(at);
    const bool ipv6 = is_ipv6(here);
    const std::size_t header = ipv6 ? 40 : std::size_t{here[0] & 0x0fU} * 4;
    const bool icmp = is_icmp(here);
    const bool tcp = protocol_of(here) == ip_protocol::tcp;
    zero(packet, at + (ipv6 ? 8 : 10), ipv6 ? 32 : 10);
    const std::size_t upper = at + header;
    zero(packet, upper + (icmp ? 4 : 0), icmp ? 2 : 4);
    zero(packet, upper + (icmp ? 2 : tcp ? 16 : 6), 2);
}

}  // namespace

bool is_icmp(ByteView packet) {
    return protocol_of(packet) == (is_ipv6(packet) ? ip_protocol::icmpv6 : ip_protocol::icmp);
}

bool is_icmp_error(ByteView packet) {
    const std::size_t at = header_length(packet);
    if (!is_icmp(packet) || packet.size() <= at) {
        return false;
    }
    const std::uint8_t type = packet[at];
    return is_ipv6(packet) ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
}

std::size_t checksum_at(ByteView packet) {
    const std::uint8_t protocol = protocol_of(packet);
    const std::size_t behind = protocol == ip_protocol::udp   ? 6
                               : protocol == ip_protocol::tcp ? 16
                                                              : 2;
    const std::size_t at = header_length(packet) + behind;
    return at + 2 <= packet.size() ? at : 0;
}

bool has_right_checksums(ByteView packet) {
    if (!is_ipv6(packet) && plain_sum(packet.first(20)) != 0xffff) {
        return false;
    }
    const bool has_none =
        protocol_of(packet) == ip_protocol::udp && word_at(packet, checksum_at(packet)) == 0;
    return has_none || upper_sum(packet) == 0xffff;
}

void repair_ipv4_header(Bytes& packet) {
    put_word(packet, 10, 0);
    put_word(packet, 10, ~plain_sum(ByteView{packet}.first(20)) & 0xffffU);
}

void repair(Bytes& packet) {
    const bool ipv6 = is_ipv6(packet);
    put_word(packet, ipv6 ? 4 : 2, packet.size() - (ipv6 ? 40 : 0));
    if (!ipv6) {
        repair_ipv4_header(packet);
    }
    if (const std::size_t at = checksum_at(packet); at != 0) {
        put_word(packet, at, 0);
        const std::uint32_t sum = ~upper_sum(packet) & 0xffffU;
        put_word(packet, at, sum == 0 ? 0xffff : sum);
    }
}

bool is_same(Bytes left, Bytes right) {
    const std::size_t at = checksum_at(left);
    for (Bytes* packet : {&left, &right}) {
        if (word_at(*packet, at) == 0xffff) {
            put_word(*packet, at, 0);
        }
    }
    return left == right;
}

IpAddress source_of(ByteView packet) {
    return address_at(packet, 12, 8);
}
IpAddress destination_of(ByteView packet) {
    return address_at(packet, 16, 24);
}
void put_source(Bytes& packet, const IpAddress& address) {
    put_address(packet, is_ipv6(packet) ? 8 : 12, address);
}
void put_destination(Bytes& packet, const IpAddress& address) {
    put_address(packet, is_ipv6(packet) ? 24 : 16, address);
}

std::uint16_t source_port_of(ByteView packet) {
    return port_of(packet, 0, true);
}
std::uint16_t destination_port_of(ByteView packet) {
    return port_of(packet, 2, false);
}

std::size_t quote_at(ByteView packet) {
    const std::size_t header = header_length(packet);
    return is_icmp(packet) && packet.size() >= 2 * header + 16 ? header + 8 : 0;
}

void put_in_quote(Bytes& packet, const QuotedEnds& ends) {
    const std::size_t at = quote_at(packet);
    if (at == 0 || packet[at] >> 4 != packet[0] >> 4) {
        return;
    }
    Bytes quote{packet.begin() + static_cast<std::ptrdiff_t>(at), packet.end()};
    put_source(quote, ends.source);
    put_destination(quote, ends.destination);
    const std::size_t port_at = is_icmp(quote) ? 4 : ends.is_source_port ? 0 : 2;
    put_word(quote, header_length(quote) + port_at, ends.port);
    if (!is_ipv6(quote)) {
        repair_ipv4_header(quote);
    }
    std::ranges::copy(quote, packet.begin() + static_cast<std::ptrdiff_t>(at));
}

Bytes without_ends(ByteView packet) {
    Bytes rest{packet.begin(), packet.end()};
    const bool is_error = is_icmp_error(packet);
    // The fourth word of an error is its own.
    const std::size_t fourth = header_length(packet) + 4;
    const std::uint16_t kept = is_error ? word_at(packet, fourth) : std::uint16_t{0};
    remove_ends(rest, 0);
    if (protocol_of(packet) == ip_protocol::tcp) {
        remove_segment_size(rest, header_length(packet));
    }
    if (is_error) {
        put_word(rest, fourth, kept);
        remove_ends(rest, header_length(packet) + 8);
    }
    rest[is_ipv6(packet) ? 7 : 8] = 0;
    rest[1] = static_cast<std::uint8_t>(rest[1] & (is_ipv6(packet) ? 0xcf : 0xfc));
    return rest;
}

}  // namespace ntm::malformed
