// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/station.hpp"

namespace ntm::simulation {

Station::Station(std::string name, Surroundings surroundings)
    : world_{surroundings},
      name_{std::move(name)},
      host_{world_.network.add_host(name_, [this](const Datagram& datagram) {
          run([&](Instant at) { receive(datagram, at); });
      })} {}

void Station::run(const std::function<void(Instant)>& input) {
    if (!is_running()) {
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
    if (number != timeout_number_) {
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
