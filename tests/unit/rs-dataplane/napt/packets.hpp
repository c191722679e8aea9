// SPDX-License-Identifier: BSD-3-Clause
// Inner packets built anew with any ends, with checksums summed byte by byte as RFC 1071 describes it:
// what a translated packet has to equal.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "rs-dataplane/napt/inner_packet.hpp"

#include <cstdint>
#include <string_view>

namespace ntm::napt {

struct PacketEnds {
    IpAddress source;
    std::uint16_t source_port = 0;
    IpAddress destination;
    std::uint16_t destination_port = 0;

    [[nodiscard]] Ends ends() const {
        return {
            PaddedAddress::of(source),
            PaddedAddress::of(destination),
            source_port,
            destination_port};
    }
};

// "192.0.2.1" or "2001:db8::1".
[[nodiscard]] IpAddress address(std::string_view text);

[[nodiscard]] Bytes ip_packet(
    const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, ByteView upper
);
// Of any kind but an ICMP error.
[[nodiscard]] Bytes packet_of(Kind kind, const PacketEnds& ends, ByteView payload);
// TCP with these flags and options (whole words).
[[nodiscard]] Bytes tcp_packet(
    const PacketEnds& ends, std::uint8_t flags, ByteView options, ByteView payload = {}
);
// An ICMP error of the ends' family. `rest`: the four bytes behind its checksum.
struct ErrorShape {
    std::uint8_t type = 3;
    std::uint8_t code = 3;
    std::uint32_t rest = 0;
};
[[nodiscard]] Bytes error_packet(
    const IpAddress& source, const IpAddress& destination, const ErrorShape& shape, ByteView quote
);
// Time exceeded, of the family of `source`.
[[nodiscard]] Bytes error_packet(
    const IpAddress& source, const IpAddress& destination, ByteView quote
);

// Of an IPv4 packet with changed header bytes.
void repair_ipv4_header(Bytes& packet);
// A packet with one byte changed, and, of IPv4, its header repaired.
[[nodiscard]] Bytes with_byte(Bytes packet, std::size_t at, std::uint8_t value);
// An IPv4 packet with one word of options put in.
[[nodiscard]] Bytes with_options(const Bytes& packet);

// Some to start from.
inline const PacketEnds ends4{address("198.18.0.5"), 5000, address("198.51.100.7"), 443};
inline const PacketEnds ends6{address("fd00:a::5"), 5000, address("2001:db8::7"), 443};
inline const IpAddress router4 = address("203.0.113.254");
inline const IpAddress router6 = address("2001:db8:ffff::1");
inline const Bytes some_payload{0xde, 0xad, 0xbe, 0xef, 0x01};
inline const Bytes udp4 = packet_of(Kind::udp, ends4, some_payload);
inline const Bytes udp6 = packet_of(Kind::udp, ends6, some_payload);
inline const Bytes tcp4 = packet_of(Kind::tcp, ends4, some_payload);
// From the router of its family.
[[nodiscard]] Bytes error_about(const Bytes& quote);
// none: it is taken.
[[nodiscard]] DropReason reason_of(Bytes packet);

}  // namespace ntm::napt
