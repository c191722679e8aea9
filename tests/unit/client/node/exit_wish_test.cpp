// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/exit_wish.hpp"

#include <gtest/gtest.h>

namespace ntm::client {
namespace {

using std::chrono::seconds;

constexpr Instant start{seconds{1000}};

TEST(ExitWish, asks_for_nothing_unless_wanted) {
    ExitWish wish{false};
    wish.miss(start);
    EXPECT_EQ(wish.next_timeout(), Instant::never());
}

TEST(ExitWish, asks_at_once_and_one_at_a_time) {
    ExitWish wish{true};
    EXPECT_EQ(wish.next_timeout(), Instant::never()) << "nothing is known yet";
    wish.miss(start);
    EXPECT_EQ(wish.next_timeout(), start);
    wish.asked();
    wish.miss(start);
    EXPECT_EQ(wish.next_timeout(), Instant::never());
}

TEST(ExitWish, waits_longer_after_each_refusal_up_to_a_minute) {
    ExitWish wish{true};
    Instant now = start;
    for (const int wait : {5, 10, 20, 40, 60, 60}) {
        wish.asked();
        wish.refused(now);
        wish.miss(now);
        EXPECT_EQ(wish.next_timeout(), now + seconds{wait});
        now = wish.next_timeout();
    }
    wish.asked();
    wish.fulfilled();
    EXPECT_EQ(wish.next_timeout(), Instant::never());
    wish.miss(now);
    EXPECT_EQ(wish.next_timeout(), now) << "when it has gone";
    wish.asked();
    wish.refused(now);
    EXPECT_EQ(wish.next_timeout(), now + seconds{5}) << "from the beginning";
}

}  // namespace
}  // namespace ntm::client
