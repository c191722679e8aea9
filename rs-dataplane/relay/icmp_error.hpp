// SPDX-License-Identifier: BSD-3-Clause
// The ICMP errors that an RS-N makes itself, about a packet that it does not send on (RFC 792, RFC 4443,
// RFC 6888 REQ-11; docs/protocol.md section 7).
#pragma once

#include "common/base/address.hpp"
#include "common/packet/packet.hpp"
#include "rs-dataplane/napt/inner_packet.hpp"

#include <cstdint>
#include <optional>

namespace ntm::relay {

struct IcmpError {
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::uint16_t mtu = 0;  // of "too big": the longest packet that would go on; else 0
};

// What the sender of a packet is told that was dropped for this reason; `mtu` counts for too_big.
// Nothing: it is told nothing.
[[nodiscard]] std::optional<IcmpError> icmp_error_for(
    DropReason reason, Family family, std::uint16_t mtu
) noexcept;

// Makes the error of the packet, which stands at `inner_at` as it was read: from `from` to its source,
// with so much of it as the RFCs say. False: none may be made, or there is no room, and the packet is
// as it was.
[[nodiscard]] bool make_icmp_error(
    Packet& packet,
    const napt::InnerPacket& about,
    const IcmpError& error,
    const tables::PaddedAddress& from
) noexcept;

}  // namespace ntm::relay
