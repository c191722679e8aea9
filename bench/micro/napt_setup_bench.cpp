// SPDX-License-Identifier: BSD-3-Clause
// From no session to all, each by the first packet of its flow, in bursts and in random order: cycles
// a session, and what it takes of memory. Beside it DPDK's rte_hash taking both tuples of each session.
// Names: what/sessions.
#include "bench/micro/bare_hash.hpp"
#include "bench/micro/napt_flows.hpp"

#include <numeric>

#include <benchmark/benchmark.h>

namespace ntm::bench {
namespace {

std::vector<std::uint32_t> shuffled(std::uint32_t count) {
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    SeededRandom random{3};
    for (std::uint32_t left = count; left > 1; --left) {
        std::swap(order[left - 1], order[random.below(left)]);
    }
    return order;
}

// Burst by burst, once. `prepare` gets the picks and is not timed.
template <typename Prepare, typename Timed>
std::uint64_t take_all(const std::vector<std::uint32_t>& order, Prepare prepare, Timed timed) {
    std::uint64_t cycles = 0;
    for (std::size_t first = 0; first + burst_size <= order.size(); first += burst_size) {
        Picks picks;
        std::copy_n(order.begin() + static_cast<std::ptrdiff_t>(first), burst_size, picks.begin());
        prepare(picks);
        cycles += cycles_of(timed);
    }
    return cycles;
}

void set_up(benchmark::State& state) {
    const std::uint32_t sessions = sessions_of(state);
    const Flows& flows = Flows::of(sessions);
    const auto order = shuffled(sessions);
    std::uint64_t cycles = 0;
    while (state.KeepRunning()) {
        SeededRandom random{4};
        const auto bindings = make_bindings(sessions, random);
        OutboundBurst burst{*bindings};
        cycles = take_all(
            order,
            [&](const Picks& picks) { burst.prepare(flows, picks); },
            [&] { benchmark::DoNotOptimize(burst.send()); }
        );
        state.SetIterationTime(seconds(cycles));
        if (bindings->usage().sessions != sessions) {
            state.SkipWithError("not all sessions were made");
        }
    }
    state.counters["cycles"] = static_cast<double>(cycles) / sessions;
    state.counters["a_second"] = sessions / seconds(cycles);
    state.counters["bytes"] =
        static_cast<double>(napt::Bindings::bytes_for(plan_for(sessions))) / sessions;
}

// Two for each session.
void rte_hash_adds(benchmark::State& state) {
    const std::uint32_t sessions = sessions_of(state);
    const Flows& flows = Flows::of(sessions);
    const auto order = shuffled(sessions);
    std::uint64_t cycles = 0;
    while (state.KeepRunning()) {
        BareHash<napt::TupleWords> hash{2 * sessions};
        std::array<std::array<napt::TupleWords, 2>, burst_size> words;
        cycles = take_all(
            order,
            [&](const Picks& picks) {
                for (std::size_t i = 0; i < burst_size; ++i) {
                    words[i] = {
                        flows.inside()[picks[i]].words(), flows.outside()[picks[i]].words()};
                }
            },
            [&] {
                for (auto& both : words) {
                    hash.add(both[0], &both);
                    hash.add(both[1], &both);
                }
            }
        );
        state.SetIterationTime(seconds(cycles));
    }
    state.counters["cycles"] = static_cast<double>(cycles) / (2.0 * sessions);
    state.counters["a_second"] = 2.0 * sessions / seconds(cycles);
}

BENCHMARK(rte_hash_adds)->Arg(1'000'000)->UseManualTime()->Iterations(1);
BENCHMARK(set_up)->Arg(1'000'000)->UseManualTime()->Iterations(1);

}  // namespace
}  // namespace ntm::bench
