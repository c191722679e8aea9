// SPDX-License-Identifier: BSD-3-Clause
// SYNs that nobody asked for. T-4.
#include "rs-dataplane/napt/held_syns.hpp"

#include "tests/unit/rs-dataplane/napt/bindings_fixture.hpp"

#include <gtest/gtest.h>

namespace ntm::napt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HeldSynsTest : public testing::Test {
  protected:
    HeldSynsTest() : port{world.send(tcp, gn, path_to_gn, syn).value()} {
        EXPECT_EQ(world.receive(port, tcp, other_gn, syn).error(), DropReason::napt_syn_filtered);
        EXPECT_TRUE(held.hold({tuple(), 1, true}, frame, world.now()));
    }
    [[nodiscard]] OutsideTuple tuple() const { return World::outside_tuple(port, tcp, other_gn); }

    World world{small_plan()};
    const Inside tcp{world.add(), 5000, Protocol::tcp};
    const PublicPort port;
    const Bytes frame{0x45, 0, 0, 40, 9, 9};
    HeldSyns held{2};
};

TEST_F(HeldSynsTest, are_answered_after_six_seconds_and_no_sooner) {
    world.pass(seconds{6} - milliseconds{1});
    EXPECT_FALSE(held.has_due(world.now()));
    EXPECT_FALSE(held.take_due(world.now()));
    world.pass(milliseconds{1});
    EXPECT_TRUE(held.has_due(world.now()));
    const auto due = held.take_due(world.now());
    ASSERT_TRUE(due);
    EXPECT_EQ(to_hex(due->frame()), to_hex(frame));
    EXPECT_EQ(due->port, 1U);
    EXPECT_TRUE(due->is_hairpinned);
    EXPECT_FALSE(world.bindings().find(due->tuple)) << "to be answered";
    EXPECT_FALSE(held.take_due(world.now()));
}

TEST_F(HeldSynsTest, are_dropped_if_the_inside_opens_the_same_connection) {
    world.pass(seconds{3});
    EXPECT_EQ(world.send(tcp, other_gn, path_to_gn, syn).value(), port);
    EXPECT_TRUE(world.reaches(port, tcp, other_gn, syn)) << "the next one is let in";
    world.pass(seconds{3});
    EXPECT_TRUE(world.bindings().find(held.take_due(world.now())->tuple));
}

TEST_F(HeldSynsTest, are_as_many_as_there_is_room_for) {
    world.pass(seconds{1});
    EXPECT_FALSE(held.is_full());
    EXPECT_TRUE(held.hold({tuple()}, frame, world.now()));
    EXPECT_TRUE(held.is_full());
    EXPECT_FALSE(held.hold({tuple()}, frame, world.now()));
    world.pass(seconds{5});
    EXPECT_TRUE(held.take_due(world.now()));
    EXPECT_FALSE(held.take_due(world.now()));
    EXPECT_TRUE(held.hold({tuple()}, frame, world.now()));
    EXPECT_EQ(held.size(), 2U);
    world.pass(seconds{6});
    EXPECT_TRUE(held.take_due(world.now()));
    EXPECT_TRUE(held.take_due(world.now()));
    EXPECT_FALSE(held.take_due(world.now()));
}

TEST_F(HeldSynsTest, keep_no_answer_that_is_longer_than_an_error_about_one) {
    EXPECT_FALSE(held.hold({tuple()}, Bytes(193, 7), world.now()));
    EXPECT_TRUE(held.hold({tuple()}, Bytes(192, 7), world.now()));
}

}  // namespace
}  // namespace ntm::napt
