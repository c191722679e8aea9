// SPDX-License-Identifier: BSD-3-Clause
// The ways to relays: timed, kept open, and bound anew (docs/protocol.md sections 4.1 and 5).
#include "tests/unit/client/node/ready_path.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

TEST(Families, ipv6_wins_within_ten_milliseconds) {
    NodeWorld world;
    world.start({real("192.168.1.2/24"), real("2001:db8:6::7/64")});
    world.make_path();
    EXPECT_EQ(world.path()->way->remote, relay_v6());
}

TEST(Families, ipv4_is_taken_where_ipv6_does_not_answer) {
    NodeWorld world;
    world.unplugged.insert(ip("2001:db8:6::7"));
    world.dc.grant.clear_relays();
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

// One of them may be heard again only when it is wanted.
TEST(Relays, another_outside_address_at_one_makes_the_node_ask_the_others) {
    NodeWorld world;
    v1::RelayCandidate& other = *world.dc.grant.add_relays();
    other.set_name("rs2");
    v1::Address& address = *other.add_addresses();
    address.set_ip(as_text(ip("198.51.100.77").bytes()));
    address.set_port(9770);
    world.start();
    world.make_path();
    world.run_for(seconds{12});
    world.nat[at("192.168.1.2:9770")] = at("192.0.2.1:4444");
    const Instant rebound = world.now;
    stream(world, seconds{1});
    const auto asked = std::ranges::find_if(world.sent, [&](const auto& one) {
        return one.first >= rebound && one.second.remote == at("198.51.100.77:9770");
    });
    ASSERT_NE(asked, world.sent.end());
    EXPECT_LE(asked->first - rebound, Duration{milliseconds{400}});
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
    world.dc.grant.clear_relays();
    world.relay.is_up = false;
    world.start();
    world.query(1, "cn.b.ntm.test");
    world.run_for(seconds{9});
    const auto requests = std::count_if(world.sent.begin(), world.sent.end(), [](const auto& at) {
        return at.second.payload[0] == 0x11;
    });
    EXPECT_EQ(requests, 3);
}

TEST(Relays, another_outside_address_seen_by_the_dc_makes_the_node_ask_them) {
    Ready world;
    world.run_for(seconds{16});
    world.nat[at("192.168.1.2:9770")] = at("192.0.2.1:4444");
    // The DC is asked every 20 s, the relay 15 s after the last time.
    world.run_for(seconds{6});
    EXPECT_EQ(world.relay.legs[path_id].bound, at("192.0.2.1:4444"));
}

TEST(Relays, another_outside_address_seen_at_a_registration_makes_the_node_ask_them) {
    Ready world;
    world.run_for(seconds{1});
    world.nat[at("192.168.1.2:9770")] = at("192.0.2.1:4444");
    world.unplugged.insert(ip("10.9.9.9"));
    world.set_addresses({real("192.168.1.2/24"), real("10.9.9.9/24", 3)});
    world.run_for(seconds{1});
    EXPECT_EQ(world.relay.legs[path_id].bound, at("192.0.2.1:4444"));
}

v1::Signal know_nobody(const v1::DirectionRequest& /*request*/) {
    v1::Signal answer;
    answer.set_status(v1::STATUS_UNKNOWN_NAME);
    return answer;
}

TEST(Relays, another_outside_address_that_the_dc_probes_makes_the_node_ask_them) {
    Ready world;
    world.run_for(seconds{3});
    world.nat[at("192.168.1.2:9770")] = at("192.0.2.1:4444");
    world.dc.on_direction_request = know_nobody;
    world.query(2, "nobody.b.ntm.test");
    world.run_for(milliseconds{300});
    EXPECT_EQ(world.relay.legs[path_id].bound, at("192.0.2.1:4444"));
}

// To another peer by the same relay.
void direct_a_second_path(NodeWorld& world) {
    v1::RouteDirection other = world.dc.relayed_direction();
    other.set_path_id(FakeDc::path_number + 1);
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
    world.dc.on_direction_request = know_nobody;
    world.query(2, "nobody.b.ntm.test");  // shows the DC where the node is
    world.run_for(milliseconds{100});
    direct_a_second_path(world);
    world.run_for(milliseconds{300});
    EXPECT_EQ(world.relay.legs[PathId{FakeDc::path_number + 1}].bound, at("192.0.2.1:4444"));
    EXPECT_EQ(world.relay.legs[path_id].bound, at("192.0.2.1:4444"));
}

TEST(Relays, an_answer_to_one_path_brings_up_the_others_there) {
    NodeWorld world;
    world.dc.grant.clear_relays();
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

}  // namespace
}  // namespace ntm::client::testing
