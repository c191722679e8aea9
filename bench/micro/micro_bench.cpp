// SPDX-License-Identifier: BSD-3-Clause
// Cycles a packet of each stage, of the pipeline with and without its look-up, of a bare MAC swap
// over the same buffers through the same mbuf glue, and of a bare rte_hash bulk look-up of the same
// keys. `bench/micro/ratios` sets them in relation. Names: what/paths/buffers/frame size.
#include "bench/micro/workload.hpp"
#include "common/packet/ethernet.hpp"
#include "rs-dataplane/dpdk/eal.hpp"
#include "rs-dataplane/dpdk/mbuf_view.hpp"
#include "rs-dataplane/relay/check_leg.hpp"
#include "rs-dataplane/relay/classify.hpp"
#include "rs-dataplane/relay/count_leg.hpp"
#include "rs-dataplane/relay/find_path.hpp"
#include "rs-dataplane/relay/finish.hpp"
#include "rs-dataplane/relay/pipeline.hpp"
#include "rs-dataplane/relay/switch_tunnel.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <benchmark/benchmark.h>

#include <rte_cycles.h>
#include <rte_hash.h>
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
    std::uint64_t untimed = 0;

    // Runs `work` with the clock stopped.
    template <typename Work>
    void stop_clock_for(Work work) noexcept {
        const std::uint64_t begun = rte_rdtsc_precise();
        work();
        untimed += rte_rdtsc_precise() - begun;
    }
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

    // `prepare` is not timed, `timed` is; both get a Round. The figure is the median burst's, so
    // that an interrupt or another process on the core does not show in it.
    template <typename Prepare, typename Timed>
    void run(Prepare prepare, Timed timed) {
        std::vector<std::uint64_t> bursts;
        const auto buffers = frames_.buffers();
        for (auto _ : *state_) {
            std::uint64_t cycles = 0;
            for (std::size_t first = 0; first < buffers.size(); first += burst_size) {
                round_.lanes = {};
                round_.buffers = buffers.subspan(first, burst_size);
                round_.first = first;
                prepare(round_);
                round_.untimed = 0;
                const std::uint64_t begun = rte_rdtsc_precise();
                timed(round_);
                const std::uint64_t whole = rte_rdtsc_precise() - begun - overhead();
                bursts.push_back(whole - round_.untimed);
                cycles += bursts.back();
            }
            frames_.renew();
            state_->SetIterationTime(
                static_cast<double>(cycles) / static_cast<double>(rte_get_tsc_hz())
            );
        }
        const auto middle = bursts.begin() + static_cast<std::ptrdiff_t>(bursts.size() / 2);
        std::nth_element(bursts.begin(), middle, bursts.end());
        state_->counters["cycles"] = static_cast<double>(*middle) / burst_size;
    }

  private:
    // Of one pair of time stamps.
    static std::uint64_t overhead() {
        static const std::uint64_t least = [] {
            std::uint64_t found = UINT64_MAX;
            for (int i = 0; i < 1000; ++i) {
                const std::uint64_t begun = rte_rdtsc_precise();
                found = std::min(found, rte_rdtsc_precise() - begun);
            }
            return found;
        }();
        return least;
    }
    benchmark::State* state_;
    Paths* paths_;
    Frames frames_;
    Round round_{};
};

void nothing(Round&) noexcept {}

void bare_mac_swap(benchmark::State& state) {
    Bench bench{state, Families::ipv4_ipv4};
    bench.run(nothing, [](Round& round) noexcept {
        receive(round);
        for (std::size_t i = 0; i < round.burst.count; ++i) {
            std::uint8_t* frame = round.burst.packets[i].begin;
            const auto destination = load<MacAddress>(frame);
            store(frame, load<MacAddress>(frame + 6));
            store(frame + 6, destination);
        }
        give_back(round);
    });
}

// The whole pipeline but what the look-up's anchor measures: the look-up with the entry read.
void without_lookup(benchmark::State& state, Families families) {
    Bench bench{state, families};
    relay::PathCounters* counters = bench.paths().counters();
    relay::WorkerCounters worker;
    const Secret<16> key;
    const auto reader = bench.paths().table().reader();
    relay::Pipeline pipeline{{reader, counters, &worker, &key, 1}};
    bench.run(nothing, [&](Round& round) noexcept {
        receive(round);
        relay::classify(round.burst, round.lanes, settings());
        round.stop_clock_for([&]() noexcept {
            relay::find_path(round.burst, round.lanes.tunnel, reader, counters);
            read_entries(round);
        });
        pipeline.relay_all(round.burst, round.lanes.tunnel, settings(), 1);
        give_back(round);
    });
}

void whole_pipeline(benchmark::State& state, Families families) {
    Bench bench{state, families};
    relay::WorkerCounters worker;
    const Secret<16> key;
    relay::Pipeline pipeline{
        {bench.paths().table().reader(), bench.paths().counters(), &worker, &key, 1}};
    std::uint64_t relayed = 0;
    bench.run(nothing, [&](Round& round) noexcept {
        receive(round);
        pipeline.run(round.burst, settings(), Instant{Duration{1}});
        give_back(round);
        relayed += round.burst.packets[0].fate == Fate::transmit ? 1U : 0U;
    });
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
                return relay::switch_tunnel(packet, settings());
            });
            return;
        case Stage::finish:
            round.lanes.tunnel.apply(round.burst, [](Packet& packet) noexcept {
                return relay::finish(packet, settings());
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

// DPDK's own: the same keys and flags, its default hash, the entry's address as the key's data.
class BareHash {
  public:
    explicit BareHash(Paths& paths) {
        rte_hash_parameters parameters{};
        parameters.name = "bare";
        parameters.entries = paths.count() + std::max(1024U, paths.count() / 16);
        parameters.key_len = sizeof(PathId);
        parameters.extra_flag =
            RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF | RTE_HASH_EXTRA_FLAGS_EXT_TABLE;
        hash_ = rte_hash_create(&parameters);
        entries_ = tables::LargeArray<tables::RelayEntry>::map(parameters.entries);
        for (std::uint32_t number = 0; number < paths.count(); ++number) {
            const PathId id = paths.id(number);
            entries_[number].passages[0].path_id = id;
            if (rte_hash_add_key_data(hash_, &id, &entries_[number]) != 0) {
                std::exit(1);
            }
        }
    }
    ~BareHash() { rte_hash_free(hash_); }
    BareHash(const BareHash&) = delete;
    BareHash& operator=(const BareHash&) = delete;
    [[nodiscard]] const rte_hash* get() const noexcept { return hash_; }

  private:
    rte_hash* hash_;
    tables::LargeArray<tables::RelayEntry> entries_;
};

void bare_rte_hash(benchmark::State& state) {
    Bench bench{state, Families::ipv4_ipv4};
    const BareHash hash{bench.paths()};
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
BENCHMARK_CAPTURE(without_lookup, 4_4, Families::ipv4_ipv4)->Apply(with_all_sizes);
BENCHMARK_CAPTURE(without_lookup, 6_6, Families::ipv6_ipv6)->Apply(with_paths);
BENCHMARK_CAPTURE(without_lookup, 4_6, Families::ipv4_ipv6)->Apply(with_paths);
BENCHMARK_CAPTURE(whole_pipeline, 4_4, Families::ipv4_ipv4)->Apply(with_all_sizes);
BENCHMARK_CAPTURE(whole_pipeline, 6_6, Families::ipv6_ipv6)->Apply(with_paths);
BENCHMARK_CAPTURE(whole_pipeline, 4_6, Families::ipv4_ipv6)->Apply(with_paths);
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
    ntm::dpdk::EalConfig config;
    config.program = argv[0];
    config.file_prefix = "ntm-bench";
    config.memory_megabytes = 700;
    config.extra_arguments = {"--no-telemetry"};
    const auto eal = ntm::dpdk::start_eal(config);
    if (!eal) {
        std::fprintf(stderr, "%s\n", eal.error().c_str());
        return 1;
    }
    benchmark::AddCustomContext("hugepages", eal->has_hugepages ? "yes" : "no");
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    ntm::bench::Paths::forget_all();
    ntm::dpdk::stop_eal();
    return 0;
}
