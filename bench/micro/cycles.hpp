// SPDX-License-Identifier: BSD-3-Clause
// Cycles of the time stamp counter: how many a piece of work takes.
#pragma once

#include <cstdint>
#include <vector>

#include <rte_cycles.h>

namespace ntm::bench {

// Of one pair of time stamps with nothing between them.
[[nodiscard]] std::uint64_t stamps_cost();

template <typename Work>
[[nodiscard]] std::uint64_t cycles_of(Work&& work) {
    const std::uint64_t begun = rte_rdtsc_precise();
    work();
    const std::uint64_t ended = rte_rdtsc_precise();
    return ended - begun - stamps_cost();
}

// Puts them into another order.
[[nodiscard]] double median(std::vector<std::uint64_t>& values);

[[nodiscard]] double seconds(std::uint64_t cycles);

}  // namespace ntm::bench
