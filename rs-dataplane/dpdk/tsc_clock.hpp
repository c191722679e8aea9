// SPDX-License-Identifier: BSD-3-Clause
// A worker's clock: the CPU's counter, set by CLOCK_MONOTONIC about once a second, so that its
// instants are those of the control thread and reading it is no call.
#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <rte_cycles.h>

namespace ntm::dpdk {

class TscClock {
  public:
    TscClock() noexcept
        : nanoseconds_per_cycle_{(1'000'000'000ULL << fraction_bits) / rte_get_tsc_hz()},
          cycles_between_settings_{rte_get_tsc_hz()} {
        set(rte_rdtsc());
    }
    // `cycles` is rte_rdtsc(), never less than at the call before.
    [[nodiscard]] Instant at(std::uint64_t cycles) noexcept {
        std::uint64_t passed = cycles - set_at_;
        if (passed > cycles_between_settings_) [[unlikely]] {
            set(cycles);
            passed = 0;
        }
        const auto since_set =
            static_cast<Duration::rep>((passed * nanoseconds_per_cycle_) >> fraction_bits);
        latest_ = std::max(latest_, base_ + Duration{since_set});
        return latest_;
    }

  private:
    // A second of cycles times this fits 64 bits.
    static constexpr unsigned fraction_bits = 30;
    void set(std::uint64_t cycles) noexcept {
        set_at_ = cycles;
        base_ = Instant{std::chrono::steady_clock::now().time_since_epoch()};
    }
    std::uint64_t nanoseconds_per_cycle_;  // fixed point
    std::uint64_t cycles_between_settings_;
    std::uint64_t set_at_ = 0;
    Instant base_;
    Instant latest_;
};

}  // namespace ntm::dpdk
