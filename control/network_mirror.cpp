// SPDX-License-Identifier: BSD-3-Clause
#include "control/network_mirror.hpp"

#include <utility>

namespace ntm::control {

namespace {

// Asked again at once; more wait for their turn.
constexpr std::size_t most_asked_again = 256;
constexpr std::size_t most_problems_remembered = 1000;

}  // namespace

Result<Nothing, std::string> NetworkMirror::load() {
    const auto updates = requests_->dump();
    if (!updates) {
        return Unexpected{updates.error()};
    }
    mirror_.reload(*updates);
    return Nothing{};
}

RouteMirror::Effect NetworkMirror::follow() {
    const auto updates = events_.read();
    if (!updates) {
        return read_anew();
    }
    RouteMirror::Effect all;
    for (const NetlinkUpdate& update : *updates) {
        const RouteMirror::Effect one = mirror_.apply(update);
        all.are_hops_changed = all.are_hops_changed || one.are_hops_changed;
        all.are_routes_changed = all.are_routes_changed || one.are_routes_changed;
        all.is_dump_needed = all.is_dump_needed || one.is_dump_needed;
    }
    return all.is_dump_needed ? read_anew() : all;
}

RouteMirror::Effect NetworkMirror::read_anew() {
    if (const auto loaded = load(); !loaded) {
        report(loaded.error());
    }
    return {true, true};
}

void NetworkMirror::manage(const Neighbour& neighbour) {
    const auto done = requests_->manage_neighbour(neighbour.link, neighbour.address);
    if (!done) {
        report(done.error());
    }
}

void NetworkMirror::manage_new() {
    for (const Neighbour& neighbour : mirror_.numbers().take_fresh()) {
        manage(neighbour);
    }
}

void NetworkMirror::manage_unresolved() {
    const HopNumbers& numbers = mirror_.numbers();
    std::size_t asked = 0;
    for (std::size_t i = 0; i < numbers.end() && asked < most_asked_again; ++i) {
        const Hop* const hop = numbers.find(i);
        if (hop != nullptr && !mirror_.is_resolved(hop->neighbour)) {
            manage(hop->neighbour);
            ++asked;
        }
    }
}

void NetworkMirror::forget(const Neighbour& neighbour) {
    const auto done = requests_->forget_neighbour(neighbour.link, neighbour.address);
    if (!done) {
        report(done.error());
    }
}

void NetworkMirror::report(const std::string& problem) {
    if (reported_.size() < most_problems_remembered && reported_.insert(problem).second) {
        problems_.push_back(problem);
    }
}

std::vector<std::string> NetworkMirror::take_problems() {
    return std::exchange(problems_, {});
}

}  // namespace ntm::control
