// SPDX-License-Identifier: BSD-3-Clause
// Turns a CPU's cycle counter into instants of the monotonic clock. The counter's frequency is
// measured between settings, since the one that is announced may be an estimate or, in a machine
// that has moved, another machine's.
#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <cstdint>

namespace ntm::dpdk {

class CycleClock {
  public:
    // `frequency`: cycles per second as announced, to begin with.
    CycleClock(std::uint64_t frequency, std::uint64_t cycles, Instant now) noexcept
        : nanoseconds_per_cycle_{(1'000'000'000ULL << fraction_bits) / frequency},
          cycles_between_settings_{frequency / settings_per_second},
          set_at_{cycles},
          base_{now},
          latest_{now} {}

    // Whether the clock should be set, lest a wrong frequency carries it away: what it is wrong by
    // grows over a sixteenth of a second at most.
    [[nodiscard]] bool is_due(std::uint64_t cycles) const noexcept {
        return passed(cycles) > cycles_between_settings_;
    }
    // The monotonic clock says `now` when the counter says `cycles`.
    void set(std::uint64_t cycles, Instant now) noexcept {
        const std::uint64_t cycles_passed = passed(cycles);
        const auto time_passed = static_cast<std::uint64_t>((now - base_).count());
        // Over longer times the product would not fit; a machine that stood still measures nothing.
        if (cycles_passed != 0 && now > base_ && time_passed < longest_measured) {
            nanoseconds_per_cycle_ = (time_passed << fraction_bits) / cycles_passed;
        }
        set_at_ = std::max(set_at_, cycles);
        base_ = now;
    }
    // Never earlier than at the call before.
    [[nodiscard]] Instant at(std::uint64_t cycles) noexcept {
        const std::uint64_t counted = std::min(passed(cycles), 2 * cycles_between_settings_);
        const auto since_set =
            static_cast<Duration::rep>((counted * nanoseconds_per_cycle_) >> fraction_bits);
        latest_ = std::max(latest_, base_ + Duration{since_set});
        return latest_;
    }

  private:
    static constexpr unsigned fraction_bits = 30;
    static constexpr std::uint64_t settings_per_second = 16;
    static constexpr std::uint64_t longest_measured = 8'000'000'000ULL;
    // Counters of two cores may differ by a little.
    [[nodiscard]] std::uint64_t passed(std::uint64_t cycles) const noexcept {
        return cycles > set_at_ ? cycles - set_at_ : 0;
    }
    std::uint64_t nanoseconds_per_cycle_;  // fixed point
    std::uint64_t cycles_between_settings_;
    std::uint64_t set_at_;
    Instant base_;
    Instant latest_;
};

}  // namespace ntm::dpdk
