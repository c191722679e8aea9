// SPDX-License-Identifier: BSD-3-Clause
// The anchor of RS-N: cycles a packet of IPsec-MB's AES-128-GCM alone, with as many keys in the same
// order, by schedules made beforehand (`ready`) or made of the keys in the burst (`made`).
// Names: what/sessions/bytes of text.
#include "bench/micro/random_bursts.hpp"
#include "rs-dataplane/tables/large_array.hpp"

#include <benchmark/benchmark.h>

#include <intel-ipsec-mb.h>

namespace ntm::bench {
namespace {

using Key = std::array<std::uint8_t, 16>;
enum class Way : std::uint8_t { open, seal };

class Cipher {
  public:
    Cipher() : manager_{alloc_mb_mgr(0)} { init_mb_mgr_auto(manager_, nullptr); }
    ~Cipher() { free_mb_mgr(manager_); }
    Cipher(const Cipher&) = delete;
    Cipher& operator=(const Cipher&) = delete;

    void expand(const Key& key, gcm_key_data& into) noexcept {
        IMB_AES128_GCM_PRE(manager_, key.data(), &into);
    }
    // A packet of the burst.
    void run(Way way, std::size_t at, const gcm_key_data& schedule, std::size_t size) noexcept {
        Packet& packet = packets_[at];
        std::uint8_t* text = packet.text.data();
        const auto with = way == Way::seal ? manager_->gcm128_enc : manager_->gcm128_dec;
        with(
            &schedule,
            &context_,
            text,
            text,
            size,
            packet.nonce.data(),
            packet.header.data(),
            packet.header.size(),
            packet.tag.data(),
            packet.tag.size()
        );
    }

  private:
    struct alignas(64) Packet {
        std::array<std::uint8_t, 12> nonce{};
        std::array<std::uint8_t, 16> tag{};
        std::array<std::uint8_t, 16> header{};
        std::array<std::uint8_t, 1408> text{};
    };
    IMB_MGR* manager_;
    gcm_context_data context_{};
    std::array<Packet, burst_size> packets_;
};

tables::LargeArray<Key> random_keys(std::uint32_t count) {
    SeededRandom random{5};
    auto keys = tables::LargeArray<Key>::map(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        keys[i] = random.bytes<16>();
    }
    return keys;
}

std::size_t text_size_of(const benchmark::State& state) {
    return static_cast<std::size_t>(state.range(1));
}

void ready(benchmark::State& state, Way way) {
    Cipher cipher;
    auto schedules = tables::LargeArray<gcm_key_data>::map(sessions_of(state));
    const auto keys = random_keys(sessions_of(state));
    for (std::size_t i = 0; i < keys.size(); ++i) {
        cipher.expand(keys[i], schedules[i]);
    }
    Picks drawn;
    measure_bursts(
        state,
        [&](const Picks& picks) { drawn = picks; },
        [&] {
            for (std::size_t i = 0; i < burst_size; ++i) {
                cipher.run(way, i, schedules[drawn[i]], text_size_of(state));
            }
        }
    );
}

void made(benchmark::State& state, Way way) {
    Cipher cipher;
    const auto keys = random_keys(sessions_of(state));
    gcm_key_data schedule;
    Picks drawn;
    measure_bursts(
        state,
        [&](const Picks& picks) { drawn = picks; },
        [&] {
            for (const std::uint32_t pick : drawn) {
                __builtin_prefetch(&keys[pick]);
            }
            for (std::size_t i = 0; i < burst_size; ++i) {
                cipher.expand(keys[drawn[i]], schedule);
                cipher.run(way, i, schedule, text_size_of(state));
            }
        }
    );
}

void with_sessions(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgsProduct({{1'000, 64'000, 1'000'000}, {64, 1408}})->UseManualTime();
}

BENCHMARK_CAPTURE(ready, open, Way::open)->Apply(with_sessions);
BENCHMARK_CAPTURE(ready, seal, Way::seal)->Apply(with_sessions);
BENCHMARK_CAPTURE(made, open, Way::open)->Apply(with_sessions);
BENCHMARK_CAPTURE(made, seal, Way::seal)->Apply(with_sessions);

}  // namespace
}  // namespace ntm::bench
