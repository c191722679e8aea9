// SPDX-License-Identifier: BSD-3-Clause
#include "dc/intake.hpp"

#include <utility>

namespace ntm::dc {

void Intake::add(Arrival arrival, Datagram datagram, Instant now) {
    switch (arrival) {
        case Arrival::refused:
            return;
        case Arrival::of_session:
            sessions_.push_back(std::move(datagram));
            return;
        case Arrival::handshake:
            return handshakes_.add(std::move(datagram), now);
        case Arrival::cookie_ask:
            return cookies_.add(std::move(datagram), now);
    }
}

std::vector<Datagram> Intake::take(Instant now) {
    std::vector<Datagram> taken;
    while (taken.size() < most_of_sessions && has_sessions()) {
        taken.push_back(std::move(sessions_.front()));
        sessions_.pop_front();
    }
    handshakes_.give_up_impatient(now);
    cookies_.give_up_impatient(now);
    const std::size_t most = has_sessions() ? most_asks_beside_sessions : most_asks;
    for (std::size_t i = 0; i < most && has_asks(); ++i) {
        const bool is_turn_of_handshakes = i % 2 == 0;
        const bool is_handshake =
            cookies_.is_empty() || (is_turn_of_handshakes && !handshakes_.is_empty());
        taken.push_back(is_handshake ? handshakes_.take_newest() : cookies_.take_newest());
    }
    return taken;
}

void Intake::Asks::add(Datagram datagram, Instant now) {
    if (waiting_.size() == capacity) {
        give_up_oldest();
    }
    waiting_.push_back({std::move(datagram), now});
}

void Intake::Asks::give_up_impatient(Instant now) {
    while (!waiting_.empty() && now - waiting_.front().came >= patience) {
        give_up_oldest();
    }
}

Datagram Intake::Asks::take_newest() {
    Datagram newest = std::move(waiting_.back().datagram);
    waiting_.pop_back();
    return newest;
}

void Intake::Asks::give_up_oldest() {
    waiting_.pop_front();
    ++given_up_;
}

}  // namespace ntm::dc
