// SPDX-License-Identifier: BSD-3-Clause
// RS-N: opens DATA packets of paths that end here (docs/protocol.md sections 2, 3 and 6). What is not
// authentic, or was here before, is dropped; an empty one has done its work by then.
#pragma once

#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/ended_packets.hpp"

#include <cstdint>

namespace ntm::relay {

// Where it is noted that a leg's node is there; `counters` is by slot.
struct LegsSeen {
    PathCounters* counters;
    std::uint32_t now_seconds;
};

// Of packets whose passage is `ended`; leaves each of the lane's as an inner packet at `inner_at`.
void open_tunnel(
    Burst& burst, Lane& lane, EndedPackets& ended, crypto::BurstCipher& cipher, const LegsSeen& seen
) noexcept;

}  // namespace ntm::relay
