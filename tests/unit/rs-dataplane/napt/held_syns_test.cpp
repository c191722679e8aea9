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
        EXPECT_TRUE(held.hold(tuple(), packet, world.now()));
    }
    [[nodiscard]] OutsideTuple tuple() const { return World::outside_tuple(port, tcp, other_gn); }

    World world{small_plan()};
    const Inside tcp{world.add(), 5000, Protocol::tcp};
    const PublicPort port;
    const Bytes packet{0x45, 0, 0, 40, 9, 9};
    HeldSyns held{2};
};

TEST_F(HeldSynsTest, are_answered_after_six_seconds_and_no_sooner) {
    world.pass(seconds{6} - milliseconds{1});
    EXPECT_FALSE(held.take_due(world.now()));
    world.pass(milliseconds{1});
    const auto due = held.take_due(world.now());
    ASSERT_TRUE(due);
    EXPECT_EQ(to_hex(due->quote()), to_hex(packet));
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
    EXPECT_TRUE(held.hold(tuple(), packet, world.now()));
    EXPECT_FALSE(held.hold(tuple(), packet, world.now()));
    world.pass(seconds{5});
    EXPECT_TRUE(held.take_due(world.now()));
    EXPECT_FALSE(held.take_due(world.now()));
    EXPECT_TRUE(held.hold(tuple(), packet, world.now()));
    EXPECT_EQ(held.size(), 2U);
    world.pass(seconds{6});
    EXPECT_TRUE(held.take_due(world.now()));
    EXPECT_TRUE(held.take_due(world.now()));
    EXPECT_FALSE(held.take_due(world.now()));
}

TEST_F(HeldSynsTest, keep_no_more_than_an_error_quotes) {
    const Bytes large(500, 7);
    EXPECT_TRUE(held.hold(tuple(), large, world.now()));
    world.pass(seconds{6});
    static_cast<void>(held.take_due(world.now()));
    EXPECT_EQ(to_hex(held.take_due(world.now())->quote()), to_hex(Bytes(128, 7)));
}

}  // namespace
}  // namespace ntm::napt
