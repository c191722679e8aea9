// SPDX-License-Identifier: BSD-3-Clause
#include "control/watchdog.hpp"

#include <gtest/gtest.h>

namespace ntm::control {

namespace {

using std::chrono::seconds;

// F-13.
TEST(Watchdog, NamesAStuckWorkerOnceAndSaysWhenItGoesOn) {
    std::uint64_t token = 0;
    bool is_stuck = false;
    Watchdog watchdog{
        {[&] { return ++token; },
         [&](std::uint64_t) { return !is_stuck; },
         [&](std::uint64_t) {
             return std::optional<unsigned>{3};
         }}};
    Instant now;
    for (int i = 0; i < 5; ++i) {
        now += seconds{1};
        const auto finding = watchdog.look(now);
        EXPECT_FALSE(finding.stuck || finding.recovered);
    }
    is_stuck = true;
    now += seconds{1};
    EXPECT_FALSE(watchdog.look(now).stuck);
    now += seconds{1};
    EXPECT_EQ(watchdog.look(now).stuck, 3U);
    EXPECT_EQ(watchdog.stuck(), 3U);
    now += seconds{1};
    EXPECT_FALSE(watchdog.look(now).stuck);
    is_stuck = false;
    now += seconds{1};
    EXPECT_EQ(watchdog.look(now).recovered, 3U);
    EXPECT_FALSE(watchdog.stuck());
}

}  // namespace

}  // namespace ntm::control
