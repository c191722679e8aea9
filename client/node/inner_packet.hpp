// SPDX-License-Identifier: BSD-3-Clause
// The head of an inner packet, checked: what a DATA plaintext and a packet from the TUN device must
// be before anything looks at its addresses (docs/protocol.md sections 2 and 7).
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/packet/ecn.hpp"

#include <optional>

namespace ntm::client {

struct InnerPacket {
    IpAddress source;
    IpAddress destination;
    std::uint8_t traffic_class = 0;  // DSCP and ECN

    // Nothing unless `bytes` is exactly one IPv4 or IPv6 packet by its own length field.
    [[nodiscard]] static std::optional<InnerPacket> parse(ByteView bytes) noexcept;
};

// Not of many hosts, of one link alone, or of none.
[[nodiscard]] inline bool is_host(const IpAddress& address) noexcept {
    return !address.is_unspecified() && !address.is_loopback() && !address.is_multicast() &&
           !address.is_link_local();
}

// Puts this ECN field into a packet that InnerPacket::parse() takes, and repairs the checksum of an
// IPv4 header.
void set_ecn(Bytes& packet, Ecn ecn) noexcept;

}  // namespace ntm::client
