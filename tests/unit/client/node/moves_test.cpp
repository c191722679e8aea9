// SPDX-License-Identifier: BSD-3-Clause
// Moves of the node, and what relays do to it meanwhile (docs/protocol.md sections 4.1 and 5).
#include "tests/unit/client/node/node_world.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

const Bytes to_peer = inner_packet("198.18.0.1", "198.18.0.2");
const Bytes from_peer = inner_packet("198.18.0.2", "198.18.0.1");
const PathId path_id{NodeWorld::path_number};

bool is_data(const Bytes& datagram) {
    return datagram[0] == 0x10;
}

// When the relay forwarded the first DATA after `since`; never if it has not.
Instant first_data_after(const NodeWorld& world, Instant since) {
    for (const auto& forwarded : world.relay.forwarded) {
        if (forwarded.at >= since && is_data(forwarded.payload) && forwarded.was_bound) {
            return forwarded.at;
        }
    }
    return Instant::never();
}

// Sends a packet every 10 ms for `duration`.
void stream(NodeWorld& world, Duration duration) {
    const Instant end = world.now + duration;
    while (world.now < end) {
        world.send_inner(to_peer);
        world.run_for(milliseconds{10});
    }
}

std::size_t bound_data(const NodeWorld& world) {
    return static_cast<std::size_t>(std::count_if(
        world.relay.forwarded.begin(),
        world.relay.forwarded.end(),
        [](const FakeRelay::Forwarded& at) { return is_data(at.payload) && at.was_bound; }
    ));
}

struct Ready : NodeWorld {
    Ready() {
        start();
        make_path();
    }
};

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
        return !world.dc_requests.empty() && world.dc_requests.back().has_registration_request() &&
               world.dc_requests.back().registration_request().addresses(0).ip().size() == 16;
    }));
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
    world.dc_requests.clear();
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(milliseconds{100});
    ASSERT_EQ(world.dc_requests.size(), 1U);
    EXPECT_EQ(
        world.dc_requests[0].registration_request().addresses(0).ip(),
        as_text(ip("10.0.0.7").bytes())
    );
}

TEST(Moves, same_addresses_again_change_nothing) {
    Ready world;
    world.dc_requests.clear();
    world.sent.clear();
    world.set_addresses({real("192.168.1.2/24")});
    EXPECT_TRUE(world.sent.empty());
}

TEST(Families, ipv6_wins_within_ten_milliseconds) {
    NodeWorld world;
    world.start({real("192.168.1.2/24"), real("2001:db8:6::7/64")});
    world.make_path();
    EXPECT_EQ(world.path()->way->remote, relay_v6());
}

TEST(Families, ipv4_is_taken_where_ipv6_does_not_answer) {
    NodeWorld world;
    world.unplugged.insert(ip("2001:db8:6::7"));
    world.grant.clear_relays();
    world.start({real("192.168.1.2/24"), real("2001:db8:6::7/64")});
    const Instant asked = world.now;
    world.make_path();
    EXPECT_EQ(world.path()->way->remote, relay_v4());
    // 300 ms of patience with IPv6, and the usual set-up.
    EXPECT_LE(world.now - asked, Duration{milliseconds{480}});
}

TEST(Relays, a_restarted_relay_gets_requests_for_all_its_paths) {
    Ready world;
    world.relay.is_up = false;
    stream(world, seconds{2});
    world.relay.restart();
    world.relay.is_up = true;
    const Instant up = world.now;
    stream(world, seconds{1});
    const Instant again = first_data_after(world, up);
    ASSERT_NE(again, Instant::never());
    EXPECT_LE(again - up, Duration{milliseconds{500}});
    EXPECT_TRUE(world.path()->is_ready);
}

TEST(Relays, a_relay_that_restarts_unnoticed_is_found_by_its_boot_id) {
    Ready world;
    stream(world, milliseconds{100});
    world.relay.restart();
    const Instant restarted = world.now;
    stream(world, seconds{1});
    EXPECT_LE(first_data_after(world, restarted) - restarted, Duration{milliseconds{500}});
}

TEST(Relays, directions_that_come_late_after_a_restart_are_waited_for) {
    Ready world;
    world.relay.is_up = false;
    stream(world, seconds{1});
    world.relay.restart();
    world.relay.is_up = true;
    world.relay.leg_secrets.clear();  // not told of the path yet
    stream(world, seconds{4});
    EXPECT_EQ(first_data_after(world, world.now - seconds{4}), Instant::never());
    world.relay.leg_secrets.insert_or_assign(path_id, secret(0x11));
    const Instant told = world.now;
    stream(world, seconds{1});
    EXPECT_LE(first_data_after(world, told) - told, Duration{milliseconds{600}});
}

// F-15.
TEST(Relays, a_silent_relay_is_asked_every_300_ms_while_a_path_is_active) {
    Ready world;
    stream(world, milliseconds{50});
    world.relay.is_up = false;
    world.sent.clear();
    stream(world, milliseconds{1250});
    std::vector<Instant> asks;
    for (const auto& [when, datagram] : world.sent) {
        if (datagram.payload.size() == 72 && datagram.payload[0] == 0x14) {
            asks.push_back(when);
        }
    }
    ASSERT_GE(asks.size(), 3U);
    EXPECT_LE(asks[1] - asks[0], Duration{milliseconds{301}});
    EXPECT_GE(asks[1] - asks[0], Duration{milliseconds{299}});
}

// F-15.
TEST(Relays, a_relay_that_has_died_is_noticed_within_a_second) {
    Ready world;
    stream(world, milliseconds{50});
    world.relay.is_up = false;
    const Instant died = world.now;
    const auto is_noticed = [&world] {
        return std::ranges::any_of(world.log, [](const std::string& line) {
            return line.find("does not answer at") != std::string::npos;
        });
    };
    while (!is_noticed() && world.now - died < seconds{3}) {
        stream(world, milliseconds{10});
    }
    EXPECT_LE(world.now - died, Duration{milliseconds{1000}});
    EXPECT_GE(world.now - died, Duration{milliseconds{900}});
}

// M-10.
TEST(Relays, an_idle_path_costs_one_ask_every_15_seconds) {
    Ready world;
    world.run_for(seconds{5});
    const unsigned before = world.relay.cookies;
    world.run_for(seconds{150});
    EXPECT_GE(world.relay.cookies - before, 10U);
    EXPECT_LE(world.relay.cookies - before, 11U);
}

TEST(Relays, an_unused_candidate_is_asked_once_a_minute) {
    NodeWorld world;
    world.start();
    const unsigned before = world.relay.cookies;
    world.run_for(seconds{600});
    EXPECT_GE(world.relay.cookies - before, 10U);
    EXPECT_LE(world.relay.cookies - before, 12U);
}

TEST(Relays, another_outside_address_makes_the_node_bind_again) {
    Ready world;
    world.nat[at("192.168.1.2:9770")] = at("192.0.2.1:4444");
    const Instant rebound = world.now;
    stream(world, seconds{2});
    EXPECT_EQ(world.relay.legs[path_id].bound, at("192.0.2.1:4444"));
    EXPECT_LE(first_data_after(world, rebound) - rebound, Duration{milliseconds{450}});
    EXPECT_EQ(world.path()->outside, at("192.0.2.1:4444"));
}

// docs/protocol.md section 4.1: another address after a pause of n seconds, then every n/2.
TEST(Relays, a_nat_that_forgets_early_is_asked_more_often) {
    Ready world;
    world.run_for(seconds{16});
    world.nat[at("192.168.1.2:9770")] = at("192.0.2.1:4444");
    world.run_for(seconds{20});
    const unsigned before = world.relay.cookies;
    world.run_for(seconds{75});
    EXPECT_GE(world.relay.cookies - before, 9U);
    EXPECT_LE(world.relay.cookies - before, 11U);
}

// S-1, M-10.
TEST(Relays, unanswered_requests_to_a_relay_that_never_answered_stop_after_three) {
    NodeWorld world;
    world.grant.clear_relays();
    world.relay.is_up = false;
    world.start();
    world.query(1, "cn.b.ntm.test");
    world.run_for(seconds{9});
    const auto requests = std::count_if(world.sent.begin(), world.sent.end(), [](const auto& at) {
        return at.second.payload[0] == 0x11;
    });
    EXPECT_EQ(requests, 3);
}

// To another peer by the same relay.
void direct_a_second_path(NodeWorld& world) {
    v1::RouteDirection other = world.relayed_direction();
    other.set_path_id(NodeWorld::path_number + 1);
    other.set_peer_fqdn("dn.b.ntm.test");
    other.set_peer_vipv4(as_text(ip("198.18.0.3").bytes()));
    other.set_peer_vipv6(as_text(ip("fd00:a::3").bytes()));
    world.relay.leg_secrets.insert_or_assign(PathId{other.path_id()}, secret(0x11));
    world.dc_directs(other);
}

// While it is heard on the new path no COOKIE would tell the old one.
TEST(Relays, another_outside_address_seen_by_one_path_makes_the_others_bind_again) {
    Ready world;
    world.run_for(seconds{3});
    world.nat[at("192.168.1.2:9770")] = at("192.0.2.1:4444");
    world.on_direction_request = [](const v1::DirectionRequest&) {
        v1::Signal answer;
        answer.set_status(v1::STATUS_UNKNOWN_NAME);
        return answer;
    };
    world.query(2, "nobody.b.ntm.test");  // shows the DC where the node is
    world.run_for(milliseconds{100});
    direct_a_second_path(world);
    world.run_for(milliseconds{300});
    EXPECT_EQ(world.relay.legs[PathId{NodeWorld::path_number + 1}].bound, at("192.0.2.1:4444"));
    EXPECT_EQ(world.relay.legs[path_id].bound, at("192.0.2.1:4444"));
}

TEST(Relays, an_answer_to_one_path_brings_up_the_others_there) {
    NodeWorld world;
    world.grant.clear_relays();
    world.relay.is_up = false;
    world.start();
    world.query(1, "cn.b.ntm.test");
    world.run_for(seconds{2});
    ASSERT_FALSE(world.path()->is_bound);
    world.relay.is_up = true;
    direct_a_second_path(world);
    world.run_for(milliseconds{300});
    for (const PathView& path : world.node->paths(world.now)) {
        EXPECT_TRUE(path.is_bound) << path.peer_fqdn;
    }
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
    world.direction_requests.clear();
    world.sent.clear();
    const Instant began = world.now;
    stream(world, milliseconds{2500});
    ASSERT_FALSE(world.direction_requests.empty());
    const auto& [when, request] = world.direction_requests.front();
    EXPECT_EQ(request.reason(), v1::DIRECTION_FAILED);
    EXPECT_EQ(request.path_id(), NodeWorld::path_number);
    EXPECT_EQ(request.fqdn(), "cn.b.ntm.test");
    EXPECT_FALSE(world.path()->is_ready);
    // 1 s of silence, 3 x 300 ms of probes, 10 ms to the DC.
    EXPECT_GE(when - began, Duration{milliseconds{1870}});
    EXPECT_LE(when - began, Duration{milliseconds{1920}});
}

TEST(Down, a_direction_does_not_make_up_for_an_answer_that_never_came) {
    Ready world;
    world.direction_requests.clear();
    world.send_inner(to_peer);
    world.run_for(milliseconds{500});
    world.dc_directs(world.relayed_direction(2));
    world.run_for(seconds{2});
    ASSERT_FALSE(world.direction_requests.empty());
    EXPECT_EQ(world.direction_requests.front().second.reason(), v1::DIRECTION_FAILED);
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
