// SPDX-License-Identifier: BSD-3-Clause
// What becomes of queries for names.
#include "client/node/tunnel_manager.hpp"
#include "tests/unit/client/node/node_world.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

TEST(TunnelManagerNames, the_apex_of_a_zone_exists_without_addresses) {
    NodeWorld world;
    world.start();
    world.query(3, "B.ntm.test.");
    ASSERT_EQ(world.dns_answers.size(), 1U);
    EXPECT_EQ(world.dns_answers[0].second.outcome, DnsOutcome::addresses);
    EXPECT_FALSE(world.dns_answers[0].second.vipv4);
    EXPECT_FALSE(world.dns_answers[0].second.vipv6);
    EXPECT_TRUE(world.dc.direction_requests.empty());
}

TEST(TunnelManagerNames, a_query_whose_path_does_not_come_fails_after_4500_ms) {
    NodeWorld world;
    world.start();
    world.relay.is_up = false;
    const Instant asked = world.now;
    world.query(1, "cn.b.ntm.test");
    world.run_for(seconds{10});
    ASSERT_EQ(world.dns_answers.size(), 1U);
    EXPECT_EQ(world.dns_answers[0].second.outcome, DnsOutcome::failed);
    EXPECT_EQ(world.dns_answers[0].first - asked, Duration{milliseconds{4500}});
}

TEST(TunnelManagerNames, an_unknown_name_is_no_such_name_and_other_troubles_are_failures) {
    NodeWorld world;
    world.start();
    v1::Status status = v1::STATUS_UNKNOWN_NAME;
    world.dc.on_direction_request = [&](const v1::DirectionRequest&) {
        v1::Signal answer;
        answer.set_status(status);
        return answer;
    };
    world.query(1, "who.b.ntm.test");
    world.run_for(seconds{1});
    status = v1::STATUS_UNREACHABLE;
    world.query(2, "cn.b.ntm.test");
    world.run_for(seconds{1});
    ASSERT_EQ(world.dns_answers.size(), 2U);
    EXPECT_EQ(world.dns_answers[0].second.outcome, DnsOutcome::no_such_name);
    EXPECT_EQ(world.dns_answers[1].second.outcome, DnsOutcome::failed);
}

TEST(TunnelManagerNames, names_outside_the_zones_are_not_ours_and_the_own_name_needs_no_path) {
    NodeWorld world;
    world.start();
    world.query(1, "www.example.test");
    world.query(2, "nota.ntm.test");
    world.query(3, "MN.a.ntm.test.");
    ASSERT_EQ(world.dns_answers.size(), 3U);
    EXPECT_EQ(world.dns_answers[0].second.outcome, DnsOutcome::not_ours);
    EXPECT_EQ(world.dns_answers[1].second.outcome, DnsOutcome::not_ours);
    EXPECT_EQ(world.dns_answers[2].second.outcome, DnsOutcome::addresses);
    EXPECT_EQ(world.dns_answers[2].second.vipv4, ip("198.18.0.1"));
    EXPECT_TRUE(world.dc.direction_requests.empty());
}

TEST(TunnelManagerNames, queries_for_one_name_share_one_direction_request) {
    NodeWorld world;
    world.start();
    world.query(1, "cn.b.ntm.test");
    world.query(2, "cn.b.ntm.test");
    world.run_for(seconds{1});
    world.query(3, "cn.b.ntm.test");
    EXPECT_EQ(world.dns_answers.size(), 3U);
    EXPECT_EQ(world.dc.direction_requests.size(), 1U);
}

TEST(TunnelManagerNames, a_query_before_registration_waits_for_it) {
    NodeWorld world;
    world.set_addresses({real("192.168.1.2/24")});
    world.query(1, "cn.b.ntm.test");
    world.run_for(seconds{2});
    ASSERT_EQ(world.dns_answers.size(), 1U);
    EXPECT_EQ(world.dns_answers[0].second.outcome, DnsOutcome::addresses);
}

}  // namespace
}  // namespace ntm::client::testing
