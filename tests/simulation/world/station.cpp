// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/station.hpp"

#include <utility>

namespace ntm::simulation {

namespace {
constexpr std::size_t socket_room = 250;  // datagrams
}

Station::Station(std::string name, Surroundings surroundings)
    : world_{surroundings},
      name_{std::move(name)},
      host_{world_.network.add_host(name_, [this](const Datagram& datagram) { take(datagram); })} {}

void Station::take(const Datagram& datagram) {
    if (!is_frozen_) {
        run([&](Instant at) { receive(datagram, at); });
    } else if (waiting_.size() < socket_room) {
        waiting_.push_back(datagram);
    }
}

void Station::thaw(bool are_timers_first) {
    if (!is_frozen_) {
        return;
    }
    is_frozen_ = false;
    handle_thaw();
    if (are_timers_first) {
        run([this](Instant at) { handle_timeout(at); });
    }
    const std::deque<Datagram> waiting = std::exchange(waiting_, {});
    for (const Datagram& datagram : waiting) {
        run([&](Instant at) { receive(datagram, at); });
    }
    run([this](Instant at) { handle_timeout(at); });
}

void Station::forget_inputs() noexcept {
    ++timeout_number_;
    is_frozen_ = false;
    waiting_.clear();
}

void Station::run(const std::function<void(Instant)>& input) {
    if (!is_running() || is_frozen_) {
        return;
    }
    input(now());
    collect_output();
    enter_timeout();
}

void Station::enter_timeout() {
    ++timeout_number_;
    const Instant next = next_timeout();
    if (next == Instant::never()) {
        return;
    }
    const std::uint64_t number = timeout_number_;
    world_.events.at(next, [this, number] { wake(number); });
}

void Station::wake(std::uint64_t number) {
    if (number != timeout_number_ || is_frozen_) {
        return;  // something happened in between, and another time-out was entered
    }
    // A brain whose time-out never leaves the present would stop the clock.
    wakes_at_once_ = last_wake_ == now() ? wakes_at_once_ + 1 : 0;
    last_wake_ = now();
    if (wakes_at_once_ > 100) {
        breach("asks to be woken at once, again and again");
        return;
    }
    run([this](Instant at) { handle_timeout(at); });
}

}  // namespace ntm::simulation
