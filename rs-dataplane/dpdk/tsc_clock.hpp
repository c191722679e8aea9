// SPDX-License-Identifier: BSD-3-Clause
// A worker's clock: the CPU's counter, set by CLOCK_MONOTONIC some times a second, so that its
// instants are those of the control thread and reading it is no call.
#pragma once

#include "rs-dataplane/dpdk/cycle_clock.hpp"

#include <chrono>
#include <cstdint>

#include <rte_cycles.h>

namespace ntm::dpdk {

class TscClock {
  public:
    TscClock() noexcept : clock_{rte_get_tsc_hz(), rte_rdtsc(), real_now()} {}
    // `cycles` is rte_rdtsc(), never less than at the call before.
    [[nodiscard]] Instant at(std::uint64_t cycles) noexcept {
        if (clock_.is_due(cycles)) [[unlikely]] {
            set();
        }
        return clock_.at(cycles);
    }

  private:
    static Instant real_now() noexcept {
        return Instant{std::chrono::steady_clock::now().time_since_epoch()};
    }
    // An interruption between the two readings would look like a wrong frequency: the closest of
    // some pairs counts.
    void set() noexcept {
        std::uint64_t best_gap = ~std::uint64_t{0};
        std::uint64_t best_cycles = 0;
        Instant best_now;
        for (int i = 0; i < 3; ++i) {
            const std::uint64_t before = rte_rdtsc();
            const Instant now = real_now();
            const std::uint64_t gap = rte_rdtsc() - before;
            if (gap < best_gap) {
                best_gap = gap;
                best_cycles = before + gap / 2;
                best_now = now;
            }
        }
        clock_.set(best_cycles, best_now);
    }
    CycleClock clock_;
};

}  // namespace ntm::dpdk
