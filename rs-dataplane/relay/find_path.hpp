// SPDX-License-Identifier: BSD-3-Clause
// Looks the lane's Path IDs up at once and gives each packet the passage of its direction. A packet
// of an unknown path is dropped.
#pragma once

#include "common/packet/burst.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

namespace ntm::relay {

// Fetches ahead, of each path, the passage and the counters' line: `counters` is by slot.
void find_path(
    Burst& burst, Lane& lane, const tables::RelayTable::Reader& table, const PathCounters* counters
) noexcept;

}  // namespace ntm::relay
