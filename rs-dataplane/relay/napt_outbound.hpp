// SPDX-License-Identifier: BSD-3-Clause
// RS-N: what a node sends to a general node leaves from a public address (docs/protocol.md section 7).
#pragma once

#include "rs-dataplane/relay/ended_packets.hpp"

namespace ntm::relay {

// Of inner packets as open_tunnel leaves them. What stays in the lane has its port to leave by, or is
// hairpinned: without a fate, and a frame for this relay. Those that leave it as `fragmented` are
// translated, and to be sent in fragments, or hairpinned; as `inner_fragment`, to be put together.
void napt_outbound(Burst& burst, Lane& lane, EndedPackets& ended, const NaptParts& parts) noexcept;

}  // namespace ntm::relay
