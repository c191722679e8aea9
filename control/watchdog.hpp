// SPDX-License-Identifier: BSD-3-Clause
// Looks at the data plane ten times a second, and finds a worker that turns its loop no more (its paths
// carry nothing, and in the end none can be changed), and packet buffers that run out (ports lose what
// arrives). Counts in looks, not by a clock: a machine that has stood still accuses nobody. Pure.
#pragma once

#include "common/base/time.hpp"
#include "rs-dataplane/relay/observation.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace ntm::control {

class Watchdog {
  public:
    static constexpr Duration between_looks = std::chrono::milliseconds{100};
    // Looks without a turn: the worker is stuck.
    static constexpr unsigned patience = 5;
    // Looks with buffers enough, until they count as enough.
    static constexpr unsigned looks_at_rest = 10;

    explicit Watchdog(const relay::Observation& observation) : observation_{&observation} {}

    // What has changed since the last look.
    struct Finding {
        enum class Kind : std::uint8_t { stuck, goes_on, buffers_scarce, buffers_enough };
        Kind kind;
        unsigned worker = 0;  // of stuck and goes_on
    };
    [[nodiscard]] std::vector<Finding> look();
    // The first worker that is stuck at present.
    [[nodiscard]] std::optional<unsigned> stuck() const noexcept;

  private:
    struct Pulse {
        std::uint64_t turns = 0;  // any number that grows with each turn
        unsigned looks_without = 0;
        [[nodiscard]] bool is_stuck() const noexcept { return looks_without >= patience; }
    };
    void look_at_workers(std::vector<Finding>& findings);
    void look_at_buffers(std::vector<Finding>& findings);

    const relay::Observation* observation_;
    std::vector<Pulse> pulses_;  // by worker
    bool is_scarce_ = false;
    unsigned looks_with_enough_ = 0;
};

}  // namespace ntm::control
