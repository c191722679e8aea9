// SPDX-License-Identifier: BSD-3-Clause
// RS-N: what comes to a public address is for the node whose port it is (docs/protocol.md section 7).
#pragma once

#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/ended_packets.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

namespace ntm::relay {

struct PathLookup {
    const tables::RelayTable::Reader& reader;
    PathCounters* counters;  // by slot
};

// Of frames with an IP packet for a public address, cut to its length. What stays in the lane is an
// inner packet at `inner_at`, with its passage and end. Those that leave it as `fragmented` are that
// too, and to be sent in fragments; as `inner_fragment`, to be put together.
void napt_inbound(
    Burst& burst, Lane& lane, EndedPackets& ended, const NaptParts& napt, const PathLookup& table
) noexcept;

}  // namespace ntm::relay
