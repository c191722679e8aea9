// SPDX-License-Identifier: BSD-3-Clause
// What every test of the simulation asks of its world in the end.
#pragma once

#include "tests/simulation/world/world.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::simulation {

// No rule was broken: counters balance, VIPs stand, inner packets reach their addressee unchanged
// and at most once, no (key, nonce) pair is used twice.
inline void expect_sound(const World& world) {
    const auto breaches = world.breaches();
    for (std::size_t i = 0; i < std::min<std::size_t>(breaches.size(), 5); ++i) {
        ADD_FAILURE() << breaches[i];
    }
    EXPECT_LE(breaches.size(), 5U) << "more breaches than are shown";
}

[[nodiscard]] inline double in_ms(Duration duration) {
    return static_cast<double>(duration.count()) / 1e6;
}

// How many of the ledger's `numbers` that were sent in [from, to) have not been delivered.
[[nodiscard]] inline std::size_t count_lost(
    const World& world, const std::vector<std::uint64_t>& numbers, Instant from, Instant to
) {
    return static_cast<std::size_t>(std::ranges::count_if(numbers, [&](std::uint64_t number) {
        const Ledger::Entry& entry = world.ledger.entry(number);
        return entry.sent >= from && entry.sent < to && !entry.delivered;
    }));
}

}  // namespace ntm::simulation
