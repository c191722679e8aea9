// SPDX-License-Identifier: BSD-3-Clause
// The simulation's clock and its list of things to come. Time jumps from event to event; events of
// the same instant run in the order in which they were entered, so a run is the same every time.
#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace ntm::simulation {

class EventQueue {
  public:
    using Action = std::function<void()>;

    [[nodiscard]] Instant now() const noexcept { return now_; }
    // What lies in the past happens now.
    void at(Instant when, Action action) {
        events_.push_back({std::max(when, now_), next_number_++, std::move(action)});
        std::ranges::push_heap(events_, is_later);
    }
    void in(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

    // Runs the next event if it is not later than `until`.
    bool step(Instant until) {
        if (events_.empty() || events_.front().when > until) {
            return false;
        }
        std::ranges::pop_heap(events_, is_later);
        const Event event = std::move(events_.back());
        events_.pop_back();
        now_ = event.when;
        event.action();
        return true;
    }
    void run_until(Instant until) {
        while (step(until)) {
        }
        now_ = std::max(now_, until);
    }

  private:
    struct Event {
        Instant when;
        std::uint64_t number;
        Action action;
    };
    [[nodiscard]] static bool is_later(const Event& a, const Event& b) noexcept {
        return a.when != b.when ? a.when > b.when : a.number > b.number;
    }

    Instant now_{std::chrono::hours{1}};  // a monotonic clock does not start at zero
    std::uint64_t next_number_ = 0;
    std::vector<Event> events_;  // a heap, the next in front
};

}  // namespace ntm::simulation
