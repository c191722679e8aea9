// SPDX-License-Identifier: BSD-3-Clause
// Finds a worker that no longer reports quiescent states: nothing that the control thread replaces
// could be freed then, and in the end no path installed. Pure; asked about once a second.
#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace ntm::control {

class Watchdog {
  public:
    // tables::GracePeriod's calls, as functions, so that a test can play the workers.
    struct Period {
        std::function<std::uint64_t()> start;
        std::function<bool(std::uint64_t)> has_ended;
        std::function<std::optional<unsigned>(std::uint64_t)> laggard;
    };
    static constexpr Duration patience = std::chrono::seconds{2};

    explicit Watchdog(Period period) : period_{std::move(period)} {}

    struct Finding {
        std::optional<unsigned> stuck;      // for the first time
        std::optional<unsigned> recovered;  // had been stuck
    };
    [[nodiscard]] Finding look(Instant now);
    // The worker that is stuck at present.
    [[nodiscard]] std::optional<unsigned> stuck() const noexcept { return stuck_; }

  private:
    Period period_;
    std::optional<std::uint64_t> token_;
    Instant started_;
    std::optional<unsigned> stuck_;
};

}  // namespace ntm::control
