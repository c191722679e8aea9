// SPDX-License-Identifier: BSD-3-Clause
// Packets that anybody can send: they are counted, and set nothing in motion. What is due waits for
// its timer, so the node has not looked at its paths and relays for their sake.
#include "tests/unit/client/node/node_world.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

const Bytes to_peer = inner_packet("198.18.0.1", "198.18.0.2");
const PathId path_id{FakeDc::path_number};

// A ready path, and a keep-alive to its relay that is due, of which the node has not been told.
struct Overdue : NodeWorld {
    Overdue() {
        start();
        make_path();
        send_inner(to_peer);
        run_for(seconds{5});
        now = now + seconds{20};
        signals_.clear();
        for (const auto& [when, datagram] : sent) {
            const std::uint8_t type = datagram.payload[0];
            if (type == 0x12 || type == 0x13) {
                signals_.push_back(datagram.payload);
            }
        }
        sent.clear();
    }
    void receive(Bytes payload, const Endpoint& from) {
        node->handle_datagram({testing::at("192.168.1.2:9770"), from, std::move(payload)}, now);
        drain();
    }
    void expect_that_timers_wait() {
        EXPECT_TRUE(sent.empty());
        EXPECT_LE(node->next_timeout(), now);
        node->handle_timeout(now);
        drain();
        EXPECT_FALSE(sent.empty()) << "nothing was due, so nothing is shown";
    }
    std::vector<Bytes> signals_;  // SIGNAL and HANDSHAKE packets of the node
};

// S-1.
TEST(ForgedPackets, of_type_leg_set_nothing_in_motion) {
    Overdue world;
    v1::Leg leg;
    leg.mutable_response()->set_nonce("12345678");
    leg.mutable_response()->set_bound(true);
    world.receive(
        protocol::seal_leg(secret(0x99), path_id, Role::initiator, leg, world.random), relay_v4()
    );
    EXPECT_EQ(world.node->counters().bad_tag, 1U);
    // Authentic, and no answer to a Request of this node.
    world.receive(
        protocol::seal_leg(secret(0x11), path_id, Role::initiator, leg, world.random), relay_v4()
    );
    world.expect_that_timers_wait();
}

TEST(ForgedPackets, of_type_end_set_nothing_in_motion) {
    Overdue world;
    v1::End probe;
    probe.mutable_probe()->set_nonce("abcdefgh");
    world.receive(
        protocol::seal_end(secret(0x99), path_id, Role::responder, probe, world.random), relay_v4()
    );
    EXPECT_EQ(world.node->counters().bad_tag, 1U);
    v1::End answer;
    answer.mutable_probe_answer()->set_nonce("abcdefgh");
    world.receive(
        protocol::seal_end(secret(0x22), path_id, Role::responder, answer, world.random), relay_v4()
    );
    world.expect_that_timers_wait();
}

TEST(ForgedPackets, of_signalling_set_nothing_in_motion) {
    Overdue world;
    ASSERT_GE(world.signals_.size(), 2U);
    for (Bytes forged : world.signals_) {
        forged.back() ^= 1;
        world.receive(forged, dc_v4);
    }
    world.expect_that_timers_wait();
}

// A path that is not looked at rings all the same.
TEST(ForgedPackets, do_not_put_a_timer_off) {
    Overdue world;
    world.node->handle_timeout(world.now);
    world.send_inner(to_peer);
    const Instant due = world.node->next_timeout();
    v1::End probe;
    probe.mutable_probe()->set_nonce("abcdefgh");
    for (int i = 0; i < 5; ++i) {
        world.receive(
            protocol::seal_end(secret(0x99), path_id, Role::responder, probe, world.random),
            relay_v4()
        );
        EXPECT_LE(world.node->next_timeout(), due);
    }
}

}  // namespace
}  // namespace ntm::client::testing
