// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/replay_window.hpp"

#include <gtest/gtest.h>

namespace ntm::crypto {
namespace {

void take(ReplayWindow& window, std::uint64_t counter) {
    ASSERT_TRUE(window.check(counter)) << counter;
    window.update(counter);
}

TEST(ReplayWindow, TakesZeroOnce) {
    ReplayWindow window;
    take(window, 0);
    EXPECT_FALSE(window.check(0));
    EXPECT_TRUE(window.check(1));
}

// S-3.
TEST(ReplayWindow, CheckAloneTakesNothing) {
    const ReplayWindow window;
    EXPECT_TRUE(window.check(7));
    EXPECT_TRUE(window.check(7));
    EXPECT_EQ(window.next(), 0U);
}

TEST(ReplayWindow, FirstCounterMayBeAnyAndEarlierOnesInReachStayOpen) {
    ReplayWindow window;
    take(window, 5000);
    EXPECT_TRUE(window.check(4999));
    EXPECT_TRUE(window.check(5001 - ReplayWindow::size));
    EXPECT_FALSE(window.check(5000 - ReplayWindow::size));
}

// S-3.
TEST(ReplayWindow, HoldsAtLeast1024Counters) {
    static_assert(ReplayWindow::size >= 1024);
    ReplayWindow window;
    take(window, 10'000);
    for (std::uint64_t back = 1; back < ReplayWindow::size; ++back) {
        take(window, 10'000 - back);
        ASSERT_FALSE(window.check(10'000 - back));
    }
    EXPECT_FALSE(window.check(10'000 - ReplayWindow::size));
}

TEST(ReplayWindow, LeapBeyondTheRingForgetsAllBits) {
    ReplayWindow window;
    for (std::uint64_t counter = 0; counter < 2048; ++counter) {
        take(window, counter);
    }
    // A leap of whole rings lands on the same words, which must have been cleared.
    take(window, 2047 + 2048 * 5);
    EXPECT_TRUE(window.check(2046 + 2048 * 5));
    EXPECT_FALSE(window.check(2047));
}

TEST(ReplayWindow, WhenClosedItIsOpenAboveTheHighestCounterAlone) {
    for (const std::uint64_t highest : {0U, 62U, 63U, 64U, 2047U, 5000U}) {
        ReplayWindow window;
        window.close();
        EXPECT_TRUE(window.check(0)) << "nothing was taken";
        take(window, highest);
        window.close();
        for (std::uint64_t counter = 0; counter <= highest; ++counter) {
            ASSERT_FALSE(window.check(counter)) << counter << " of " << highest;
        }
        take(window, highest + 200);
        for (std::uint64_t counter = highest + 1; counter < highest + 200; ++counter) {
            take(window, counter);
            ASSERT_FALSE(window.check(counter)) << counter << " of " << highest;
        }
    }
}

TEST(ReplayWindow, ReachesTheHighestCounters) {
    ReplayWindow window;
    const std::uint64_t last = (std::uint64_t{1} << 48) - 1;
    take(window, last - 1);
    take(window, last);
    EXPECT_FALSE(window.check(last));
    EXPECT_FALSE(window.check(last - 1));
    EXPECT_TRUE(window.check(last - 2));
}

}  // namespace
}  // namespace ntm::crypto
