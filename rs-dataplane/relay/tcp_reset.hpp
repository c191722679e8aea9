// SPDX-License-Identifier: BSD-3-Clause
// The end of a TCP connection of which an RS-N knows nothing (any more), told to the node (RFC 9293
// section 3.10.7.1), so that its program learns at once what it would wait minutes for.
#pragma once

#include "common/packet/packet.hpp"
#include "rs-dataplane/napt/inner_packet.hpp"

namespace ntm::relay {

// Whether a packet is a segment that is answered by a RST: of others there is nothing that the end of a
// connection would still send.
[[nodiscard]] bool is_tcp_reset_due(const napt::InnerPacket& about) noexcept;
// Makes the answer of such a one, which stands at `inner_at`: a RST from where it was going.
void make_tcp_reset(Packet& packet, const napt::InnerPacket& about) noexcept;

}  // namespace ntm::relay
