// SPDX-License-Identifier: BSD-3-Clause
// Queries of other types than A and AAAA: whether a name exists (docs/protocol.md section 4.2).
#include "tests/unit/client/node/node_world.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

constexpr DnsWish existence = DnsWish::existence;

// What the DC answers to every Direction Request.
void let_dc_answer(NodeWorld& world, v1::Status status) {
    world.dc.on_direction_request = [status](const v1::DirectionRequest&) {
        v1::Signal answer;
        answer.set_status(status);
        return answer;
    };
}

// The outcome of the only answer so far; nothing if there is none, or more.
std::optional<DnsOutcome> only_outcome(const NodeWorld& world) {
    return world.dns_answers.size() == 1 ? std::optional{world.dns_answers[0].second.outcome}
                                         : std::nullopt;
}

TEST(NameExistence, a_name_that_the_dc_does_not_know_does_not_exist) {
    NodeWorld world;
    world.start();
    let_dc_answer(world, v1::STATUS_UNKNOWN_NAME);
    world.query(1, "Nobody.b.ntm.test.", existence);
    EXPECT_TRUE(world.dns_answers.empty());
    world.run_for(seconds{1});
    EXPECT_EQ(only_outcome(world), DnsOutcome::no_such_name);
}

TEST(NameExistence, the_dcs_word_is_enough_and_no_path_has_to_be_ready) {
    NodeWorld world;
    world.start();
    world.relay.is_up = false;
    const Instant asked = world.now;
    world.query(1, "cn.b.ntm.test", existence);
    world.query(2, "cn.b.ntm.test");
    world.run_for(seconds{1});
    ASSERT_EQ(only_outcome(world), DnsOutcome::addresses);
    EXPECT_EQ(world.dns_answers[0].second.query, 1U);
    EXPECT_EQ(world.dns_answers[0].first - asked, Duration{milliseconds{20}});
    EXPECT_FALSE(world.path()->is_ready);
}

TEST(NameExistence, a_query_for_addresses_joins_the_question_under_way) {
    NodeWorld world;
    world.start();
    world.query(1, "cn.b.ntm.test", existence);
    world.query(2, "cn.b.ntm.test");
    world.run_for(seconds{1});
    ASSERT_EQ(world.dns_answers.size(), 2U);
    EXPECT_EQ(world.dns_answers[1].second.vipv4, ip("198.18.0.2"));
    EXPECT_EQ(world.dc.direction_requests.size(), 1U);
}

TEST(NameExistence, a_node_that_can_not_be_reached_exists) {
    for (const v1::Status status : {v1::STATUS_UNREACHABLE, v1::STATUS_NO_RELAY}) {
        NodeWorld world;
        world.start();
        let_dc_answer(world, status);
        world.query(1, "cn.b.ntm.test", existence);
        world.query(2, "cn.b.ntm.test");
        world.run_for(seconds{1});
        ASSERT_EQ(world.dns_answers.size(), 2U);
        EXPECT_EQ(world.dns_answers[0].second.outcome, DnsOutcome::addresses);
        EXPECT_EQ(world.dns_answers[1].second.outcome, DnsOutcome::failed);
    }
}

TEST(NameExistence, a_node_whose_direction_is_unusable_exists) {
    NodeWorld world;
    world.start();
    let_dc_answer(world, v1::STATUS_OK);  // without a Direction
    world.query(1, "cn.b.ntm.test", existence);
    world.run_for(seconds{1});
    EXPECT_EQ(only_outcome(world), DnsOutcome::addresses);
}

TEST(NameExistence, what_the_dc_can_not_say_is_a_failure) {
    NodeWorld world;
    world.start();
    let_dc_answer(world, v1::STATUS_BUSY);
    world.query(1, "cn.b.ntm.test", existence);
    world.run_for(seconds{1});
    EXPECT_EQ(only_outcome(world), DnsOutcome::failed);
}

TEST(NameExistence, what_a_silent_dc_does_not_say_is_a_failure_after_4500_ms) {
    NodeWorld world;
    world.start();
    world.dc.is_up = false;
    const Instant asked = world.now;
    world.query(1, "cn.b.ntm.test", existence);
    world.run_for(seconds{10});
    ASSERT_EQ(only_outcome(world), DnsOutcome::failed);
    EXPECT_EQ(world.dns_answers[0].first - asked, Duration{milliseconds{4500}});
}

TEST(NameExistence, the_dc_is_not_asked_about_the_own_name_an_apex_or_a_peer) {
    NodeWorld world;
    world.start();
    world.relay.is_up = false;
    world.dc_directs(world.dc.relayed_direction());
    world.run_for(milliseconds{100});
    ASSERT_TRUE(world.path());
    ASSERT_FALSE(world.path()->is_ready);
    world.query(1, "mn.a.ntm.test", existence);
    world.query(2, "b.ntm.test", existence);
    world.query(3, "cn.b.ntm.test", existence);
    ASSERT_EQ(world.dns_answers.size(), 3U);
    for (const auto& [at, answer] : world.dns_answers) {
        EXPECT_EQ(answer.outcome, DnsOutcome::addresses) << answer.query;
    }
    EXPECT_TRUE(world.dc.direction_requests.empty());
}

TEST(NameExistence, a_peer_that_calls_meanwhile_exists) {
    NodeWorld world;
    world.start();
    world.dc.on_direction_request = [&](const v1::DirectionRequest&) {
        world.dc_directs(world.dc.relayed_direction());
        v1::Signal busy;
        busy.set_status(v1::STATUS_BUSY);
        return busy;
    };
    world.query(1, "cn.b.ntm.test", existence);
    world.run_for(seconds{1});
    EXPECT_EQ(only_outcome(world), DnsOutcome::addresses);
}

}  // namespace
}  // namespace ntm::client::testing
