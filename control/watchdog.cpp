// SPDX-License-Identifier: BSD-3-Clause
#include "control/watchdog.hpp"

#include <algorithm>

namespace ntm::control {

namespace {

// Of all buffers: below the one they are scarce, above the other there are enough again. Some that count
// as free lie in the caches of other lcores than the one that needs them.
constexpr std::uint64_t scarce_part = 8;
constexpr std::uint64_t enough_part = 4;

}  // namespace

std::vector<Watchdog::Finding> Watchdog::look() {
    std::vector<Finding> findings;
    look_at_workers(findings);
    look_at_buffers(findings);
    return findings;
}

void Watchdog::look_at_workers(std::vector<Finding>& findings) {
    pulses_.resize(observation_->worker_count());
    for (std::size_t i = 0; i < pulses_.size(); ++i) {
        Pulse& pulse = pulses_[i];
        const relay::WorkerCounters& counters = *observation_->worker(i).counters;
        const std::uint64_t turns = counters.busy_cycles.value() + counters.idle_cycles.value();
        const bool was_stuck = pulse.is_stuck();
        pulse.looks_without = turns == pulse.turns ? pulse.looks_without + 1 : 0;
        pulse.turns = turns;
        if (pulse.is_stuck() != was_stuck) {
            const auto kind = was_stuck ? Finding::Kind::goes_on : Finding::Kind::stuck;
            findings.push_back({kind, static_cast<unsigned>(i)});
        }
    }
}

void Watchdog::look_at_buffers(std::vector<Finding>& findings) {
    const relay::BufferView buffers = observation_->buffers();
    const std::uint64_t part = is_scarce_ ? enough_part : scarce_part;
    const bool has_enough = buffers.free * part >= buffers.total;
    looks_with_enough_ = has_enough ? looks_with_enough_ + 1 : 0;
    if (!is_scarce_ && !has_enough) {
        is_scarce_ = true;
        findings.push_back({Finding::Kind::buffers_scarce});
    } else if (is_scarce_ && looks_with_enough_ >= looks_at_rest) {
        is_scarce_ = false;
        findings.push_back({Finding::Kind::buffers_enough});
    }
}

std::optional<unsigned> Watchdog::stuck() const noexcept {
    const auto found = std::ranges::find_if(pulses_, &Pulse::is_stuck);
    if (found == pulses_.end()) {
        return std::nullopt;
    }
    return static_cast<unsigned>(found - pulses_.begin());
}

}  // namespace ntm::control
