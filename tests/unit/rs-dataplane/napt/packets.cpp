// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/rs-dataplane/napt/packets.hpp"

#include "common/packet/ipv4.hpp"

#include <algorithm>

namespace ntm::napt {

namespace {

void append16(Bytes& to, std::size_t value) {
    to.push_back(static_cast<std::uint8_t>(value >> 8));
    to.push_back(static_cast<std::uint8_t>(value));
}

void append32(Bytes& to, std::uint32_t value) {
    append16(to, value >> 16);
    append16(to, value & 0xffff);
}

void put16(Bytes& to, std::size_t at, std::size_t value) {
    to[at] = static_cast<std::uint8_t>(value >> 8);
    to[at + 1] = static_cast<std::uint8_t>(value);
}

// One byte after another, in network order.
std::uint16_t checksum_byte_by_byte(ByteView bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
        if (sum > 0xffff) {
            sum -= 0xffff;
        }
    }
    return static_cast<std::uint16_t>(~sum);
}

std::uint16_t checksum_with_pseudo_header(
    const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, ByteView upper
) {
    Bytes all;
    append(all, source.bytes());
    append(all, destination.bytes());
    append32(all, static_cast<std::uint32_t>(upper.size()));
    append32(all, protocol);
    append(all, upper);
    return checksum_byte_by_byte(all);
}

std::uint8_t icmp_of(const IpAddress& address) {
    return address.is_ipv4() ? ip_protocol::icmp : ip_protocol::icmpv6;
}

Bytes icmp_packet(const IpAddress& source, const IpAddress& destination, Bytes message) {
    const std::uint8_t protocol = icmp_of(source);
    put16(
        message,
        2,
        source.is_ipv4() ? checksum_byte_by_byte(message)
                         : checksum_with_pseudo_header(source, destination, protocol, message)
    );
    return ip_packet(source, destination, protocol, message);
}

Bytes udp_packet(const PacketEnds& ends, ByteView payload) {
    Bytes upper;
    append16(upper, ends.source_port);
    append16(upper, ends.destination_port);
    append16(upper, 8 + payload.size());
    append16(upper, 0);
    append(upper, payload);
    const std::uint16_t checksum =
        checksum_with_pseudo_header(ends.source, ends.destination, ip_protocol::udp, upper);
    put16(upper, 6, checksum == 0 ? 0xffff : checksum);
    return ip_packet(ends.source, ends.destination, ip_protocol::udp, upper);
}

Bytes echo_packet(Kind kind, const PacketEnds& ends, ByteView payload) {
    const bool is_request = kind == Kind::echo_request;
    Bytes message;
    message.push_back(ends.source.is_ipv4() ? (is_request ? 8 : 0) : (is_request ? 128 : 129));
    message.push_back(0);
    append16(message, 0);
    append16(message, is_request ? ends.source_port : ends.destination_port);
    append16(message, 7);
    append(message, payload);
    return icmp_packet(ends.source, ends.destination, message);
}

}  // namespace

IpAddress address(std::string_view text) {
    return IpAddress::parse(text).value();
}

Bytes ip_packet(
    const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, ByteView upper
) {
    Bytes packet;
    if (source.is_ipv6()) {
        append32(packet, 0x60012345);
        append16(packet, upper.size());
        packet.push_back(protocol);
        packet.push_back(61);
    } else {
        append16(packet, 0x4512);
        append16(packet, 20 + upper.size());
        append16(packet, 0x1234);
        append16(packet, 0x4000);
        packet.push_back(61);
        packet.push_back(protocol);
        append16(packet, 0);
    }
    append(packet, source.bytes());
    append(packet, destination.bytes());
    if (source.is_ipv4()) {
        put16(packet, 10, checksum_byte_by_byte(packet));
    }
    append(packet, upper);
    return packet;
}

Bytes packet_of(Kind kind, const PacketEnds& ends, ByteView payload) {
    switch (kind) {
        case Kind::udp:
            return udp_packet(ends, payload);
        case Kind::tcp:
            return tcp_packet(ends, 0x18, {}, payload);
        default:
            return echo_packet(kind, ends, payload);
    }
}

Bytes tcp_packet(const PacketEnds& ends, std::uint8_t flags, ByteView options, ByteView payload) {
    Bytes upper;
    append16(upper, ends.source_port);
    append16(upper, ends.destination_port);
    append32(upper, 0x01020304);
    append32(upper, 0x05060708);
    upper.push_back(static_cast<std::uint8_t>((20 + options.size()) / 4 << 4));
    upper.push_back(flags);
    append16(upper, 0x2000);
    append32(upper, 0);
    append(upper, options);
    append(upper, payload);
    put16(
        upper,
        16,
        checksum_with_pseudo_header(ends.source, ends.destination, ip_protocol::tcp, upper)
    );
    return ip_packet(ends.source, ends.destination, ip_protocol::tcp, upper);
}

Bytes error_packet(
    const IpAddress& source, const IpAddress& destination, const ErrorShape& shape, ByteView quote
) {
    Bytes message{shape.type, shape.code, 0, 0};
    append32(message, shape.rest);
    append(message, quote);
    return icmp_packet(source, destination, message);
}

Bytes error_packet(const IpAddress& source, const IpAddress& destination, ByteView quote) {
    const std::uint8_t time_exceeded = source.is_ipv4() ? 11 : 3;
    return error_packet(source, destination, {time_exceeded, 0, 0}, quote);
}

void repair_ipv4_header(Bytes& packet) {
    put16(packet, 10, 0);
    const std::size_t header = std::min(std::size_t{packet[0] & 0x0fU} * 4, packet.size());
    put16(packet, 10, checksum_byte_by_byte(ByteView{packet}.first(header)));
}

Bytes with_byte(Bytes packet, std::size_t at, std::uint8_t value) {
    packet[at] = value;
    if (packet[0] >> 4 == 4) {
        repair_ipv4_header(packet);
    }
    return packet;
}

Bytes with_options(const Bytes& packet) {
    Bytes longer = packet;
    longer.insert(longer.begin() + 20, {1, 1, 1, 1});
    longer[0] = 0x46;
    longer[3] = static_cast<std::uint8_t>(longer.size());
    repair_ipv4_header(longer);
    return longer;
}

Bytes error_about(const Bytes& quote) {
    const bool is_ipv4 = quote[0] >> 4 == 4;
    return error_packet(is_ipv4 ? router4 : router6, is_ipv4 ? ends4.source : ends6.source, quote);
}

DropReason reason_of(Bytes packet) {
    const auto parsed = InnerPacket::parse(packet);
    return parsed ? DropReason::none : parsed.error();
}

}  // namespace ntm::napt
