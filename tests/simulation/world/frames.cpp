// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/frames.hpp"

#include <algorithm>

namespace ntm::simulation {

namespace {

constexpr std::uint8_t udp = 17;

void put16(Bytes& to, std::size_t value) {
    to.push_back(static_cast<std::uint8_t>(value >> 8));
    to.push_back(static_cast<std::uint8_t>(value));
}

std::uint16_t get16(ByteView from, std::size_t at) {
    return static_cast<std::uint16_t>((from[at] << 8) | from[at + 1]);
}

// The sum over a UDP datagram with the pseudo header of RFC 768 or RFC 8200.
std::uint16_t udp_checksum(const IpAddress& from, const IpAddress& to, ByteView datagram) {
    Bytes all;
    append(all, from.bytes());
    append(all, to.bytes());
    put16(all, udp);
    put16(all, datagram.size());
    append(all, datagram);
    return internet_checksum(all);
}

Bytes build_udp(const Datagram& datagram) {
    Bytes built;
    put16(built, datagram.local.port.number);
    put16(built, datagram.remote.port.number);
    put16(built, 8 + datagram.payload.size());
    put16(built, 0);
    append(built, datagram.payload);
    const std::uint16_t sum = udp_checksum(datagram.local.address, datagram.remote.address, built);
    const std::uint16_t sent = sum == 0 ? 0xffff : sum;
    built[6] = static_cast<std::uint8_t>(sent >> 8);
    built[7] = static_cast<std::uint8_t>(sent);
    return built;
}

Result<OpenedFrame, std::string> open_udp(OpenedFrame opened, ByteView bytes) {
    using Failure = Unexpected<std::string>;
    if (bytes.size() < 8 || get16(bytes, 4) != bytes.size()) {
        return Failure{"the UDP length does not fit"};
    }
    const IpAddress& from = opened.datagram.local.address;
    const IpAddress& to = opened.datagram.remote.address;
    const bool has_sum = get16(bytes, 6) != 0;
    if (!has_sum && from.is_ipv6()) {
        return Failure{"no UDP checksum over IPv6"};
    }
    if (has_sum && udp_checksum(from, to, bytes) != 0) {
        return Failure{"the UDP checksum is wrong"};
    }
    opened.datagram.local.port = {get16(bytes, 0)};
    opened.datagram.remote.port = {get16(bytes, 2)};
    opened.datagram.payload.assign(bytes.begin() + 8, bytes.end());
    return opened;
}

Result<OpenedFrame, std::string> open_ipv4(ByteView packet) {
    using Failure = Unexpected<std::string>;
    if (packet.size() < 20 || packet[0] != 0x45 || get16(packet, 2) != packet.size()) {
        return Failure{"the IPv4 length does not fit"};
    }
    if (internet_checksum(packet.first(20)) != 0) {
        return Failure{"the IPv4 checksum is wrong"};
    }
    if (get16(packet, 6) != 0x4000 || packet[9] != udp) {
        return Failure{"not a whole UDP datagram with DF set"};
    }
    OpenedFrame opened;
    opened.heads.traffic_class = packet[1];
    opened.heads.hop_limit = packet[8];
    opened.datagram.local.address = *IpAddress::from_bytes(packet.subspan(12, 4));
    opened.datagram.remote.address = *IpAddress::from_bytes(packet.subspan(16, 4));
    return open_udp(std::move(opened), packet.subspan(20));
}

Result<OpenedFrame, std::string> open_ipv6(ByteView packet) {
    using Failure = Unexpected<std::string>;
    if (packet.size() < 40 || packet.size() != 40U + get16(packet, 4) || packet[6] != udp) {
        return Failure{"not an IPv6 packet with UDP of the right length"};
    }
    OpenedFrame opened;
    opened.heads.traffic_class =
        static_cast<std::uint8_t>(((packet[0] & 0x0f) << 4) | (packet[1] >> 4));
    opened.heads.hop_limit = packet[7];
    opened.datagram.local.address = *IpAddress::from_bytes(packet.subspan(8, 16));
    opened.datagram.remote.address = *IpAddress::from_bytes(packet.subspan(24, 16));
    return open_udp(std::move(opened), packet.subspan(40));
}

}  // namespace

std::uint16_t internet_checksum(ByteView bytes, std::uint32_t sum) {
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        sum += static_cast<std::uint32_t>(bytes[i]) << 8;
        sum += i + 1 < bytes.size() ? bytes[i + 1] : 0U;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return static_cast<std::uint16_t>(~sum);
}

Bytes build_udp_packet(const FrameHeads& heads, const Datagram& datagram) {
    const Bytes inside = build_udp(datagram);
    Bytes packet;
    if (datagram.local.address.is_ipv4()) {
        packet = {0x45, heads.traffic_class};
        put16(packet, 20 + inside.size());
        append(packet, Bytes{0, 0, 0x40, 0, heads.hop_limit, udp, 0, 0});
    } else {
        packet = {static_cast<std::uint8_t>(0x60 | (heads.traffic_class >> 4))};
        append(packet, Bytes{static_cast<std::uint8_t>(heads.traffic_class << 4), 0, 0});
        put16(packet, inside.size());
        append(packet, Bytes{udp, heads.hop_limit});
    }
    append(packet, datagram.local.address.bytes());
    append(packet, datagram.remote.address.bytes());
    if (datagram.local.address.is_ipv4()) {
        const std::uint16_t sum = internet_checksum(packet);
        packet[10] = static_cast<std::uint8_t>(sum >> 8);
        packet[11] = static_cast<std::uint8_t>(sum);
    }
    append(packet, inside);
    return packet;
}

Result<OpenedFrame, std::string> open_udp_packet(ByteView packet) {
    if (packet.empty()) {
        return Unexpected<std::string>{"empty"};
    }
    return packet[0] >> 4 == 6 ? open_ipv6(packet) : open_ipv4(packet);
}

Bytes build_frame(const FrameHeads& heads, const Datagram& datagram) {
    Bytes frame;
    append(frame, heads.destination.bytes);
    append(frame, heads.source.bytes);
    put16(frame, datagram.local.address.is_ipv4() ? 0x0800U : 0x86ddU);
    append(frame, build_udp_packet(heads, datagram));
    return frame;
}

Result<OpenedFrame, std::string> open_frame(ByteView frame) {
    if (frame.size() < 14) {
        return Unexpected<std::string>{"shorter than an Ethernet header"};
    }
    auto opened = open_udp_packet(frame.subspan(14));
    if (!opened) {
        return opened;
    }
    const bool is_ipv4 = opened->datagram.local.address.is_ipv4();
    if (get16(frame, 12) != (is_ipv4 ? 0x0800 : 0x86dd)) {
        return Unexpected<std::string>{"the EtherType does not fit"};
    }
    std::ranges::copy(frame.first(6), opened->heads.destination.bytes.begin());
    std::ranges::copy(frame.subspan(6, 6), opened->heads.source.bytes.begin());
    return opened;
}

}  // namespace ntm::simulation
