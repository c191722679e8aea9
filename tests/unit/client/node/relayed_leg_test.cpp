// SPDX-License-Identifier: BSD-3-Clause
// S-1, M-10: how a node asks a relay that has never answered.
#include "tests/unit/client/node/node_world.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

// Two ways lead to the relay, which is away from the start.
struct SilentRelay : NodeWorld {
    SilentRelay() {
        dc.grant.clear_relays();
        relay.is_up = false;
        start({real("192.168.1.2/24"), real("10.0.0.7/24", 3)});
        query(1, "cn.b.ntm.test");
    }
    void talk(Duration duration) {
        for (const Instant end = now + duration; now < end; run_for(seconds{1})) {
            send_inner(inner_packet("198.18.0.1", "198.18.0.2"));
        }
    }
    [[nodiscard]] auto requests() const {
        return std::count_if(sent.begin(), sent.end(), [](const auto& at) {
            return at.second.payload[0] == 0x11;
        });
    }
};

TEST(RelayedLegTest, other_ways_and_packets_bring_no_more_than_three_requests) {
    SilentRelay world;
    world.talk(seconds{60});
    EXPECT_EQ(world.requests(), 3);
}

TEST(RelayedLegTest, another_direction_names_the_relay_anew) {
    SilentRelay world;
    world.talk(seconds{20});
    world.dc_directs(world.dc.relayed_direction(2));
    world.talk(seconds{20});
    EXPECT_EQ(world.requests(), 6);
}

TEST(RelayedLegTest, a_relay_that_comes_later_is_found) {
    SilentRelay world;
    world.talk(seconds{60});
    world.relay.is_up = true;
    world.talk(seconds{2});
    EXPECT_TRUE(world.path()->is_ready);
}

}  // namespace
}  // namespace ntm::client::testing
