// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/cycle_clock.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace ntm::dpdk {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t true_frequency = 2'000'000'000;
const Instant start{100s};

std::uint64_t cycles_after(Duration passed) {
    return 5'000 + static_cast<std::uint64_t>(passed.count()) * 2;
}

class CycleClockTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(CycleClockTest, FollowsTheMonotonicClockWhateverFrequencyIsAnnounced) {
    CycleClock clock{GetParam(), cycles_after(0s), start};
    Instant before = start;
    Duration worst{};
    for (Duration passed = 1ms; passed < 3s; passed += 1ms) {
        const std::uint64_t cycles = cycles_after(passed);
        if (clock.is_due(cycles)) {
            clock.set(cycles, start + passed);
        }
        const Instant told = clock.at(cycles);
        EXPECT_GE(told, before);
        before = told;
        const Duration off =
            told > start + passed ? told - (start + passed) : start + passed - told;
        worst = passed > 500ms ? std::max(worst, off) : worst;
    }
    EXPECT_LT(worst, 100us);
}

INSTANTIATE_TEST_SUITE_P(
    Frequencies,
    CycleClockTest,
    testing::Values(true_frequency, true_frequency / 10 * 9, true_frequency / 10 * 11)
);

TEST(CycleClock, AnnouncedFrequencyIsNotBelievedForLong) {
    // A quarter off carries the clock away by less than what a token's check forgives.
    CycleClock clock{true_frequency / 5 * 4, cycles_after(0s), start};
    Duration passed = 1ms;
    while (!clock.is_due(cycles_after(passed))) {
        EXPECT_LT(clock.at(cycles_after(passed)) - (start + passed), 20ms);
        passed += 1ms;
    }
    EXPECT_LE(passed, 100ms);
}

TEST(CycleClock, StandsRatherThanGoingBack) {
    CycleClock clock{true_frequency, cycles_after(0s), start};
    const Instant later = clock.at(cycles_after(50ms));
    clock.set(cycles_after(60ms), start + 40ms);
    EXPECT_EQ(clock.at(cycles_after(60ms)), later);
    EXPECT_EQ(clock.at(0), later);
}

}  // namespace

}  // namespace ntm::dpdk
