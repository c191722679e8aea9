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
        return {source.padded(), destination.padded(), source_port, destination_port};
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

}  // namespace ntm::napt
