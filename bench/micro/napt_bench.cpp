// SPDX-License-Identifier: BSD-3-Clause
// Cycles a packet of the NAPT, both ways, for bursts of sessions drawn at random: the bindings alone,
// and with the packet parsed and rewritten. Beside them DPDK's rte_hash bulk look-up of the same tuples
// with a word of each session's line read. Names: what/sessions.
#include "bench/micro/bare_hash.hpp"
#include "bench/micro/napt_flows.hpp"

#include <benchmark/benchmark.h>

namespace ntm::bench {
namespace {

// As a stage goes about it: all indexes, then all sessions, then one packet after the other.
template <typename Tuple>
void look_up(napt::Bindings& bindings, const Tuples<Tuple>& tuples, Lookups<Tuple>& lookups) {
    for (std::size_t i = 0; i < burst_size; ++i) {
        lookups[i] = bindings.lookup(tuples[i]);
        bindings.prefetch_index(lookups[i]);
    }
    for (const auto& lookup : lookups) {
        bindings.prefetch_session(lookup);
    }
}

template <typename Tuple>
Tuples<Tuple> pick(const std::vector<Tuple>& from, const Picks& picks) {
    Tuples<Tuple> tuples;
    for (std::size_t i = 0; i < burst_size; ++i) {
        tuples[i] = from[picks[i]];
    }
    return tuples;
}

void outbound(benchmark::State& state) {
    Flows& flows = Flows::of(sessions_of(state));
    Tuples<napt::InsideTuple> tuples;
    Lookups<napt::InsideTuple> lookups;
    std::array<napt::Path, burst_size> paths;
    measure_bursts(
        state,
        [&](const Picks& picks) {
            tuples = pick(flows.inside(), picks);
            for (std::size_t i = 0; i < burst_size; ++i) {
                paths[i] = Flows::path(picks[i]);
            }
        },
        [&] {
            look_up(flows.bindings(), tuples, lookups);
            std::uint32_t sum = 0;
            for (std::size_t i = 0; i < burst_size; ++i) {
                sum += flows.bindings().outbound(lookups[i], paths[i], {}, now)->port;
            }
            benchmark::DoNotOptimize(sum);
        }
    );
}

void inbound(benchmark::State& state) {
    Flows& flows = Flows::of(sessions_of(state));
    Tuples<napt::OutsideTuple> tuples;
    Lookups<napt::OutsideTuple> lookups;
    measure_bursts(
        state,
        [&](const Picks& picks) { tuples = pick(flows.outside(), picks); },
        [&] {
            look_up(flows.bindings(), tuples, lookups);
            std::uint32_t sum = 0;
            for (const auto& lookup : lookups) {
                sum += flows.bindings().inbound(lookup, {}, now)->port;
            }
            benchmark::DoNotOptimize(sum);
        }
    );
}

void send_out(benchmark::State& state) {
    Flows& flows = Flows::of(sessions_of(state));
    OutboundBurst burst{flows.bindings()};
    measure_bursts(
        state,
        [&](const Picks& picks) { burst.prepare(flows, picks); },
        [&] { benchmark::DoNotOptimize(burst.send()); }
    );
}

void bring_in(benchmark::State& state) {
    Flows& flows = Flows::of(sessions_of(state));
    napt::Napt napt{flows.bindings(), public_addresses()};
    Packets packets;
    std::array<napt::Path, burst_size> paths;
    std::array<napt::InnerPacket, burst_size> parsed;
    Lookups<napt::OutsideTuple> lookups;
    measure_bursts(
        state,
        [&](const Picks& picks) {
            for (std::size_t i = 0; i < burst_size; ++i) {
                paths[i] = Flows::path(picks[i]);
                packets.write_in(i, flows.outside()[picks[i]]);
            }
        },
        [&] {
            for (std::size_t i = 0; i < burst_size; ++i) {
                static_cast<void>(parsed[i].read(packets.bytes(i)));
                lookups[i] = *napt.lookup_in(parsed[i]);
                flows.bindings().prefetch_index(lookups[i]);
            }
            for (const auto& lookup : lookups) {
                flows.bindings().prefetch_session(lookup);
            }
            for (std::size_t i = 0; i < burst_size; ++i) {
                const auto found = napt.find_receiver(parsed[i], lookups[i], now);
                napt::Napt::bring_in(
                    parsed[i], {napt::PaddedAddress{10}, found->port, paths[i], {}}
                );
            }
        }
    );
}

// DPDK's own: the same tuples as keys.
void bare_rte_hash(benchmark::State& state) {
    const Flows& flows = Flows::of(sessions_of(state));
    auto sessions = tables::LargeArray<napt::Session>::map(flows.inside().size());
    BareHash<napt::TupleWords> hash{sessions_of(state)};
    for (std::size_t flow = 0; flow < sessions.size(); ++flow) {
        hash.add(flows.inside()[flow].words(), &sessions[flow]);
    }
    std::array<napt::TupleWords, burst_size> words;
    std::array<const void*, burst_size> keys;
    measure_bursts(
        state,
        [&](const Picks& picks) {
            for (std::size_t i = 0; i < burst_size; ++i) {
                words[i] = flows.inside()[picks[i]].words();
                keys[i] = &words[i];
            }
        },
        [&] {
            std::array<void*, burst_size> found;
            std::uint64_t hits = 0;
            rte_hash_lookup_bulk_data(hash.get(), keys.data(), burst_size, &hits, found.data());
            std::uint32_t sum = 0;
            for (const void* session : found) {
                sum += static_cast<const napt::Session*>(session)->expires;
            }
            benchmark::DoNotOptimize(sum);
        }
    );
}

void with_sessions(benchmark::internal::Benchmark* made) {
    made->Arg(1'000)->Arg(4'000)->Arg(64'000)->Arg(1'000'000)->UseManualTime();
}

BENCHMARK(bare_rte_hash)->Apply(with_sessions);
BENCHMARK(outbound)->Apply(with_sessions);
BENCHMARK(inbound)->Apply(with_sessions);
BENCHMARK(send_out)->Apply(with_sessions);
BENCHMARK(bring_in)->Apply(with_sessions);

}  // namespace
}  // namespace ntm::bench
