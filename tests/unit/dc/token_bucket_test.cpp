// SPDX-License-Identifier: BSD-3-Clause
#include "dc/token_bucket.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace ntm::dc {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucket, AllowsABurstAndThenTheRate) {
    TokenBucket bucket{20};
    Instant now{1000s};
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(bucket.take(now)) << i;
    }
    EXPECT_FALSE(bucket.take(now));
    EXPECT_EQ(bucket.room_at(), now + 50ms);
    EXPECT_FALSE(bucket.take(now + 49ms));
    EXPECT_TRUE(bucket.take(now + 50ms));
    EXPECT_FALSE(bucket.take(now + 50ms));
}

TEST(TokenBucket, SavesNoMoreThanItsBurst) {
    TokenBucket bucket{10, 2};
    const Instant now{1h};
    EXPECT_TRUE(bucket.take(now));
    EXPECT_TRUE(bucket.take(now));
    EXPECT_FALSE(bucket.take(now));
}

}  // namespace
}  // namespace ntm::dc
