// SPDX-License-Identifier: BSD-3-Clause
// Packets as they are inside a tunnel or before a public address, read and repaired the plain way. A
// packet here has a whole IP header, by the version that its first byte says.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"

#include <cstddef>
#include <cstdint>

namespace ntm::malformed {

[[nodiscard]] inline bool is_ipv6(ByteView packet) {
    return !packet.empty() && packet[0] >> 4 == 6;
}
[[nodiscard]] inline std::size_t header_length(ByteView packet) {
    return is_ipv6(packet) ? 40 : 20;
}
[[nodiscard]] inline std::uint8_t protocol_of(ByteView packet) {
    return packet[is_ipv6(packet) ? 6 : 9];
}
[[nodiscard]] bool is_icmp(ByteView packet);
[[nodiscard]] bool is_icmp_error(ByteView packet);

// Where the checksum behind the IP header is; 0: not in this packet.
[[nodiscard]] std::size_t checksum_at(ByteView packet);
// UDP of IPv4 may have none.
[[nodiscard]] bool has_right_checksums(ByteView packet);
// The IP length and both checksums.
void repair(Bytes& packet);
void repair_ipv4_header(Bytes& packet);
// Zero and all ones are the same sum.
[[nodiscard]] bool is_same(Bytes left, Bytes right);

[[nodiscard]] IpAddress source_of(ByteView packet);
[[nodiscard]] IpAddress destination_of(ByteView packet);
// Of the packet's family.
void put_source(Bytes& packet, const IpAddress& address);
void put_destination(Bytes& packet, const IpAddress& address);

// An echo's identifier is the port of who asks. 0: it has none.
[[nodiscard]] std::uint16_t source_port_of(ByteView packet);
[[nodiscard]] std::uint16_t destination_port_of(ByteView packet);

// Where an ICMP error quotes a packet, if this is one with room for a quote; else 0.
[[nodiscard]] std::size_t quote_at(ByteView packet);
// Makes the quote, if it is of the packet's own family, one with these ends. `port` is the source's or
// the destination's.
struct QuotedEnds {
    IpAddress source;
    IpAddress destination;
    std::uint16_t port = 0;
    bool is_source_port = false;
};
void put_in_quote(Bytes& packet, const QuotedEnds& ends);

// A packet without all that its translation may change: addresses, ports, checksums, hops, ECN and a
// SYN's segment size, and those of what it quotes.
[[nodiscard]] Bytes without_ends(ByteView packet);

}  // namespace ntm::malformed
