// SPDX-License-Identifier: BSD-3-Clause
// The end of a TCP connection of which an RS-N knows nothing (any more), told to the node (RFC 9293
// section 3.10.7.1), so that its program learns at once what it would wait minutes for.
#pragma once

#include "common/packet/packet.hpp"
#include "rs-dataplane/napt/inner_packet.hpp"

namespace ntm::relay {

// Makes the answer of a segment, which stands at `inner_at`: a RST from where it was going. False: none is
// due, and the packet is as it was.
[[nodiscard]] bool make_tcp_reset(Packet& packet, const napt::InnerPacket& about) noexcept;

}  // namespace ntm::relay
