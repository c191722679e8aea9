// SPDX-License-Identifier: BSD-3-Clause
// HopNumbers and HopSweep together, with a director, a table and workers that the test plays.
#include "control/hop_sweep.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::control {

namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

Hop hop(int number, std::uint32_t mtu = 0) {
    return {{5, *IpAddress::parse("198.51.100." + std::to_string(number))}, mtu};
}
Neighbour station(int number) {
    return hop(number).neighbour;
}

class HopSweepTest : public testing::Test {
  protected:
    HopSweepTest()
        : sweep{
              numbers,
              {[this] { ++walks; },
               [this] {
                   for (std::size_t number = 0; number < numbers.end(); ++number) {
                       published[number] = numbers.find(number) != nullptr;
                   }
                   steps += "publish ";
               },
               [this] {
                   steps += "start ";
                   return std::uint64_t{77};
               },
               [this](std::uint64_t token) {
                   EXPECT_EQ(token, 77U);
                   return is_grace_over;
               },
               [this](const Neighbour& one) {
                   forgotten.push_back(one);
               }}} {}
    void fill() {
        for (int i = 0; i < 4; ++i) {
            EXPECT_EQ(numbers.take(hop(i)), i);
        }
        EXPECT_EQ(numbers.take(hop(9)), tables::no_next_hop);
        static_cast<void>(numbers.take_fresh());
    }
    HopNumbers numbers{4};
    int walks = 0;
    std::string steps;
    bool is_grace_over = false;
    std::map<std::size_t, bool> published;
    std::vector<Neighbour> forgotten;
    HopSweep sweep;
    Instant now{1000s};
};

TEST_F(HopSweepTest, NumbersStayAndFreshHopsAreToldOnce) {
    EXPECT_EQ(numbers.take(hop(0)), 0);
    EXPECT_EQ(numbers.take(hop(1)), 1);
    EXPECT_EQ(numbers.take(hop(0)), 0);
    EXPECT_THAT(numbers.take_fresh(), ElementsAre(station(0), station(1)));
    EXPECT_FALSE(numbers.has_fresh());
}

TEST_F(HopSweepTest, BeginsOnlyWhenMuchIsInUse) {
    HopNumbers many;
    HopSweep its{many, {[this] { ++walks; }, {}, {}, {}, {}}};
    for (int i = 0; i < 255; ++i) {
        many.take({{i, station(1).address}});
    }
    its.look(now);
    EXPECT_EQ(walks, 0);
    many.take({{255, station(1).address}});
    its.look(now);
    EXPECT_EQ(walks, 1);
}

TEST_F(HopSweepTest, NumberIsUsedAgainOnlyAfterTheGracePeriod) {
    fill();
    sweep.look(now);
    EXPECT_EQ(walks, 1);
    sweep.go_on(false);
    for (const int i : {0, 2, 3}) {
        EXPECT_EQ(numbers.take(hop(i)), i);
    }
    EXPECT_EQ(steps, "") << "the walk is under way";
    sweep.go_on(true);
    EXPECT_EQ(steps, "publish start ");
    EXPECT_FALSE(published[1]);
    EXPECT_TRUE(published[0] && published[2] && published[3]);
    sweep.go_on(true);
    EXPECT_EQ(numbers.take(hop(9)), tables::no_next_hop) << "a worker may still hold number 1";
    EXPECT_TRUE(forgotten.empty());
    is_grace_over = true;
    sweep.go_on(false);
    EXPECT_THAT(forgotten, ElementsAre(station(1)));
    EXPECT_EQ(walks, 2) << "for whoever was refused a number";
    EXPECT_EQ(numbers.take(hop(9)), 1);
    ASSERT_NE(numbers.find(1), nullptr);
    EXPECT_EQ(*numbers.find(1), hop(9));
    EXPECT_THAT(numbers.take_fresh(), ElementsAre(station(9)));
}

TEST_F(HopSweepTest, HopAskedForDuringTheGracePeriodKeepsItsNumber) {
    fill();
    sweep.look(now);
    sweep.go_on(true);
    EXPECT_EQ(numbers.find(2), nullptr);
    EXPECT_EQ(numbers.take(hop(2)), 2);
    EXPECT_THAT(numbers.take_fresh(), ElementsAre(station(2))) << "settings must hold it again";
    is_grace_over = true;
    sweep.go_on(true);
    EXPECT_THAT(forgotten, ElementsAre(station(0), station(1), station(3)));
    EXPECT_EQ(numbers.take(hop(2)), 2);
}

TEST_F(HopSweepTest, KeptHopIsNeverSwept) {
    EXPECT_EQ(numbers.keep(hop(7)), 0);
    for (int i = 1; i < 4; ++i) {
        numbers.take(hop(i));
    }
    sweep.look(now);
    is_grace_over = true;
    sweep.go_on(true);
    sweep.go_on(true);
    EXPECT_THAT(forgotten, ElementsAre(station(1), station(2), station(3)));
    ASSERT_NE(numbers.find(0), nullptr);
    EXPECT_EQ(*numbers.find(0), hop(7));
}

TEST_F(HopSweepTest, WithNothingToGiveBackItEndsAndWaitsForTheNextInterval) {
    fill();
    sweep.look(now);
    for (int i = 0; i < 4; ++i) {
        numbers.take(hop(i));
    }
    sweep.go_on(true);
    EXPECT_EQ(steps, "");
    sweep.look(now + 9s);
    EXPECT_EQ(walks, 1);
    sweep.look(now + 10s);
    EXPECT_EQ(walks, 2);
}

TEST_F(HopSweepTest, NeighbourIsForgottenWithTheLastHopThatLeadsThere) {
    numbers.take(hop(1));
    numbers.take(hop(1, 1280));
    numbers.take(hop(2));
    numbers.take(hop(2, 1280));
    sweep.look(now);
    numbers.take(hop(1));
    is_grace_over = true;
    sweep.go_on(true);
    sweep.go_on(true);
    EXPECT_THAT(forgotten, ElementsAre(station(2)));
    EXPECT_TRUE(numbers.contains(station(1)));
    EXPECT_FALSE(numbers.contains(station(2)));
}

}  // namespace

}  // namespace ntm::control
