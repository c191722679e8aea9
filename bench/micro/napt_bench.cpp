// SPDX-License-Identifier: BSD-3-Clause
// Cycles a packet of the NAPT, both ways, for bursts of sessions drawn at random: the bindings alone,
// and with the packet parsed and rewritten. Beside them DPDK's rte_hash bulk look-up of the same tuples
// with a word of each session's line read. Names: what/sessions.
#include "bench/micro/run_on_eal.hpp"
#include "common/base/random.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/packet_builder.hpp"
#include "rs-dataplane/napt/napt.hpp"
#include "rs-dataplane/napt/translate.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include <rte_cycles.h>
#include <rte_hash.h>

namespace ntm::bench {
namespace {

constexpr std::size_t burst_size = 32;
constexpr std::size_t bursts_a_pass = 512;
constexpr std::uint32_t ports_a_subscriber = 256;
constexpr napt::Path path{PathId{7}, true};
const Instant now{Duration{1}};

std::vector<Ipv4Address> public_addresses() {
    std::vector<Ipv4Address> addresses;
    for (std::uint32_t i = 0; i < 16; ++i) {
        addresses.push_back(Ipv4Address::from_host(0xc0000200U + i));
    }
    return addresses;
}

// A session for each mapping: UDP from many subscribers to many general nodes.
class Flows {
  public:
    [[nodiscard]] static Flows& of(std::uint32_t count) {
        static std::map<std::uint32_t, std::unique_ptr<Flows>> made;
        auto& flows = made[count];
        if (flows == nullptr) {
            flows = std::make_unique<Flows>(count);
        }
        return *flows;
    }
    explicit Flows(std::uint32_t count)
        : bindings_{napt::Bindings::make(plan_for(count), random_)} {
        for (std::uint32_t i = 0; i < count; ++i) {
            if (i % ports_a_subscriber == 0) {
                subscriber_ = bindings_->add_subscriber({}, {}, {}).value();
            }
            add(static_cast<std::uint16_t>(1 + i % ports_a_subscriber));
        }
    }

    [[nodiscard]] napt::Bindings& bindings() noexcept { return *bindings_; }
    [[nodiscard]] const std::vector<napt::InsideTuple>& inside() const noexcept { return inside_; }
    [[nodiscard]] const std::vector<napt::OutsideTuple>& outside() const noexcept {
        return outside_;
    }

  private:
    [[nodiscard]] static napt::Bindings::Plan plan_for(std::uint32_t count) {
        napt::Bindings::Plan plan;
        plan.subscribers = count / ports_a_subscriber + 1;
        plan.mappings = plan.sessions = count;
        plan.ipv4 = {.addresses = public_addresses().size(), .blocks_each = 252, .block_size = 256};
        return plan;
    }
    void add(std::uint16_t port) {
        const Ipv4Address remote{random_.bytes<4>()};
        const napt::InsideTuple from{
            napt::PaddedAddress::of(remote),
            subscriber_,
            port,
            443,
            Family::ipv4,
            napt::Protocol::udp};
        const auto its = bindings_->outbound(bindings_->lookup(from), path, {}, now);
        if (!its) {
            std::abort();
        }
        inside_.push_back(from);
        outside_.push_back({from.remote, *its, 443, Family::ipv4, napt::Protocol::udp});
    }

    SeededRandom random_{1};
    std::unique_ptr<napt::Bindings> bindings_;
    napt::Position subscriber_ = 0;
    std::vector<napt::InsideTuple> inside_;
    std::vector<napt::OutsideTuple> outside_;
};

std::uint64_t stamps_cost() {
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

double median(std::vector<std::uint64_t>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return static_cast<double>(*middle);
}

using Picks = std::array<std::uint32_t, burst_size>;

// Burst by burst: `prepare` is not timed, `timed` is. The figure is the median burst's.
template <typename Prepare, typename Timed>
void measure(benchmark::State& state, std::uint32_t flows, Prepare prepare, Timed timed) {
    SeededRandom random{2};
    std::vector<std::uint64_t> bursts;
    for (auto _ : state) {
        std::uint64_t cycles = 0;
        for (std::size_t burst = 0; burst < bursts_a_pass; ++burst) {
            Picks picks;
            for (std::uint32_t& pick : picks) {
                pick = static_cast<std::uint32_t>(random.below(flows));
            }
            prepare(picks);
            const std::uint64_t begun = rte_rdtsc_precise();
            timed();
            bursts.push_back(rte_rdtsc_precise() - begun - stamps_cost());
            cycles += bursts.back();
        }
        state.SetIterationTime(static_cast<double>(cycles) / static_cast<double>(rte_get_tsc_hz()));
    }
    state.counters["cycles"] = median(bursts) / burst_size;
}

template <typename Tuple>
using Tuples = std::array<Tuple, burst_size>;
template <typename Tuple>
using Lookups = std::array<napt::Lookup<Tuple>, burst_size>;

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

std::uint32_t flows_of(const benchmark::State& state) {
    return static_cast<std::uint32_t>(state.range(0));
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
    Flows& flows = Flows::of(flows_of(state));
    Tuples<napt::InsideTuple> tuples;
    Lookups<napt::InsideTuple> lookups;
    measure(
        state,
        flows_of(state),
        [&](const Picks& picks) { tuples = pick(flows.inside(), picks); },
        [&] {
            look_up(flows.bindings(), tuples, lookups);
            std::uint32_t sum = 0;
            for (const auto& lookup : lookups) {
                sum += flows.bindings().outbound(lookup, path, {}, now)->port;
            }
            benchmark::DoNotOptimize(sum);
        }
    );
}

void inbound(benchmark::State& state) {
    Flows& flows = Flows::of(flows_of(state));
    Tuples<napt::OutsideTuple> tuples;
    Lookups<napt::OutsideTuple> lookups;
    measure(
        state,
        flows_of(state),
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

// UDP packets of 64 bytes, made anew for each burst.
class Packets {
  public:
    void write(std::size_t at, const napt::Ends& ends) {
        bytes_[at] = first_;
        napt::translate(napt::InnerPacket::parse(bytes_[at]).value(), ends);
    }
    [[nodiscard]] MutableByteView bytes(std::size_t at) noexcept { return bytes_[at]; }

  private:
    using Frame = std::array<std::uint8_t, 64>;
    [[nodiscard]] static Frame first_frame() {
        const Bytes bytes =
            eth().ipv4("192.0.2.1", "192.0.2.2").udp(1, 1).payload_of(64 - 28).build();
        Frame frame;
        std::copy_n(bytes.begin() + EthernetView::size, frame.size(), frame.begin());
        return frame;
    }
    Frame first_ = first_frame();
    alignas(64) std::array<Frame, burst_size> bytes_{};
};

const napt::PublicAddresses& pool() {
    static const napt::PublicAddresses addresses{public_addresses(), {}};
    return addresses;
}

void send_out(benchmark::State& state) {
    Flows& flows = Flows::of(flows_of(state));
    napt::Napt napt{flows.bindings(), pool()};
    Packets packets;
    std::array<napt::Sender, burst_size> senders;
    std::array<napt::InnerPacket, burst_size> parsed;
    Lookups<napt::InsideTuple> lookups;
    measure(
        state,
        flows_of(state),
        [&](const Picks& picks) {
            for (std::size_t i = 0; i < burst_size; ++i) {
                const napt::InsideTuple& tuple = flows.inside()[picks[i]];
                senders[i] = {tuple.subscriber, path, {}};
                packets.write(
                    i, {napt::PaddedAddress{10}, tuple.remote, tuple.inside_port, tuple.remote_port}
                );
            }
        },
        [&] {
            for (std::size_t i = 0; i < burst_size; ++i) {
                static_cast<void>(parsed[i].read(packets.bytes(i)));
                lookups[i] = napt.lookup_out(parsed[i], senders[i]);
                flows.bindings().prefetch_index(lookups[i]);
            }
            for (const auto& lookup : lookups) {
                flows.bindings().prefetch_session(lookup);
            }
            unsigned sent = 0;
            for (std::size_t i = 0; i < burst_size; ++i) {
                const DropReason reason = napt.send_out(parsed[i], lookups[i], senders[i], now);
                sent += reason == DropReason::none ? 1U : 0U;
            }
            benchmark::DoNotOptimize(sent);
        }
    );
}

void bring_in(benchmark::State& state) {
    Flows& flows = Flows::of(flows_of(state));
    napt::Napt napt{flows.bindings(), pool()};
    Packets packets;
    std::array<napt::InnerPacket, burst_size> parsed;
    Lookups<napt::OutsideTuple> lookups;
    measure(
        state,
        flows_of(state),
        [&](const Picks& picks) {
            for (std::size_t i = 0; i < burst_size; ++i) {
                const napt::OutsideTuple& tuple = flows.outside()[picks[i]];
                packets.write(
                    i,
                    {tuple.remote,
                     pool()(tuple.family, tuple.public_port.address),
                     tuple.remote_port,
                     tuple.public_port.port}
                );
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
                napt::Napt::bring_in(parsed[i], {napt::PaddedAddress{10}, found->port, path, {}});
            }
        }
    );
}

// DPDK's own: the same tuples as keys, its default hash.
class BareHash {
  public:
    explicit BareHash(const std::vector<napt::InsideTuple>& tuples) {
        rte_hash_parameters parameters{};
        parameters.name = "bare";
        parameters.entries = static_cast<std::uint32_t>(
            tuples.size() + std::max<std::size_t>(1024, tuples.size() / 16)
        );
        parameters.key_len = sizeof(napt::TupleWords);
        parameters.extra_flag =
            RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF | RTE_HASH_EXTRA_FLAGS_EXT_TABLE;
        hash_ = rte_hash_create(&parameters);
        sessions_ = tables::LargeArray<napt::Session>::map(tuples.size());
        for (std::size_t i = 0; i < tuples.size(); ++i) {
            const napt::TupleWords key = tuples[i].words();
            if (rte_hash_add_key_data(hash_, &key, &sessions_[i]) != 0) {
                std::abort();
            }
        }
    }
    ~BareHash() { rte_hash_free(hash_); }
    BareHash(const BareHash&) = delete;
    BareHash& operator=(const BareHash&) = delete;
    [[nodiscard]] const rte_hash* get() const noexcept { return hash_; }

  private:
    rte_hash* hash_;
    tables::LargeArray<napt::Session> sessions_;
};

void bare_rte_hash(benchmark::State& state) {
    Flows& flows = Flows::of(flows_of(state));
    const BareHash hash{flows.inside()};
    std::array<napt::TupleWords, burst_size> words;
    std::array<const void*, burst_size> keys;
    measure(
        state,
        flows_of(state),
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

void with_flows(benchmark::internal::Benchmark* made) {
    made->Arg(4'000)->Arg(64'000)->Arg(1'000'000)->UseManualTime();
}

BENCHMARK(bare_rte_hash)->Apply(with_flows);
BENCHMARK(outbound)->Apply(with_flows);
BENCHMARK(inbound)->Apply(with_flows);
BENCHMARK(send_out)->Apply(with_flows);
BENCHMARK(bring_in)->Apply(with_flows);

}  // namespace
}  // namespace ntm::bench

int main(int argc, char** argv) {
    return ntm::bench::run_on_eal(argc, argv, {"ntm-napt-bench", 300});
}
