// SPDX-License-Identifier: BSD-3-Clause
// Moves of the node, and paths that fall silent (docs/protocol.md section 5).
#include "tests/unit/client/node/ready_path.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

// The round trip to the relay is 40 ms.
TEST(Moves, break_before_make_restores_uplink_in_one_and_downlink_in_two_round_trips) {
    Ready world;
    world.set_addresses({});
    world.run_for(seconds{1});
    const Instant usable = world.now;
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.send_inner(to_peer);
    ASSERT_TRUE(world.run_until_true([&] {
        return world.relay.legs[path_id].bound == at("10.0.0.7:9770");
    }));
    // COOKIE 40 ms, the Request with its token 20 ms: the relay sends to the new address.
    EXPECT_LE(world.now - usable, Duration{milliseconds{61}});
    world.peer_sends_data(from_peer);
    world.run_for(milliseconds{200});
    const Duration uplink = first_data_after(world, usable) - milliseconds{20} - usable;
    EXPECT_LE(uplink, Duration{milliseconds{40 + 20}});
    EXPECT_GE(uplink, Duration{milliseconds{40}});
    ASSERT_EQ(world.delivered.size(), 1U);
    EXPECT_LE(world.delivered[0].first - usable, Duration{milliseconds{2 * 40 + 20}});
}

TEST(Moves, data_right_behind_the_request_leaves_it_a_head_start) {
    Ready world;
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.send_inner(to_peer);
    world.sent.clear();
    world.run_for(milliseconds{100});
    Instant request;
    Instant data;
    for (const auto& [when, datagram] : world.sent) {
        if (datagram.payload[0] == 0x11 && request == Instant{}) {
            request = when;
        }
        if (is_data(datagram.payload) && data == Instant{}) {
            data = when;
        }
    }
    EXPECT_EQ(data - request, Duration{milliseconds{5}});
}

TEST(Moves, a_move_to_an_ipv6_only_network_takes_the_paths_along) {
    Ready world;
    world.set_addresses({real("2001:db8:6::7/64", 3)});
    stream(world, seconds{1});
    EXPECT_EQ(world.relay.legs[path_id].bound, at("[2001:db8:6::7]:9770"));
    EXPECT_EQ(world.path()->way->remote, relay_v6());
    ASSERT_TRUE(world.run_until_true([&] {
        return !world.dc.requests.empty() && world.dc.requests.back().has_registration_request() &&
               world.dc.requests.back().registration_request().addresses(0).ip().size() == 16;
    }));
    EXPECT_EQ(world.node->status().dc, dc_v6());
}

// It was stopped, woke up elsewhere, and finds in its sockets what had come before.
TEST(Moves, what_the_dc_sent_to_an_address_that_is_gone_shows_no_way_to_it) {
    Ready world;
    world.is_stopped = true;
    world.dc_directs(world.dc.relayed_direction(2));
    world.run_for(milliseconds{20});
    world.set_addresses({real("2001:db8:6::7/64", 3)});
    ASSERT_FALSE(world.in_sockets.empty());
    world.is_stopped = false;
    for (const Datagram& datagram : world.in_sockets) {
        world.node->handle_datagram(datagram, world.now);
    }
    EXPECT_EQ(world.node->counters().to_former_address, world.in_sockets.size());
    world.run_for(seconds{2});
    EXPECT_EQ(world.node->status().dc, dc_v6());
}

TEST(Moves, make_before_break_loses_nothing) {
    Ready world;
    world.is_peer_alive = true;
    stream(world, milliseconds{100});
    world.set_addresses({real("192.168.1.2/24", 2), real("10.0.0.7/24", 3)});
    stream(world, milliseconds{500});
    EXPECT_EQ(world.path()->way->local, ip("10.0.0.7"));
    world.set_addresses({real("10.0.0.7/24", 3)});
    stream(world, milliseconds{500});
    world.run_for(milliseconds{100});
    EXPECT_EQ(world.path()->sent.packets, 110U);
    EXPECT_EQ(bound_data(world), 110U);
    EXPECT_EQ(world.node->counters().held_too_long, 0U);
}

TEST(Moves, the_old_way_serves_until_the_new_one_is_bound) {
    Ready world;
    world.is_peer_alive = true;
    world.unplugged.insert(ip("10.0.0.7"));
    world.set_addresses({real("192.168.1.2/24", 2), real("10.0.0.7/24", 3)});
    stream(world, seconds{3});
    EXPECT_EQ(world.path()->way->local, ip("192.168.1.2"));
    world.run_for(milliseconds{100});
    EXPECT_EQ(bound_data(world), 300U);
    EXPECT_TRUE(world.path()->is_ready);
}

TEST(Moves, an_address_that_is_not_routed_is_no_reason_to_move) {
    Ready world;
    RealAddress unrouted = real("10.0.0.7/24", 3);
    unrouted.is_routed = false;
    world.set_addresses({real("192.168.1.2/24", 2), unrouted});
    stream(world, seconds{1});
    EXPECT_EQ(world.path()->way->local, ip("192.168.1.2"));
    unrouted.is_routed = true;
    world.set_addresses({real("192.168.1.2/24", 2), unrouted});
    stream(world, seconds{1});
    EXPECT_EQ(world.path()->way->local, ip("10.0.0.7"));
}

TEST(Moves, the_dc_is_told_of_every_move) {
    Ready world;
    world.dc.requests.clear();
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(milliseconds{100});
    ASSERT_EQ(world.dc.requests.size(), 1U);
    EXPECT_EQ(
        world.dc.requests[0].registration_request().addresses(0).ip(),
        as_text(ip("10.0.0.7").bytes())
    );
}

TEST(Moves, same_addresses_again_change_nothing) {
    Ready world;
    world.dc.requests.clear();
    world.sent.clear();
    world.set_addresses({real("192.168.1.2/24")});
    EXPECT_TRUE(world.sent.empty());
}

TEST(Moves, a_long_time_without_a_network_does_not_bring_a_path_down) {
    Ready world;
    stream(world, milliseconds{100});
    world.set_addresses({});
    stream(world, seconds{4});
    const Instant usable = world.now;
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(milliseconds{100});
    EXPECT_LE(first_data_after(world, usable) - usable, Duration{milliseconds{40 + 5 + 20}});
}

TEST(Probes, measure_round_trip_and_loss_while_the_path_is_in_use) {
    Ready world;
    world.is_peer_alive = true;
    stream(world, seconds{20});
    EXPECT_EQ(world.path()->rtt, Duration{milliseconds{40}});
    EXPECT_EQ(world.path()->loss_permille, 0U);
    world.is_peer_alive = false;
    for (int i = 0; i < 5; ++i) {
        world.peer_sends_data(from_peer);
        stream(world, seconds{1});
    }
    world.run_for(seconds{3});
    EXPECT_GT(*world.path()->loss_permille, 100U);
    EXPECT_LT(*world.path()->loss_permille, 400U);
}

TEST(Probes, none_go_on_a_path_that_is_not_used) {
    Ready world;
    world.is_peer_alive = true;
    stream(world, milliseconds{100});
    world.run_for(seconds{4});
    world.relay.forwarded.clear();
    world.run_for(seconds{60});
    EXPECT_TRUE(world.relay.forwarded.empty());
}

TEST(Down, one_way_silence_is_probed_after_a_second_and_reported) {
    Ready world;
    stream(world, milliseconds{20});
    world.dc.direction_requests.clear();
    world.sent.clear();
    const Instant began = world.now;
    stream(world, milliseconds{2500});
    ASSERT_FALSE(world.dc.direction_requests.empty());
    const auto& [when, request] = world.dc.direction_requests.front();
    EXPECT_EQ(request.reason(), v1::DIRECTION_FAILED);
    EXPECT_EQ(request.path_id(), FakeDc::path_number);
    EXPECT_EQ(request.fqdn(), "cn.b.ntm.test");
    EXPECT_FALSE(world.path()->is_ready);
    // 1 s of silence, 3 x 300 ms of probes, 10 ms to the DC.
    EXPECT_GE(when - began, Duration{milliseconds{1870}});
    EXPECT_LE(when - began, Duration{milliseconds{1920}});
}

TEST(Down, a_direction_does_not_make_up_for_an_answer_that_never_came) {
    Ready world;
    world.dc.direction_requests.clear();
    world.send_inner(to_peer);
    world.run_for(milliseconds{500});
    world.dc_directs(world.dc.relayed_direction(2));
    world.run_for(seconds{2});
    ASSERT_FALSE(world.dc.direction_requests.empty());
    EXPECT_EQ(world.dc.direction_requests.front().second.reason(), v1::DIRECTION_FAILED);
}

TEST(Down, a_path_that_is_down_sends_no_data_and_is_ready_again_when_the_peer_is_heard) {
    Ready world;
    stream(world, milliseconds{2500});
    ASSERT_FALSE(world.path()->is_ready);
    const std::size_t before = bound_data(world);
    stream(world, milliseconds{200});
    EXPECT_EQ(bound_data(world), before);
    world.peer_sends_data(from_peer);
    world.run_for(milliseconds{50});
    EXPECT_TRUE(world.path()->is_ready);
    EXPECT_GT(bound_data(world), before);
}

}  // namespace
}  // namespace ntm::client::testing
