// SPDX-License-Identifier: BSD-3-Clause
// The last TCP segments are sent once more when a path stands again, or its peer is heard again.
#include "tests/unit/client/node/ready_path.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

Bytes segment_to_peer() {
    Bytes segment = to_peer;
    segment[9] = 6;
    return segment;
}

TEST(RepeatedSegments, after_a_move_without_waiting_for_the_sender) {
    Ready world;
    world.send_inner(segment_to_peer());
    world.run_for(milliseconds{100});
    const std::size_t before = bound_data(world);
    world.set_addresses({});
    world.run_for(milliseconds{300});
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(milliseconds{300});
    EXPECT_EQ(bound_data(world), before + 1);
}

TEST(RepeatedSegments, and_nothing_else_is) {
    Ready world;
    world.send_inner(to_peer);
    world.run_for(milliseconds{100});
    const std::size_t before = bound_data(world);
    world.set_addresses({});
    world.run_for(milliseconds{300});
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(milliseconds{300});
    EXPECT_EQ(bound_data(world), before);
}

TEST(RepeatedSegments, also_with_the_old_network_there_until_the_new_one_works) {
    Ready world;
    world.send_inner(segment_to_peer());
    world.run_for(milliseconds{100});
    const std::size_t before = bound_data(world);
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(milliseconds{300});
    EXPECT_EQ(bound_data(world), before + 1);
}

TEST(RepeatedSegments, when_the_peer_is_heard_after_a_silence) {
    Ready world;
    world.send_inner(segment_to_peer());
    world.run_for(milliseconds{500});
    const std::size_t before = bound_data(world);
    world.peer_sends_data(from_peer);
    world.run_for(milliseconds{50});
    EXPECT_EQ(bound_data(world), before + 1);
    world.peer_sends_data(from_peer);
    world.run_for(milliseconds{50});
    EXPECT_EQ(bound_data(world), before + 1);
}

TEST(RepeatedSegments, not_when_it_answers_in_time) {
    Ready world;
    world.send_inner(segment_to_peer());
    world.run_for(milliseconds{60});
    const std::size_t before = bound_data(world);
    world.peer_sends_data(from_peer);
    world.run_for(milliseconds{50});
    EXPECT_EQ(bound_data(world), before);
}

}  // namespace
}  // namespace ntm::client::testing
