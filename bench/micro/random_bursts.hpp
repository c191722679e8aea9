// SPDX-License-Identifier: BSD-3-Clause
// Work that is timed burst by burst, each burst's sessions drawn at random.
#pragma once

#include "bench/micro/cycles.hpp"
#include "common/base/random.hpp"
#include "common/base/time.hpp"
#include "common/packet/burst.hpp"

#include <array>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

namespace ntm::bench {

// The time of all packets.
inline constexpr Instant now{Duration{1}};

using Picks = std::array<std::uint32_t, burst_size>;

// The benchmark's first argument: how many sessions there are.
[[nodiscard]] inline std::uint32_t sessions_of(const benchmark::State& state) {
    return static_cast<std::uint32_t>(state.range(0));
}

// `prepare` gets the picks and is not timed, `timed` is. The figure is the median burst's, so that an
// interrupt or another process on the core does not show in it. Every benchmark of as many sessions
// draws the same ones.
template <typename Prepare, typename Timed>
void measure_bursts(benchmark::State& state, Prepare prepare, Timed timed) {
    constexpr std::size_t bursts_a_pass = 512;
    SeededRandom random{2};
    std::vector<std::uint64_t> bursts;
    for (auto _ : state) {
        std::uint64_t cycles = 0;
        for (std::size_t burst = 0; burst < bursts_a_pass; ++burst) {
            Picks picks;
            for (std::uint32_t& pick : picks) {
                pick = static_cast<std::uint32_t>(random.below(sessions_of(state)));
            }
            prepare(picks);
            bursts.push_back(cycles_of(timed));
            cycles += bursts.back();
        }
        state.SetIterationTime(seconds(cycles));
    }
    state.counters["cycles"] = median(bursts) / burst_size;
}

}  // namespace ntm::bench
