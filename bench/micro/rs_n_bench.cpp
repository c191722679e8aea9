// SPDX-License-Identifier: BSD-3-Clause
// Cycles a packet of RS-N with AES-128-GCM, through its stages, for bursts of paths drawn at random,
// each with a key and a session of its own. Names: what/sessions/bytes of the inner packet.
#include "bench/micro/random_bursts.hpp"
#include "bench/micro/rs_n_world.hpp"
#include "bench/micro/run_on_eal.hpp"

#include <benchmark/benchmark.h>

namespace ntm::bench {
namespace {

std::size_t inner_size_of(const benchmark::State& state) {
    return static_cast<std::size_t>(state.range(1));
}

void rs_n_out(benchmark::State& state) {
    RsNWorld& world = RsNWorld::of(sessions_of(state));
    measure_bursts(
        state,
        [&](const Picks& picks) { world.prepare_out(picks, inner_size_of(state)); },
        [&] { world.pass_out(); }
    );
    if (!world.are_all_sent()) {
        state.SkipWithError("not all were sent");
    }
}

void rs_n_in(benchmark::State& state) {
    RsNWorld& world = RsNWorld::of(sessions_of(state));
    measure_bursts(
        state,
        [&](const Picks& picks) { world.prepare_in(picks, inner_size_of(state)); },
        [&] { world.pass_in(); }
    );
    if (!world.are_all_sent()) {
        state.SkipWithError("not all were sent");
    }
}

void with_sessions(benchmark::internal::Benchmark* made) {
    made->ArgsProduct({{1'000, 64'000, 1'000'000}, {64, 1408}})->UseManualTime();
}

BENCHMARK(rs_n_out)->Apply(with_sessions);
BENCHMARK(rs_n_in)->Apply(with_sessions);

}  // namespace
}  // namespace ntm::bench

int main(int argc, char** argv) {
    return ntm::bench::run_on_eal(
        argc, argv, {"ntm-rs-n-bench", 600}, ntm::bench::RsNWorld::forget_all
    );
}
