// SPDX-License-Identifier: BSD-3-Clause
// What is exact in the model is exact here. Shares are compared with what a binomial distribution has
// within six standard deviations; the seed is fixed, so they pass always or never.
#include "tests/link/link_model.hpp"

#include <cmath>
#include <cstdlib>
#include <utility>

#include <gtest/gtest.h>

namespace ntm::link {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1h};

// A frame of that length, with its number at its head.
Frame frame_of(std::uint32_t number, std::size_t length = 100) {
    Frame frame(length);
    store(frame.data(), number);
    return frame;
}
std::uint32_t number_of(const Frame& frame) {
    return load<std::uint32_t>(frame.data());
}

struct Arrival {
    std::uint32_t number;
    Instant at;
};

// Everything that is on its way, each at the time when it is due.
std::vector<Arrival> all_of(LinkModel& model) {
    std::vector<Arrival> arrivals;
    while (model.due() != Instant::never()) {
        const Instant due = model.due();
        EXPECT_FALSE(model.give(due - 1ns));
        const auto frame = model.give(due);
        EXPECT_TRUE(frame);
        arrivals.push_back({number_of(*frame), due});
    }
    return arrivals;
}

LinkModel model_with(const LinkSettings& settings, std::uint64_t seed = 1) {
    return LinkModel{seed, settings};
}

void take_many(LinkModel& model, std::uint32_t count, Duration apart) {
    for (std::uint32_t number = 0; number < count; ++number) {
        model.take(frame_of(number), start + number * apart);
    }
}

void expect_share(std::uint64_t found, std::uint64_t of, double share) {
    const double mean = static_cast<double>(of) * share;
    EXPECT_NEAR(static_cast<double>(found), mean, 6 * std::sqrt(mean * (1 - share)));
}

TEST(LinkModel, WithoutSettingsIsACableWithoutLength) {
    LinkModel model{1};
    EXPECT_EQ(model.due(), Instant::never());
    model.take(frame_of(7), start);
    EXPECT_EQ(model.due(), start);
    const auto frame = model.give(start);
    ASSERT_TRUE(frame);
    EXPECT_EQ(*frame, frame_of(7));
    EXPECT_FALSE(model.give(start + 1h));
    EXPECT_EQ(model.counters().taken, 1U);
    EXPECT_EQ(model.counters().given, 1U);
}

TEST(LinkModel, DelayIsExact) {
    LinkModel model = model_with({.delay = 20ms});
    take_many(model, 100, 7us);
    const auto arrivals = all_of(model);
    ASSERT_EQ(arrivals.size(), 100U);
    for (std::uint32_t number = 0; number < 100; ++number) {
        EXPECT_EQ(arrivals[number].number, number);
        EXPECT_EQ(arrivals[number].at, start + number * 7us + 20ms);
    }
}

// Frames so far apart that none has to wait for another.
TEST(LinkModel, JitterIsEvenAroundTheDelay) {
    LinkModel model = model_with({.delay = 20ms, .jitter = 2ms});
    constexpr std::uint32_t count = 40'000;
    take_many(model, count, 10ms);
    const auto arrivals = all_of(model);
    ASSERT_EQ(arrivals.size(), count);
    std::array<std::uint64_t, 8> part{};
    for (const Arrival& arrival : arrivals) {
        const Duration off = arrival.at - (start + arrival.number * 10ms + 18ms);
        ASSERT_GE(off, 0ms);
        ASSERT_LE(off, 4ms);
        ++part[std::min<std::size_t>(static_cast<std::size_t>(off / 500us), 7)];
    }
    for (const std::uint64_t found : part) {
        expect_share(found, count, 1.0 / 8);
    }
}

TEST(LinkModel, JitterDoesNotReorder) {
    LinkModel model = model_with({.delay = 20ms, .jitter = 20ms});
    take_many(model, 1000, 100us);
    const auto arrivals = all_of(model);
    ASSERT_EQ(arrivals.size(), 1000U);
    for (std::uint32_t number = 0; number < 1000; ++number) {
        ASSERT_EQ(arrivals[number].number, number);
        ASSERT_LE(arrivals[number].at, start + number * 100us + 40ms);
    }
}

TEST(LinkModel, LosesAndDoublesAsOftenAsAsked) {
    LinkModel model = model_with({.loss = {100'000}, .duplicate = {50'000}});
    constexpr std::uint32_t count = 100'000;
    take_many(model, count, 1us);
    const auto arrivals = all_of(model);
    const LinkCounters& counters = model.counters();
    expect_share(counters.lost, count, 0.1);
    expect_share(counters.duplicated, count, 0.9 * 0.05);
    EXPECT_EQ(arrivals.size(), count - counters.lost + counters.duplicated);
    std::uint64_t doubles = 0;
    for (std::size_t i = 1; i < arrivals.size(); ++i) {
        ASSERT_LE(arrivals[i - 1].number, arrivals[i].number);
        doubles += arrivals[i - 1].number == arrivals[i].number ? 1U : 0U;
    }
    EXPECT_EQ(doubles, counters.duplicated);
}

TEST(LinkModel, AllAndNothing) {
    LinkModel all = model_with({.loss = {1'000'000}});
    LinkModel nothing = model_with({.loss = {0}});
    take_many(all, 1000, 1us);
    take_many(nothing, 1000, 1us);
    EXPECT_EQ(all.counters().lost, 1000U);
    EXPECT_EQ(nothing.counters().lost, 0U);
}

// Who overtakes comes out as soon as it is taken; the others keep their order.
TEST(LinkModel, ReordersAsOftenAsAsked) {
    LinkModel model = model_with({.delay = 20ms, .reorder = {30'000}});
    constexpr std::uint32_t count = 50'000;
    take_many(model, count, 1ms);
    const auto arrivals = all_of(model);
    ASSERT_EQ(arrivals.size(), count);
    std::uint64_t early = 0;
    std::uint32_t next = 0;
    for (const Arrival& arrival : arrivals) {
        const Duration passed = arrival.at - (start + arrival.number * 1ms);
        if (passed == 0ms) {
            ++early;
            continue;
        }
        ASSERT_EQ(passed, 20ms);
        ASSERT_GE(arrival.number, next);
        next = arrival.number;
    }
    EXPECT_EQ(early, model.counters().reordered);
    expect_share(early, count, 0.03);
}

// 1250 bytes at 10 Mbit/s take a millisecond.
TEST(LinkModel, RateSpacesFrames) {
    LinkModel model = model_with({.delay = 5ms, .rate = 10'000'000});
    for (std::uint32_t number = 0; number < 50; ++number) {
        model.take(frame_of(number, 1250), start);
    }
    // After a pause the line is idle, and nothing has been saved up.
    model.take(frame_of(50, 1250), start + 1s);
    model.take(frame_of(51, 1250), start + 1s);
    const auto arrivals = all_of(model);
    ASSERT_EQ(arrivals.size(), 52U);
    for (std::uint32_t number = 0; number < 50; ++number) {
        EXPECT_EQ(arrivals[number].at, start + (number + 1) * 1ms + 5ms);
    }
    EXPECT_EQ(arrivals[50].at, start + 1s + 1ms + 5ms);
    EXPECT_EQ(arrivals[51].at, start + 1s + 2ms + 5ms);
}

TEST(LinkModel, IsNeverFasterThanItsRate) {
    LinkModel model = model_with({.rate = 3'000'000'000, .queue = 1min});
    for (std::uint32_t number = 0; number < 3000; ++number) {
        model.take(frame_of(number, 125), start);  // a third of a microsecond each
    }
    EXPECT_GE(all_of(model).back().at, start + 1ms);
}

TEST(LinkModel, QueueEndsAtItsTime) {
    LinkModel model = model_with({.rate = 10'000'000, .queue = 10ms});
    for (std::uint32_t number = 0; number < 50; ++number) {
        model.take(frame_of(number, 1250), start);
    }
    // One is being sent, ten wait up to 10 ms.
    EXPECT_EQ(model.counters().overflowed, 39U);
    // What does not fit takes no time of the line: a millisecond later there is room for one more.
    model.take(frame_of(90, 1250), start + 1ms);
    model.take(frame_of(91, 1250), start + 1ms);
    EXPECT_EQ(model.counters().overflowed, 40U);
    const auto arrivals = all_of(model);
    ASSERT_EQ(arrivals.size(), 12U);
    EXPECT_EQ(arrivals.back().number, 90U);
    EXPECT_EQ(arrivals.back().at, start + 12ms);
}

// On a wire it is sent and does not come: its time is gone.
TEST(LinkModel, WhatIsLostHasTakenItsTimeOfTheLine) {
    LinkModel model = model_with({.loss = {1'000'000}, .rate = 10'000'000});
    model.take(frame_of(0, 1250), start);
    model.set({.rate = 10'000'000});
    model.take(frame_of(1, 1250), start);
    EXPECT_EQ(model.due(), start + 2ms);
}

TEST(LinkModel, ChangeOfSettingsLosesAndReordersNothing) {
    LinkModel model = model_with({.delay = 50ms, .rate = 10'000'000});
    model.take(frame_of(0, 1250), start);
    model.take(frame_of(1, 1250), start);
    model.set({.delay = 1ms});
    model.take(frame_of(2), start + 1ms);
    model.take(frame_of(3), start + 60ms);
    model.set({});
    model.take(frame_of(4), start + 60ms);
    const auto arrivals = all_of(model);
    ASSERT_EQ(arrivals.size(), 5U);
    const std::array<Duration, 5> due{51ms, 52ms, 52ms, 61ms, 61ms};
    for (std::uint32_t number = 0; number < 5; ++number) {
        EXPECT_EQ(arrivals[number].number, number);
        EXPECT_EQ(arrivals[number].at, start + due[number]);
    }
}

std::vector<std::uint32_t> survivors(LinkModel& model) {
    take_many(model, 1000, 1ms);
    std::vector<std::uint32_t> numbers;
    for (const Arrival& arrival : all_of(model)) {
        numbers.push_back(arrival.number);
    }
    return numbers;
}

TEST(LinkModel, SeedDecidesWhichAreLost) {
    LinkModel one = model_with({.loss = {100'000}}, 7);
    LinkModel same = model_with({.loss = {100'000}}, 7);
    LinkModel other = model_with({.loss = {100'000}}, 8);
    // Neither a delay nor its jitter changes who is lost.
    LinkModel slow = model_with({.delay = 20ms, .jitter = 2ms, .loss = {100'000}}, 7);
    const auto found = survivors(one);
    EXPECT_EQ(found, survivors(same));
    EXPECT_EQ(found, survivors(slow));
    EXPECT_NE(found, survivors(other));
    EXPECT_NE(found, survivors(one));
    one.seed(7);
    EXPECT_EQ(found, survivors(one));
}

TEST(LinkModel, HoldsNoMoreThanItsBound) {
    LinkModel model = model_with({.delay = 1min});
    constexpr std::size_t length = std::size_t{1} << 20;
    constexpr std::size_t most = LinkModel::most_bytes_held / length;
    for (std::uint32_t number = 0; number < most + 10; ++number) {
        model.take(frame_of(number, length), start);
    }
    EXPECT_LE(model.held(), most);
    EXPECT_EQ(model.counters().overflowed, most + 10 - model.held());
    while (model.give(start + 1min)) {
    }
    model.take(frame_of(0, length), start + 1min);
    EXPECT_EQ(model.held(), 1U);
}

}  // namespace
}  // namespace ntm::link
