// SPDX-License-Identifier: BSD-3-Clause
#include "tests/link/link_settings.hpp"

#include <sstream>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::link {
namespace {

using namespace std::chrono_literals;

Result<LinkOrder, std::string> parse(const std::string& line) {
    std::istringstream stream{line};
    std::vector<std::string> words;
    for (std::string word; stream >> word;) {
        words.push_back(word);
    }
    return parse_order(words);
}

TEST(LinkSettings, NamesEachOption) {
    const auto order = parse(
        "--delay 20ms --jitter 2ms --loss 1% --reorder 0.25% --duplicate 100% --rate 100mbit "
        "--queue 50ms --only down --seed 7"
    );
    ASSERT_TRUE(order) << order.error();
    const LinkSettings& settings = order->settings;
    EXPECT_EQ(settings.delay, 20ms);
    EXPECT_EQ(settings.jitter, 2ms);
    EXPECT_EQ(settings.loss.per_million, 10'000U);
    EXPECT_EQ(settings.reorder.per_million, 2500U);
    EXPECT_EQ(settings.duplicate.per_million, 1'000'000U);
    EXPECT_EQ(settings.rate, 100'000'000U);
    EXPECT_EQ(settings.queue, 50ms);
    EXPECT_FALSE(order->is_for_up);
    EXPECT_TRUE(order->is_for_down);
    EXPECT_EQ(order->seed, 7U);
}

TEST(LinkSettings, WhatIsNotNamedIsOffInBothDirections) {
    const auto order = parse("--loss 0.0001%");
    ASSERT_TRUE(order) << order.error();
    EXPECT_EQ(order->settings.loss.per_million, 1U);
    EXPECT_EQ(order->settings.delay, 0ms);
    EXPECT_EQ(order->settings.reorder.per_million + order->settings.duplicate.per_million, 0U);
    EXPECT_EQ(order->settings.rate, 0U);
    EXPECT_EQ(order->settings.queue, 100ms);
    EXPECT_TRUE(order->is_for_up && order->is_for_down);
    EXPECT_FALSE(order->seed);
}

TEST(LinkSettings, RefusesWhatIsNoneWithTheFormThatIs) {
    for (const auto& [line, text] : std::vector<std::pair<std::string, std::string>>{
             {"--delay 20", "'20' was given"},
             {"--delay -1ms", "20ms"},
             {"--delay 2h", "1m at most"},
             {"--delay", "nothing was given"},
             {"--loss 1", "0.01%"},
             {"--loss 101%", "100% at most"},
             {"--loss 100.0001%", "100% at most"},
             {"--loss 1.%", "0.01%"},
             {"--loss .5%", "0.01%"},
             {"--loss 0.00001%", "0.01%"},
             {"--rate 0mbit", "100mbit"},
             {"--rate 101gbit", "100gbit at most"},
             {"--rate 5", "100mbit"},
             {"--only both", "up (from the host)"},
             {"--seed x", "a whole number"},
             {"--lose 1%", "--loss"},
             {"--jitter 2ms", "at most the --delay"},
             {"--delay 1ms --jitter 2ms", "at most the --delay"},
             {"--reorder 1%", "needs a --delay"}}) {
        const auto order = parse(line);
        ASSERT_FALSE(order) << line;
        EXPECT_NE(order.error().find(text), std::string::npos) << line << ": " << order.error();
    }
}

}  // namespace
}  // namespace ntm::link
