// SPDX-License-Identifier: BSD-3-Clause
// Cycles a packet of each stage, of the pipeline with and without its look-up, of a bare MAC swap
// over the same buffers through the same mbuf glue, and of a bare rte_hash bulk look-up of the same
// keys. `bench/micro/ratios` sets them in relation. Names: what/paths/buffers/frame size.
#include "bench/micro/bare_hash.hpp"
#include "bench/micro/cycles.hpp"
#include "bench/micro/run_on_eal.hpp"
#include "bench/micro/workload.hpp"
#include "common/packet/ethernet.hpp"
#include "rs-dataplane/dpdk/mbuf_view.hpp"
#include "rs-dataplane/relay/check_leg.hpp"
#include "rs-dataplane/relay/classify.hpp"
#include "rs-dataplane/relay/count_leg.hpp"
#include "rs-dataplane/relay/find_path.hpp"
#include "rs-dataplane/relay/finish.hpp"
#include "rs-dataplane/relay/pipeline.hpp"
#include "rs-dataplane/relay/switch_tunnel.hpp"

#include <algorithm>
#include <vector>

#include <benchmark/benchmark.h>

#include <rte_mbuf.h>

namespace ntm::bench {
namespace {

constexpr std::size_t ahead = 4;  // as the worker

// What a stage gets: a burst as the glue leaves it, the frames' choices beside it.
struct Round {
    Burst burst;
    relay::Lanes lanes;
    std::span<rte_mbuf*> buffers;
    std::size_t first = 0;  // number of the first buffer
};

void receive(Round& round) noexcept {
    const auto buffers = round.buffers;
    for (std::size_t i = 0; i < std::min(ahead, buffers.size()); ++i) {
        rte_prefetch0(rte_pktmbuf_mtod(buffers[i], void*));
    }
    for (std::size_t i = 0; i < buffers.size(); ++i) {
        if (i + ahead < buffers.size()) {
            rte_prefetch0(rte_pktmbuf_mtod(buffers[i + ahead], void*));
        }
        dpdk::see_as_packet(*buffers[i], 0, round.burst.packets[i]);
    }
    round.burst.count = buffers.size();
}

void give_back(Round& round) noexcept {
    for (std::size_t i = 0; i < round.burst.count; ++i) {
        dpdk::write_back(*round.buffers[i], round.burst.packets[i]);
    }
}

// A word of each passage, as the bare look-up reads one of each entry.
void read_entries(const Round& round) noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < round.burst.count; ++i) {
        sum += round.burst.packets[i].passage->path_id.value;
    }
    benchmark::DoNotOptimize(sum);
}

class Bench {
  public:
    Bench(benchmark::State& state, Families families)
        : state_{&state},
          paths_{&Paths::of(static_cast<std::uint32_t>(state.range(0)), families)},
          frames_{
              *paths_,
              {static_cast<std::uint32_t>(state.range(1)),
               static_cast<std::uint16_t>(state.range(2))}} {}

    [[nodiscard]] Paths& paths() noexcept { return *paths_; }
    [[nodiscard]] Frames& frames() noexcept { return frames_; }

    // Burst by burst: `prepare` is not timed, `timed` is. Both get a Round. The figure is the median
    // burst's, so that an interrupt or another process on the core does not show in it.
    template <typename Prepare, typename Timed>
    void run(Prepare prepare, Timed timed) {
        std::vector<std::uint64_t> bursts;
        for (auto _ : *state_) {
            std::uint64_t cycles = 0;
            for_each_burst([&](Round& round) {
                prepare(round);
                bursts.push_back(cycles_of([&] { timed(round); }));
                cycles += bursts.back();
            });
            frames_.renew();
            state_->SetIterationTime(seconds(cycles));
        }
        state_->counters["cycles"] = median(bursts) / burst_size;
    }

    // Pass by pass over all buffers, nothing waits between bursts, as in a worker that is busy. The
    // works take turns, on fresh frames; each gets a Round. Cycles a packet of each one's median pass.
    template <typename... Works>
    std::array<double, sizeof...(Works)> run_passes(Works... works) {
        std::array<std::vector<std::uint64_t>, sizeof...(Works)> passes;
        for (auto _ : *state_) {
            std::size_t which = 0;
            std::uint64_t cycles = 0;
            (..., (cycles += time_pass(works, passes[which++])));
            state_->SetIterationTime(seconds(cycles));
        }
        std::array<double, sizeof...(Works)> figures{};
        for (std::size_t i = 0; i < figures.size(); ++i) {
            figures[i] = median(passes[i]) / static_cast<double>(frames_.buffers().size());
        }
        return figures;
    }

  private:
    template <typename Work>
    void for_each_burst(Work work) {
        const auto buffers = frames_.buffers();
        for (std::size_t first = 0; first < buffers.size(); first += burst_size) {
            round_.lanes = {};
            round_.buffers = buffers.subspan(first, burst_size);
            round_.first = first;
            work(round_);
        }
    }
    template <typename Work>
    std::uint64_t time_pass(Work work, std::vector<std::uint64_t>& passes) {
        passes.push_back(cycles_of([&] { for_each_burst(work); }));
        frames_.renew();
        return passes.back();
    }
    benchmark::State* state_;
    Paths* paths_;
    Frames frames_;
    Round round_{};
};

void bare_mac_swap(benchmark::State& state) {
    Bench bench{state, Families::ipv4_ipv4};
    const auto [cycles] = bench.run_passes([](Round& round) noexcept {
        receive(round);
        for (std::size_t i = 0; i < round.burst.count; ++i) {
            std::uint8_t* frame = round.burst.packets[i].begin;
            const auto destination = load<MacAddress>(frame);
            store(frame, load<MacAddress>(frame + 6));
            store(frame + 6, destination);
        }
        give_back(round);
    });
    state.counters["cycles"] = cycles;
}

// The whole pipeline, and what it costs without what the look-up's anchor measures (the look-up with
// a word of the entry read): passes as far as classify, as far as the look-up, and to the end.
void pipeline(benchmark::State& state, Families families) {
    Bench bench{state, families};
    relay::PathCounters* counters = bench.paths().counters();
    relay::WorkerCounters worker;
    const Secret<16> key;
    const auto reader = bench.paths().table().reader();
    relay::Pipeline pipeline{{reader, counters, &worker, &key, 1}};
    std::uint64_t relayed = 0;
    const auto [classified, found, whole] = bench.run_passes(
        [](Round& round) noexcept {
            receive(round);
            relay::classify(round.burst, round.lanes, settings());
        },
        [&](Round& round) noexcept {
            receive(round);
            relay::classify(round.burst, round.lanes, settings());
            relay::find_path(round.burst, round.lanes.tunnel, reader, counters);
            read_entries(round);
        },
        [&](Round& round) noexcept {
            receive(round);
            pipeline.run(round.burst, settings(), Instant{Duration{1}});
            give_back(round);
            relayed += round.burst.packets[0].fate == Fate::transmit ? 1U : 0U;
        }
    );
    state.counters["cycles"] = whole;
    state.counters["without_lookup"] = classified + whole - found;
    if (relayed == 0) {
        state.SkipWithError("nothing was relayed");
    }
}

// One stage alone: those before it run untimed.
enum class Stage { classify, find_path, check_leg, switch_tunnel, finish, count_leg };

void run_stage(
    Stage stage, Round& round, Bench& bench, const tables::RelayTable::Reader& reader
) noexcept {
    relay::PathCounters* counters = bench.paths().counters();
    switch (stage) {
        case Stage::classify:
            relay::classify(round.burst, round.lanes, settings());
            return;
        case Stage::find_path:
            relay::find_path(round.burst, round.lanes.tunnel, reader, counters);
            return;
        case Stage::check_leg:
            round.lanes.tunnel.apply(round.burst, relay::check_leg);
            return;
        case Stage::switch_tunnel:
            round.lanes.tunnel.apply(round.burst, [](Packet& packet) noexcept {
                return relay::switch_tunnel(packet, settings().own);
            });
            return;
        case Stage::finish:
            round.lanes.tunnel.apply(round.burst, [](Packet& packet) noexcept {
                return relay::finish(packet, settings().next_hops);
            });
            return;
        case Stage::count_leg:
            round.lanes.tunnel.apply(round.burst, [counters](Packet& packet) noexcept {
                relay::count_leg(packet, counters, 1);
                return DropReason::none;
            });
    }
}

void one_stage(benchmark::State& state, Stage timed) {
    Bench bench{state, Families::ipv4_ipv4};
    const auto reader = bench.paths().table().reader();
    bench.run(
        [&](Round& round) noexcept {
            receive(round);
            for (int stage = 0; stage < static_cast<int>(timed); ++stage) {
                run_stage(static_cast<Stage>(stage), round, bench, reader);
            }
        },
        [&](Round& round) noexcept { run_stage(timed, round, bench, reader); }
    );
}

// The look-up stage with a word of each passage read, which the bare look-up does too.
void lookup_stage(benchmark::State& state) {
    Bench bench{state, Families::ipv4_ipv4};
    const auto reader = bench.paths().table().reader();
    bench.run(
        [&](Round& round) noexcept {
            receive(round);
            relay::classify(round.burst, round.lanes, settings());
        },
        [&](Round& round) noexcept {
            relay::find_path(round.burst, round.lanes.tunnel, reader, bench.paths().counters());
            read_entries(round);
        }
    );
}

// DPDK's own: the same keys, the entry's address as the key's data.
void bare_rte_hash(benchmark::State& state) {
    Bench bench{state, Families::ipv4_ipv4};
    const Paths& paths = bench.paths();
    auto entries = tables::LargeArray<tables::RelayEntry>::map(paths.count());
    BareHash<PathId> hash{paths.count()};
    for (std::uint32_t number = 0; number < paths.count(); ++number) {
        entries[number].passages[0].path_id = paths.id(number);
        hash.add(paths.id(number), &entries[number]);
    }
    std::array<PathId, burst_size> ids;
    std::array<const void*, burst_size> keys;
    bench.run(
        [&](Round& round) noexcept {
            // The caches are as the stages before the look-up leave them.
            receive(round);
            relay::classify(round.burst, round.lanes, settings());
            for (std::size_t i = 0; i < burst_size; ++i) {
                ids[i] = bench.frames().id(round.first + i);
                keys[i] = &ids[i];
            }
        },
        [&](Round&) noexcept {
            std::array<void*, burst_size> found;
            std::uint64_t hits = 0;
            rte_hash_lookup_bulk_data(hash.get(), keys.data(), burst_size, &hits, found.data());
            std::uint64_t sum = 0;
            for (const void* entry : found) {
                sum += static_cast<const tables::RelayEntry*>(entry)->passages[0].path_id.value;
            }
            benchmark::DoNotOptimize(sum);
        }
    );
}

constexpr std::int64_t thousand = 1'000;
constexpr std::int64_t smallest = 74;  // headers and a tag
constexpr std::int64_t large = 1408;

void with_sizes(
    benchmark::internal::Benchmark* made, const std::vector<std::int64_t>& frame_sizes
) {
    made->ArgsProduct({{thousand, 64 * thousand, 1000 * thousand}, {512, 16384}, frame_sizes})
        ->UseManualTime();
}

void with_all_sizes(benchmark::internal::Benchmark* made) {
    with_sizes(made, {smallest, large});
}

void with_paths(benchmark::internal::Benchmark* made) {
    with_sizes(made, {smallest});
}

BENCHMARK(bare_mac_swap)->Apply(with_all_sizes);
BENCHMARK_CAPTURE(pipeline, 4_4, Families::ipv4_ipv4)->Apply(with_all_sizes);
BENCHMARK_CAPTURE(pipeline, 6_6, Families::ipv6_ipv6)->Apply(with_paths);
BENCHMARK_CAPTURE(pipeline, 4_6, Families::ipv4_ipv6)->Apply(with_paths);
BENCHMARK(bare_rte_hash)->Apply(with_paths);
BENCHMARK(lookup_stage)->Apply(with_paths);
BENCHMARK_CAPTURE(one_stage, classify, Stage::classify)->Apply(with_paths);
BENCHMARK_CAPTURE(one_stage, find_path, Stage::find_path)->Apply(with_paths);
BENCHMARK_CAPTURE(one_stage, check_leg, Stage::check_leg)->Apply(with_paths);
BENCHMARK_CAPTURE(one_stage, switch_tunnel, Stage::switch_tunnel)->Apply(with_paths);
BENCHMARK_CAPTURE(one_stage, finish, Stage::finish)->Apply(with_paths);
BENCHMARK_CAPTURE(one_stage, count_leg, Stage::count_leg)->Apply(with_paths);

}  // namespace
}  // namespace ntm::bench

int main(int argc, char** argv) {
    return ntm::bench::run_on_eal(argc, argv, {"ntm-bench", 700}, ntm::bench::Paths::forget_all);
}
