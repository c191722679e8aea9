// SPDX-License-Identifier: BSD-3-Clause
// Monotonic time as a value. Nothing below main() reads a clock: the instant is an argument, so
// that tests and the simulation decide what time it is.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>

namespace ntm {

using Duration = std::chrono::nanoseconds;

// Nanoseconds since an origin that is fixed for the life of a process, never a wall clock.
class Instant {
  public:
    constexpr Instant() noexcept = default;
    explicit constexpr Instant(Duration since_origin) noexcept : since_origin_{since_origin} {}

    [[nodiscard]] constexpr Duration since_origin() const noexcept { return since_origin_; }
    // Later than every instant that a program can reach.
    [[nodiscard]] static constexpr Instant never() noexcept {
        return Instant{Duration{std::numeric_limits<Duration::rep>::max()}};
    }

    friend constexpr auto operator<=>(Instant, Instant) noexcept = default;
    friend constexpr Instant operator+(Instant at, Duration later) noexcept {
        return Instant{at.since_origin_ + later};
    }
    friend constexpr Instant operator-(Instant at, Duration earlier) noexcept {
        return Instant{at.since_origin_ - earlier};
    }
    friend constexpr Duration operator-(Instant to, Instant from) noexcept {
        return to.since_origin_ - from.since_origin_;
    }
    constexpr Instant& operator+=(Duration later) noexcept {
        since_origin_ += later;
        return *this;
    }

  private:
    Duration since_origin_{0};
};

}  // namespace ntm
