// SPDX-License-Identifier: BSD-3-Clause
// F-9: what the DC serves first when more comes than it can serve, and what it gives up.
#include "dc/intake.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace ntm::dc {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1000s};

// Its kind, and a number that tells one from another.
class Waiting : public testing::Test {
  protected:
    void add(char kind, std::uint64_t number, Instant now = start) {
        const Arrival arrival = kind == 's'   ? Arrival::of_session
                                : kind == 'h' ? Arrival::handshake
                                              : Arrival::cookie_ask;
        const std::string text = kind + std::to_string(number);
        intake_.add(arrival, {{}, {}, Bytes(text.begin(), text.end())}, now);
    }
    void add_many(const std::string& kinds, std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            for (const char kind : kinds) {
                add(kind, i);
            }
        }
    }
    std::string take(Instant now = start) {
        std::string all;
        for (const Datagram& each : intake_.take(now)) {
            all += (all.empty() ? "" : " ") + std::string{each.payload.begin(), each.payload.end()};
        }
        return all;
    }

    Intake intake_;
};

TEST_F(Waiting, SessionsAreFirstAndInOrderThenTheNewestAsksByTurns) {
    add_many("hsc", 2);
    add('h', 2);
    EXPECT_EQ(take(), "s0 s1 h2 c1 h1 c0 h0");
    EXPECT_TRUE(intake_.is_empty());
    EXPECT_EQ(take(), "");
}

TEST_F(Waiting, WhatIsRefusedTakesNoPlace) {
    intake_.add(Arrival::refused, {}, start);
    EXPECT_TRUE(intake_.is_empty());
}

TEST_F(Waiting, SessionsWaitForFewAsksAndShutNoneOut) {
    add_many("shc", 300);
    for (std::uint64_t turn = 0; turn < 4; ++turn) {
        const std::string taken = take();
        const std::string first = "s" + std::to_string(turn * Intake::most_of_sessions);
        EXPECT_EQ(taken.substr(0, first.size()), first);
        EXPECT_EQ(std::ranges::count(taken, 's'), 64);
        EXPECT_EQ(std::ranges::count(taken, 'h'), 2);
        EXPECT_EQ(std::ranges::count(taken, 'c'), 2);
    }
    const std::string last = take();
    EXPECT_EQ(std::ranges::count(last, 's'), 300 - 4 * 64);
    EXPECT_EQ(std::ranges::count(last, 'h'), 16);
    EXPECT_EQ(std::ranges::count(last, 'c'), 16);
}

TEST_F(Waiting, OneKindOfAsksHasAllPlacesThatTheOtherLeaves) {
    add_many("h", 40);
    add('c', 0);
    const std::string taken = take();
    EXPECT_EQ(std::ranges::count(taken, 'h'), 31);
    EXPECT_EQ(std::ranges::count(taken, 'c'), 1);
}

TEST_F(Waiting, AnAskIsGivenUpWhenItsSenderRepeatsItAndASessionsNever) {
    add_many("shc", 1);
    add('h', 1, start + 1ms);
    EXPECT_EQ(take(start + Intake::patience), "s0 h1");
    EXPECT_EQ(intake_.counters().handshakes_given_up, 1U);
    EXPECT_EQ(intake_.counters().cookies_given_up, 1U);
    add('s', 1);
    EXPECT_EQ(take(start + 1h), "s1");
}

TEST_F(Waiting, TheNewestAsksAreKept) {
    add_many("hc", Intake::capacity + 2);
    EXPECT_EQ(intake_.counters().handshakes_given_up, 2U);
    EXPECT_EQ(intake_.counters().cookies_given_up, 2U);
    const std::string newest = std::to_string(Intake::capacity + 1);
    EXPECT_EQ(take().find("h" + newest + " c" + newest), 0U);
    EXPECT_FALSE(intake_.is_full());
}

TEST_F(Waiting, NothingIsReadWhileTooMuchOfSessionsWaits) {
    add_many("s", Intake::capacity - 1);
    EXPECT_FALSE(intake_.is_full());
    add('s', Intake::capacity);
    EXPECT_TRUE(intake_.is_full());
    static_cast<void>(take());
    EXPECT_FALSE(intake_.is_full());
}

// Of what comes at twice the rate that is served, whoever comes is served within the patience or never,
// and as many are served as ever.
TEST_F(Waiting, WhatCanBeServedInTimeIsServedUnderLoad) {
    std::uint64_t number = 0;
    std::uint64_t served = 0;
    for (Instant now = start; now < start + 10s; now = now + 10ms) {
        for (std::size_t i = 0; i < 2 * Intake::most_asks; ++i) {
            add('h', number++, now);
        }
        for (const Datagram& each : intake_.take(now)) {
            const std::string text{each.payload.begin() + 1, each.payload.end()};
            EXPECT_LE(number - std::stoull(text), Intake::most_asks * 200);
            ++served;
        }
    }
    EXPECT_EQ(served, 1000 * Intake::most_asks);
}

}  // namespace
}  // namespace ntm::dc
