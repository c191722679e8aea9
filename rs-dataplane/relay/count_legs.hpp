// SPDX-License-Identifier: BSD-3-Clause
// Counts what is relayed for the leg that it came from, in this worker's own records.
#pragma once

#include "common/packet/burst.hpp"
#include "rs-dataplane/relay/counters.hpp"

namespace ntm::relay {

// `counters` is by slot.
void count_legs(
    const Burst& burst, const Lane& lane, PathCounters* counters, std::uint32_t now_seconds
) noexcept;

}  // namespace ntm::relay
