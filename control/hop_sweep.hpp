// SPDX-License-Identifier: BSD-3-Clause
// Leads a sweep of the next hops' numbers (HopNumbers): a walk of the director over all paths, then
// settings without the hops that nobody asked for, then a grace period, then they are free. When
// settings without a hop are out and the table has no change to come, what still names that hop's
// number is older than the grace period, so its number means nothing to anybody at the end of it.
#pragma once

#include "common/base/time.hpp"
#include "control/hop_numbers.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace ntm::control {

class HopSweep {
  public:
    struct Hooks {
        std::function<void()> walk;            // begins a walk over all paths
        std::function<void()> publish;         // settings by the next hops of this moment
        std::function<std::uint64_t()> start;  // tables::GracePeriod's calls
        std::function<bool(std::uint64_t)> has_ended;
        std::function<void(const Neighbour&)> forget;  // the kernel need not keep it
    };
    // A walk over many paths is work: not more often than this.
    static constexpr Duration interval = std::chrono::seconds{10};

    HopSweep(HopNumbers& numbers, Hooks hooks) : numbers_{&numbers}, hooks_{std::move(hooks)} {}

    // About once a second: begins a sweep when it is worth it.
    void look(Instant now);
    // In each turn. `is_settled`: no walk is under way and no change waits for the table.
    void go_on(bool is_settled);

  private:
    enum class Phase : std::uint8_t { idle, walking, grace };
    HopNumbers* numbers_;
    Hooks hooks_;
    Phase phase_ = Phase::idle;
    std::uint64_t token_ = 0;
    std::optional<Instant> begun_;
};

}  // namespace ntm::control
