// SPDX-License-Identifier: BSD-3-Clause
// How full the NAPT is, summed over what its workers say in their gauges.
#pragma once

#include "common/base/address.hpp"
#include "common/protocol/ntm.pb.h"
#include "control/napt_config.hpp"
#include "rs-dataplane/relay/counters.hpp"

#include <cstdint>
#include <vector>

namespace ntm::control {

using AllNaptGauges = std::vector<const relay::NaptGauges*>;  // of each worker

// Of public ports.
struct BlockSum {
    std::uint64_t addresses = 0;
    std::uint64_t all = 0;
    std::uint64_t held = 0;
    std::uint64_t free = 0;
    // Neither held nor free. Gauges of two workers may be of different moments.
    [[nodiscard]] std::uint64_t resting() const noexcept {
        return all - (held + free < all ? held + free : all);
    }
};
[[nodiscard]] BlockSum sum_blocks(
    const NaptConfig& config, Family family, const AllNaptGauges& gauges
);
[[nodiscard]] std::uint64_t sum_of(
    const AllNaptGauges& gauges, relay::Gauge relay::NaptGauges::*one
);

// What the relay's DCs are told.
[[nodiscard]] v1::NaptLoad napt_load(const NaptConfig& config, const AllNaptGauges& gauges);

}  // namespace ntm::control
