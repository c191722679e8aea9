// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/rate_limit.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace ntm {
namespace {

using std::chrono::milliseconds;

Instant at_ms(std::int64_t after) {
    return Instant{std::chrono::seconds{1000} + milliseconds{after}};
}

IpAddress address(const char* text) {
    return *IpAddress::parse(text);
}

TEST(TokenBucket, GivesItsBurstAndThenItsRate) {
    TokenBucket bucket;
    const Budget budget{10, 3};
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(bucket.take(budget, at_ms(0)));
    }
    EXPECT_FALSE(bucket.take(budget, at_ms(99)));
    EXPECT_TRUE(bucket.take(budget, at_ms(100)));
    EXPECT_FALSE(bucket.take(budget, at_ms(101)));
    EXPECT_TRUE(bucket.take(budget, at_ms(60'000)));
}

TEST(TokenBucket, HasItsWholeBurstAgainAfterItsTime) {
    TokenBucket bucket;
    const Budget budget{10, 40};
    for (int i = 0; i < 40; ++i) {
        EXPECT_TRUE(bucket.take(budget, at_ms(0)));
    }
    EXPECT_FALSE(bucket.take(budget, at_ms(0)));
    for (int i = 0; i < 40; ++i) {
        EXPECT_TRUE(bucket.take(budget, at_ms(4000))) << i;
    }
    EXPECT_FALSE(bucket.take(budget, at_ms(4000)));
}

TEST(TokenBucket, IsNotFooledByTimeThatStandsOrGoesBack) {
    TokenBucket bucket;
    const Budget budget{10, 1};
    EXPECT_TRUE(bucket.take(budget, at_ms(500)));
    EXPECT_FALSE(bucket.take(budget, at_ms(400)));
    EXPECT_FALSE(bucket.take(budget, at_ms(500)));
}

TEST(TokenBucket, TakesNothingFromAnEmptyBudget) {
    TokenBucket bucket;
    EXPECT_FALSE(bucket.take({0, 0}, at_ms(0)));
    EXPECT_FALSE(bucket.take({0, 0}, at_ms(100'000)));
}

TEST(TokenBucket, HoldsWithTheLargestBudget) {
    TokenBucket bucket;
    const Budget most{UINT32_MAX, UINT32_MAX};
    EXPECT_TRUE(bucket.take(most, at_ms(0)));
    EXPECT_TRUE(bucket.take(most, at_ms(1'000'000'000)));
}

TEST(TokenBucket, TakesASmallerBudgetAtOnceAndALargerOneInTime) {
    TokenBucket bucket;
    const Budget large{10, 5};
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(bucket.take(large, at_ms(0)));
    }
    EXPECT_FALSE(bucket.take({10, 1}, at_ms(99)));
    EXPECT_TRUE(bucket.take({10, 1}, at_ms(100)));
    EXPECT_TRUE(bucket.take(large, at_ms(200)));
}

TEST(SourceBuckets, CountAnIpv6NetworkAsOne) {
    SourceBuckets<4096> limiter{99};
    const Budget one{1, 1};
    EXPECT_TRUE(limiter.take(address("2001:db8:1:2::1"), one, at_ms(0)));
    EXPECT_FALSE(limiter.take(address("2001:db8:1:2:ffff::9"), one, at_ms(0)));
    EXPECT_TRUE(limiter.take(address("2001:db8:1:3::1"), one, at_ms(0)));
    EXPECT_TRUE(limiter.take(address("192.0.2.1"), one, at_ms(0)));
    EXPECT_FALSE(limiter.take(address("192.0.2.1"), one, at_ms(0)));
}

// S-6.
TEST(SourceBuckets, WhoeverKnowsOneSeedStarvesNobodyUnderAnother) {
    constexpr std::size_t buckets = 256;
    const IpAddress victim = address("203.0.113.1");
    std::vector<IpAddress> colliding;
    for (std::uint32_t i = 0; i < 40'000; ++i) {
        const IpAddress source{Ipv4Address::from_host(0x0b000000 + i)};
        SourceBuckets<buckets> probed{1};
        EXPECT_TRUE(probed.take(victim, {1, 1}, at_ms(0)));
        if (!probed.take(source, {1, 1}, at_ms(0))) {
            colliding.push_back(source);
        }
    }
    ASSERT_GT(colliding.size(), 100U);
    const auto is_served = [&](std::uint64_t seed) {
        const Budget budget{1, 10};
        SourceBuckets<buckets> flooded{seed};
        for (const IpAddress& source : colliding) {
            static_cast<void>(flooded.take(source, budget, at_ms(0)));
        }
        return flooded.take(victim, budget, at_ms(0));
    };
    EXPECT_FALSE(is_served(1));
    for (std::uint64_t seed = 2; seed < 1000; ++seed) {
        EXPECT_TRUE(is_served(seed)) << seed;
    }
}

}  // namespace
}  // namespace ntm
