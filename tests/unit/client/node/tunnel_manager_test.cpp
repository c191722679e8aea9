// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/tunnel_manager.hpp"

#include "tests/unit/client/node/node_world.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

const Bytes to_peer = inner_packet("198.18.0.1", "198.18.0.2");
const Bytes from_peer = inner_packet("198.18.0.2", "198.18.0.1");

std::size_t data_at_relay(const NodeWorld& world) {
    return static_cast<std::size_t>(std::count_if(
        world.relay.forwarded.begin(),
        world.relay.forwarded.end(),
        [](const FakeRelay::Forwarded& at) { return at.payload[0] == 0x10; }
    ));
}

TEST(TunnelManager, registers_and_learns_its_virtual_addresses) {
    NodeWorld world;
    world.start();
    const VirtualNetwork& network = world.node->virtual_network();
    EXPECT_EQ(network.vipv4->text(), "198.18.0.1/17");
    EXPECT_EQ(network.vipv6->text(), "fd00:a::1/64");
    EXPECT_EQ(network.prefixes.size(), 2U);
    EXPECT_TRUE(world.node->status().is_dc_connected);
    const auto& request = world.dc.requests.front().registration_request();
    EXPECT_EQ(request.fqdn(), "mn.a.ntm.test");
    EXPECT_EQ(request.addresses_size(), 1);
    EXPECT_EQ(request.port(), 9770U);
    EXPECT_EQ(request.suites_size(), 3);
}

TEST(TunnelManager, is_not_registered_at_a_dc_that_leaves_its_keep_alive_unanswered) {
    NodeWorld world;
    world.start();
    world.dc.is_up = false;
    world.run_for(seconds{24});  // keep-alives 20 s apart, and 3 s of patience
    EXPECT_FALSE(world.node->status().is_registered);
    EXPECT_TRUE(world.node->virtual_network().vipv4) << "paths go on without the DC";
    const std::string silent = "the DC does not answer; trying on";
    EXPECT_EQ(std::count(world.log.begin(), world.log.end(), silent), 1);
    world.dc.is_up = true;
    world.run_for(seconds{15});
    EXPECT_TRUE(world.node->status().is_registered);
}

TEST(TunnelManager, says_once_that_its_dc_does_not_answer_and_once_that_it_does_again) {
    NodeWorld world;
    const auto said = [&](const std::string& text) {
        return std::count(world.log.begin(), world.log.end(), text);
    };
    const std::string silent = "the DC does not answer; trying on";
    world.dc.is_up = false;
    world.set_addresses({real("192.168.1.2/24")});
    world.run_for(seconds{5});
    EXPECT_EQ(said(silent), 1);
    world.run_for(seconds{60});
    EXPECT_EQ(said(silent), 1);
    EXPECT_EQ(said("the DC answers again"), 0);
    world.dc.is_up = true;
    world.run_for(seconds{15});
    ASSERT_TRUE(world.node->status().is_registered);
    EXPECT_EQ(said("the DC answers again"), 1);
    world.run_for(seconds{120});
    EXPECT_EQ(said(silent), 1);
    world.dc.is_up = false;
    world.query(1, "cn.b.ntm.test");
    world.run_for(seconds{5});
    EXPECT_EQ(said(silent), 2);
    world.run_for(seconds{60});
    EXPECT_EQ(said(silent), 2);
}

TEST(TunnelManager, a_release_that_the_silent_dc_missed_is_sent_again_when_it_is_heard) {
    NodeWorld world;
    world.start();
    world.make_path();
    world.dc.requests.clear();
    world.dc.is_up = false;
    world.run_for(seconds{640});  // idle, released, and the release has failed
    ASSERT_FALSE(world.path());
    const auto releases = [&] {
        return std::count_if(
            world.dc.requests.begin(),
            world.dc.requests.end(),
            [](const v1::Signal& message) { return message.has_path_release(); }
        );
    };
    EXPECT_EQ(releases(), 0);
    world.dc.is_up = true;
    world.run_for(seconds{30});
    EXPECT_EQ(releases(), 1);
}

TEST(TunnelManager, times_relay_candidates_and_keeps_a_token) {
    NodeWorld world;
    world.start();
    ASSERT_EQ(world.node->status().relays.size(), 1U);
    const WayView way = world.node->status().relays.front();
    EXPECT_EQ(way.rtt, Duration{milliseconds{40}});
    EXPECT_EQ(way.outside, at("192.168.1.2:9770"));
}

TEST(TunnelManager, answers_a_query_when_the_path_is_ready_and_not_before) {
    NodeWorld world;
    world.start();
    world.relay.legs[PathId{FakeDc::path_number}].is_peer_bound = false;
    world.query(7, "CN.b.ntm.test.");
    world.run_for(seconds{2});
    EXPECT_TRUE(world.dns_answers.empty());
    EXPECT_TRUE(world.path()->is_bound);
    EXPECT_FALSE(world.path()->is_ready);
    world.relay.legs[PathId{FakeDc::path_number}].is_peer_bound = true;
    world.run_for(seconds{1});
    ASSERT_EQ(world.dns_answers.size(), 1U);
    EXPECT_EQ(world.dns_answers[0].second.query, 7U);
    EXPECT_EQ(world.dns_answers[0].second.outcome, DnsOutcome::addresses);
    EXPECT_EQ(world.dns_answers[0].second.vipv4, ip("198.18.0.2"));
    EXPECT_EQ(world.dns_answers[0].second.vipv6, ip("fd00:a::2"));
}

// Direction Request and answer 20 ms, Tunnel Request with a token in stock and Response 40 ms.
TEST(TunnelManager, a_warm_path_takes_one_round_trip_to_each) {
    NodeWorld world;
    world.start();
    const Instant asked = world.now;
    world.query(1, "cn.b.ntm.test");
    world.run_for(seconds{1});
    ASSERT_EQ(world.dns_answers.size(), 1U);
    EXPECT_EQ(world.dns_answers[0].first - asked, Duration{milliseconds{60}});
    EXPECT_EQ(world.relay.requests, 1U);
    EXPECT_EQ(world.relay.requests_with_token, 1U);
}

TEST(TunnelManager, without_a_token_one_more_round_trip_brings_it) {
    NodeWorld world;
    world.dc.grant.clear_relays();
    world.start();
    const Instant asked = world.now;
    world.query(1, "cn.b.ntm.test");
    world.run_for(seconds{1});
    ASSERT_EQ(world.dns_answers.size(), 1U);
    EXPECT_EQ(world.dns_answers[0].first - asked, Duration{milliseconds{100}});
}

TEST(TunnelManager, the_proven_address_needs_no_token) {
    NodeWorld world;
    world.dc.grant.clear_relays();
    world.start();
    world.relay.proven[PathId{FakeDc::path_number}] = at("192.168.1.2:9770");
    const Instant asked = world.now;
    world.query(1, "cn.b.ntm.test");
    world.run_for(seconds{1});
    ASSERT_EQ(world.dns_answers.size(), 1U);
    EXPECT_EQ(world.dns_answers[0].first - asked, Duration{milliseconds{60}});
}

TEST(TunnelManager, packets_wait_for_their_path_in_order_and_none_is_lost) {
    NodeWorld world;
    world.start();
    for (std::size_t i = 0; i < 32; ++i) {
        world.send_inner(inner_packet("198.18.0.1", "198.18.0.2", i));
    }
    EXPECT_EQ(data_at_relay(world), 0U);
    world.run_for(seconds{1});
    protocol::DataOpener peer{
        secret(0x22), crypto::Suite::aes_128_gcm, PathId{FakeDc::path_number}, Role::responder};
    std::size_t expected = 0;
    for (const auto& forwarded : world.relay.forwarded) {
        if (forwarded.payload[0] != 0x10) {
            continue;
        }
        EXPECT_TRUE(forwarded.was_bound);
        const auto inner = peer.open(forwarded.payload);
        ASSERT_TRUE(inner);
        EXPECT_EQ(*inner, inner_packet("198.18.0.1", "198.18.0.2", expected));
        ++expected;
    }
    EXPECT_EQ(expected, 32U);
    ASSERT_EQ(world.dc.direction_requests.size(), 1U);
    EXPECT_EQ(world.dc.direction_requests[0].second.vip(), as_text(ip("198.18.0.2").bytes()));
    EXPECT_TRUE(world.dc.direction_requests[0].second.fqdn().empty());
}

// An answer that was lost is repeated as it was, after the path has been drawn anew.
TEST(TunnelManager, packets_wait_for_a_path_that_a_newer_direction_has_drawn_before_the_answer) {
    NodeWorld world;
    world.start();
    world.dc.on_direction_request = [&](const v1::DirectionRequest&) {
        v1::Signal answer;
        *answer.mutable_direction_response()->mutable_route() = world.dc.relayed_direction(1);
        world.dc_directs(world.dc.relayed_direction(2));
        return answer;
    };
    world.send_inner(to_peer);
    world.run_for(seconds{1});
    ASSERT_TRUE(world.path());
    EXPECT_EQ(world.path()->revision, 2U);
    EXPECT_EQ(data_at_relay(world), 1U);
    EXPECT_TRUE(std::ranges::none_of(world.log, [](const std::string& line) {
        return line.starts_with("no path to ");
    }));
}

TEST(TunnelManager, of_more_than_32_waiting_packets_the_oldest_go) {
    NodeWorld world;
    world.start();
    for (std::size_t i = 0; i < 40; ++i) {
        world.send_inner(inner_packet("198.18.0.1", "198.18.0.2", i));
    }
    world.run_for(seconds{1});
    EXPECT_EQ(data_at_relay(world), 32U);
    EXPECT_EQ(world.node->counters().held_too_long, 8U);
}

TEST(TunnelManager, a_packet_that_waited_five_seconds_is_dropped) {
    NodeWorld world;
    world.start();
    world.relay.is_up = false;
    world.send_inner(to_peer);
    world.run_for(seconds{6});
    world.relay.is_up = true;
    world.run_for(seconds{20});
    EXPECT_EQ(data_at_relay(world), 0U);
    EXPECT_EQ(world.node->counters().held_too_long, 1U);
}

TEST(TunnelManager, a_packet_to_an_address_with_a_known_name_asks_by_name) {
    NodeWorld world;
    world.start();
    world.make_path();
    v1::Signal release;
    release.mutable_path_release()->set_path_id(FakeDc::path_number);
    release.mutable_path_release()->set_revision(1);
    world.dc_sends(release);
    world.run_for(seconds{1});
    EXPECT_FALSE(world.path());
    world.dc.on_direction_request = [&](const v1::DirectionRequest&) {
        v1::Signal answer;
        auto direction = world.dc.relayed_direction(2);
        *answer.mutable_direction_response()->mutable_route() = direction;
        return answer;
    };
    world.send_inner(to_peer);
    world.run_for(seconds{1});
    ASSERT_EQ(world.dc.direction_requests.size(), 2U);
    EXPECT_EQ(world.dc.direction_requests[1].second.fqdn(), "cn.b.ntm.test");
    EXPECT_TRUE(world.dc.direction_requests[1].second.vip().empty());
    EXPECT_EQ(data_at_relay(world), 1U);
}

TEST(TunnelManager, data_goes_both_ways) {
    NodeWorld world;
    world.start();
    world.make_path();
    world.send_inner(to_peer);
    world.peer_sends_data(from_peer);
    world.peer_sends_data(inner_packet("fd00:a::2", "fd00:a::1"));
    world.run_for(milliseconds{100});
    EXPECT_EQ(data_at_relay(world), 1U);
    ASSERT_EQ(world.delivered.size(), 2U);
    EXPECT_EQ(world.delivered[0].second, from_peer);
    EXPECT_EQ(world.path()->sent.packets, 1U);
    EXPECT_EQ(world.path()->sent.bytes, to_peer.size());
    EXPECT_EQ(world.path()->received.packets, 2U);
}

TEST(TunnelManager, packets_that_are_not_virtual_stay_here) {
    NodeWorld world;
    world.start();
    world.send_inner(inner_packet("198.18.0.1", "203.0.113.9"));
    world.send_inner(inner_packet("198.18.0.9", "198.18.0.2"));
    world.send_inner(inner_packet("198.18.0.1", "198.18.0.1"));
    EXPECT_EQ(world.node->counters().not_virtual, 3U);
    Bytes truncated = to_peer;
    truncated.pop_back();
    world.send_inner(truncated);
    world.send_inner({});
    EXPECT_EQ(world.node->counters().bad_packet_from_tun, 2U);
    world.run_for(seconds{1});
    EXPECT_TRUE(world.dc.direction_requests.empty());
}

TEST(TunnelManager, a_packet_above_the_inner_mtu_is_dropped) {
    NodeWorld world;
    world.start();
    world.make_path();
    world.send_inner(inner_packet("198.18.0.1", "198.18.0.2", 1381));
    world.send_inner(inner_packet("198.18.0.1", "198.18.0.2", 1380));
    world.run_for(milliseconds{100});
    EXPECT_EQ(world.node->counters().too_big, 1U);
    EXPECT_EQ(data_at_relay(world), 1U);
}

TEST(TunnelManager, the_smallest_inner_mtu_of_all_paths_is_the_devices) {
    NodeWorld world;
    world.start();
    EXPECT_EQ(world.node->virtual_network().mtu, 1400);
    auto direction = world.dc.relayed_direction();
    direction.set_inner_mtu(1280);
    world.dc_directs(direction);
    world.run_for(seconds{1});
    EXPECT_EQ(world.node->virtual_network().mtu, 1280);
}

TEST(TunnelManager, an_idle_path_is_given_back_after_ten_minutes) {
    NodeWorld world;
    world.start();
    world.make_path();
    world.send_inner(to_peer);
    const Instant used = world.now;
    ASSERT_TRUE(world.run_until_true([&] { return !world.path(); }, std::chrono::minutes{15}));
    EXPECT_GE(world.now - used, Duration{std::chrono::minutes{10}});
    EXPECT_LE(world.now - used, Duration{std::chrono::minutes{10}} + milliseconds{2});
    world.run_for(milliseconds{100});
    ASSERT_TRUE(world.dc.requests.back().has_path_release());
    EXPECT_EQ(world.dc.requests.back().path_release().reason(), v1::RELEASE_IDLE);
    EXPECT_EQ(world.dc.requests.back().path_release().revision(), 1U);
}

TEST(TunnelManager, shutdown_gives_all_paths_back) {
    NodeWorld world;
    world.start();
    world.make_path();
    EXPECT_FALSE(world.node->is_shut_down(world.now));
    const Instant began = world.now;
    world.node->shutdown(world.now);
    world.drain();
    ASSERT_TRUE(world.run_until_true([&] { return world.node->is_shut_down(world.now); }));
    EXPECT_LE(world.now - began, Duration{milliseconds{21}});
    ASSERT_TRUE(world.dc.requests.back().has_path_release());
    EXPECT_EQ(world.dc.requests.back().path_release().reason(), v1::RELEASE_SHUTDOWN);
}

TEST(TunnelManager, shutdown_does_not_wait_for_a_dead_dc_longer_than_a_second) {
    NodeWorld world;
    world.start();
    world.make_path();
    world.dc.is_up = false;
    const Instant began = world.now;
    world.node->shutdown(world.now);
    world.drain();
    ASSERT_TRUE(world.run_until_true([&] { return world.node->is_shut_down(world.now); }));
    EXPECT_GE(world.now - began, Duration{milliseconds{999}});
    EXPECT_LE(world.now - began, Duration{milliseconds{1001}});
}

TEST(TunnelManager, keeps_alive_at_the_interval_told_and_reports_relay_times) {
    NodeWorld world;
    world.start();
    world.run_for(seconds{61});
    std::size_t keep_alives = 0;
    for (const v1::Signal& request : world.dc.requests) {
        if (request.has_keep_alive()) {
            ++keep_alives;
            ASSERT_EQ(request.keep_alive().rtts_size(), 1);
            EXPECT_EQ(request.keep_alive().rtts(0).rtt_microseconds(), 40000U);
        }
    }
    EXPECT_EQ(keep_alives, 3U);
}

}  // namespace
}  // namespace ntm::client::testing
