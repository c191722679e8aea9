// SPDX-License-Identifier: BSD-3-Clause
// Rewrites packets in place, every checksum by what changed (RFC 1624 equation 3): the payload is never
// read, and a packet that was damaged on its way stays so. Translating to other ends and back leaves
// what there was.
#pragma once

#include "rs-dataplane/napt/inner_packet.hpp"

#include <cstdint>

namespace ntm::napt {

// Any but an ICMP error. Of an echo only the port of who asks counts. UDP without a checksum stays
// without (RFC 3022 section 4.1).
void translate(const InnerPacket& packet, const Ends& to) noexcept;

// An ICMP error (RFC 5508 section 4): the ends of `to` without its ports, and those of the packet that
// it quotes, as much as is there of its headers.
void translate_error(const InnerPacket& packet, const Ends& to, const Ends& quoted) noexcept;

// A SYN asks for no longer segments than this.
void clamp_mss(const InnerPacket& packet, std::uint16_t most) noexcept;

}  // namespace ntm::napt
