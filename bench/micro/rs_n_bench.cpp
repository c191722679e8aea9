// SPDX-License-Identifier: BSD-3-Clause
// Cycles a packet of RS-N, through its stages, by AES-128-GCM and by suite 0 (plain), for bursts of paths drawn at random,
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

void out(benchmark::State& state, crypto::Suite suite) {
    RsNWorld& world = RsNWorld::of(sessions_of(state), suite);
    measure_bursts(
        state,
        [&](const Picks& picks) { world.prepare_out(picks, inner_size_of(state)); },
        [&] { world.pass_out(); }
    );
    if (!world.are_all_sent()) {
        state.SkipWithError("not all were sent");
    }
}

void in(benchmark::State& state, crypto::Suite suite) {
    RsNWorld& world = RsNWorld::of(sessions_of(state), suite);
    measure_bursts(
        state,
        [&](const Picks& picks) { world.prepare_in(picks, inner_size_of(state)); },
        [&] { world.pass_in(); }
    );
    if (!world.are_all_sent()) {
        state.SkipWithError("not all were sent");
    }
}

void rs_n_out(benchmark::State& state) {
    out(state, crypto::Suite::aes_128_gcm);
}
void rs_n_in(benchmark::State& state) {
    in(state, crypto::Suite::aes_128_gcm);
}
void rs_n_out_plain(benchmark::State& state) {
    out(state, crypto::Suite::none);
}
void rs_n_in_plain(benchmark::State& state) {
    in(state, crypto::Suite::none);
}

void with_sessions(benchmark::internal::Benchmark* made) {
    made->ArgsProduct({{1'000, 64'000, 1'000'000}, {64, 1408}})->UseManualTime();
}

BENCHMARK(rs_n_out)->Apply(with_sessions);
BENCHMARK(rs_n_in)->Apply(with_sessions);
BENCHMARK(rs_n_out_plain)->Apply(with_sessions);
BENCHMARK(rs_n_in_plain)->Apply(with_sessions);

}  // namespace
}  // namespace ntm::bench

int main(int argc, char** argv) {
    return ntm::bench::run_on_eal(
        argc, argv, {"ntm-rs-n-bench", 600}, ntm::bench::RsNWorld::forget_all
    );
}
