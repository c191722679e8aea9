// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/rate_limit.hpp"

#include <random>
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

// Over no span of time more than its burst and what the rate brings in that span.
void expect_bounded(const Budget& budget, const std::vector<Instant>& given) {
    for (std::size_t first = 0; first < given.size(); ++first) {
        for (std::size_t last = first; last < given.size(); ++last) {
            const auto span = static_cast<std::uint64_t>((given[last] - given[first]).count());
            ASSERT_LE(last - first + 1, budget.burst + span * budget.per_second / 1'000'000'000);
        }
    }
}

TEST(TokenBucket, NeverGivesMoreThanItsBurstAndItsRate) {
    std::mt19937_64 random{1};
    for (const Budget& budget :
         {Budget{1, 1}, Budget{10, 40}, Budget{100, 50}, Budget{1000, 3}, Budget{20'000, 200}}) {
        TokenBucket bucket;
        std::vector<Instant> given;
        Instant now = at_ms(0);
        for (int i = 0; i < 3000; ++i) {
            // Crowded, as from one burst, or far apart, so that the bucket is full again.
            const std::uint64_t most = random() % 50 == 0 ? 4'000'000'000 : 1'000'000;
            now = now + Duration{static_cast<std::int64_t>(random() % most)};
            if (bucket.take(budget, now)) {
                given.push_back(now);
            }
        }
        ASSERT_GE(given.size(), std::size_t{20});
        expect_bounded(budget, given);
    }
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
