// SPDX-License-Identifier: BSD-3-Clause
// Direct paths (docs/protocol.md section 5): Requests from either end, bound by proof or by token.
#include "tests/unit/client/node/direct_world.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

TEST(DirectLegs, the_peers_request_from_its_proven_address_makes_the_path_ready) {
    Direct world{true};
    EXPECT_FALSE(world.path()->is_ready);
    world.peer_requests(peer_at);
    EXPECT_TRUE(world.path()->is_ready);
    EXPECT_TRUE(world.last_response()->bound());
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.remote, peer_at);
}

TEST(DirectLegs, an_unproven_source_needs_the_token_that_it_was_given) {
    Direct world{false};
    world.peer_requests(peer_at);
    EXPECT_FALSE(world.path()->is_ready);
    EXPECT_FALSE(world.last_response()->bound());
    const std::string token = world.last_response()->token();
    world.peer_requests(elsewhere, token);
    EXPECT_FALSE(world.path()->is_ready);
    world.peer_requests(peer_at, token);
    EXPECT_TRUE(world.path()->is_ready);
}

TEST(DirectLegs, a_replayed_request_moves_nothing) {
    Direct world{true};
    world.peer_requests(peer_at);
    v1::Leg leg;
    leg.mutable_request()->set_nonce("peernonc");
    const Bytes sealed =
        protocol::seal_leg(secret(0x22), path_id, Role::responder, leg, world.random);
    world.receive(sealed, elsewhere);
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.remote, peer_at);
}

TEST(DirectLegs, the_peer_moves_with_a_token_made_after_its_last_binding) {
    Direct world{true};
    world.peer_requests(elsewhere);
    const std::string old_token = world.last_response()->token();
    world.run_for(milliseconds{10});
    world.peer_requests(peer_at);
    world.peer_requests(elsewhere, old_token);
    EXPECT_FALSE(world.last_response()->bound());
    world.peer_requests(elsewhere, world.last_response()->token());
    EXPECT_TRUE(world.last_response()->bound());
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.remote, elsewhere);
}

// This end has found it elsewhere in between, and sends there.
TEST(DirectLegs, the_peer_comes_back_to_where_it_was_bound_with_a_token) {
    Direct world{true};
    world.peer_requests(elsewhere);
    world.peer_requests(elsewhere, world.last_response()->token());
    ASSERT_TRUE(world.last_response()->bound());
    world.directs(2, {{peer_at, true}, {third, true}});
    world.peer_responds(world.requests().back().nonce(), true, "");
    world.send_inner(to_peer);
    ASSERT_EQ(world.sent.back().second.remote, third);
    world.run_for(milliseconds{10});
    world.peer_requests(elsewhere);
    EXPECT_FALSE(world.last_response()->bound());
    world.peer_requests(elsewhere, world.last_response()->token());
    EXPECT_TRUE(world.last_response()->bound());
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.remote, elsewhere);
}

// The peer has moved, and bound its new place here by Request and token; then its DC tells.
TEST(DirectLegs, a_higher_revision_keeps_what_is_bound_and_data_goes_on) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.peer_requests(elsewhere);
    world.peer_requests(elsewhere, world.last_response()->token());
    ASSERT_TRUE(world.last_response()->bound());
    world.directs(2, {{elsewhere, true}});
    EXPECT_TRUE(world.path()->is_ready);
    world.sent.clear();
    world.send_inner(to_peer);
    ASSERT_EQ(world.sent.size(), 1U);
    EXPECT_EQ(world.sent[0].second.payload[0], 0x10);
    EXPECT_EQ(world.sent[0].second.remote, elsewhere);
    EXPECT_TRUE(world.requests().empty());
}

TEST(DirectLegs, a_higher_revision_has_the_new_address_asked_while_the_old_one_serves) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.sent.clear();
    world.directs(2, {{elsewhere, true}});
    ASSERT_FALSE(world.requests().empty());
    EXPECT_EQ(world.sent[0].second.remote, elsewhere);
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.remote, peer_at);
    world.peer_responds(world.requests().back().nonce(), true, "");
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.remote, elsewhere);
}

TEST(DirectLegs, no_revision_makes_an_old_token_good_again) {
    Direct world{true};
    world.peer_requests(elsewhere);
    const std::string old_token = world.last_response()->token();
    world.peer_requests(peer_at);
    world.directs(2, {{peer_at, true}});
    world.peer_requests(elsewhere, old_token);
    EXPECT_FALSE(world.last_response()->bound());
    EXPECT_EQ(world.path()->way->remote, peer_at);
}

// By way of a relay and back: the path secret stays, so the Request of before is authentic.
TEST(DirectLegs, legs_made_anew_take_no_token_from_before) {
    Direct world{true};
    world.peer_requests(elsewhere);
    const std::string old_token = world.last_response()->token();
    world.peer_requests(peer_at);
    world.dc_directs(world.dc.relayed_direction(2));
    world.run_for(milliseconds{100});
    world.directs(3, {{peer_at, true}});
    world.peer_requests(elsewhere, old_token);
    EXPECT_FALSE(world.last_response()->bound());
    EXPECT_FALSE(world.path()->is_ready);
    world.peer_requests(elsewhere, world.last_response()->token());
    EXPECT_TRUE(world.last_response()->bound());
}

TEST(DirectLegs, an_answer_is_never_longer_than_the_request) {
    Direct world{true};
    v1::Leg leg;
    leg.mutable_request()->set_nonce("peernonc");
    world.sent.clear();
    world.receive(leg, Role::responder, peer_at);
    for (const auto& [when, datagram] : world.sent) {
        EXPECT_EQ(datagram.payload[1] & 0x04, 0) << "an answer to an unpadded request";
    }
}

TEST(DirectLegs, ones_own_request_bound_at_the_peer_makes_the_path_ready) {
    Direct world{true};
    ASSERT_FALSE(world.requests().empty());
    world.peer_responds(world.requests().back().nonce(), false, "0123456789abcdef");
    EXPECT_FALSE(world.path()->is_ready);
    EXPECT_EQ(world.requests().back().token(), "0123456789abcdef");
    world.peer_responds(world.requests().back().nonce(), true, "");
    EXPECT_TRUE(world.path()->is_ready);
}

TEST(DirectLegs, at_most_three_requests_go_to_an_unproven_candidate_that_is_silent) {
    Direct world{false};
    world.run_for(seconds{8});
    EXPECT_EQ(world.requests().size(), 3U);
}

TEST(DirectLegs, packets_and_moves_give_a_silent_unproven_candidate_no_more_requests) {
    Direct world{false};
    for (int i = 0; i < 60; ++i) {
        world.send_inner(to_peer);
        world.run_for(seconds{1});
    }
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(seconds{5});
    EXPECT_EQ(world.requests().size(), 3U);
}

TEST(DirectLegs, a_proven_candidate_is_asked_until_it_answers) {
    Direct world{true};
    world.run_for(seconds{8});
    EXPECT_GT(world.requests().size(), 10U);
}

// Proven or not: a firewall before the peer lets neither through. A query waits for 4.5 s.
TEST(DirectLegs, after_two_seconds_of_silence_the_dc_is_asked_once_and_the_peer_on) {
    for (const bool is_proven : {true, false}) {
        Direct world{is_proven};
        world.run_for(milliseconds{1900});
        EXPECT_TRUE(world.dc.direction_requests.empty());
        world.run_for(milliseconds{200});
        ASSERT_EQ(world.dc.direction_requests.size(), 1U);
        EXPECT_EQ(world.dc.direction_requests.front().second.reason(), v1::DIRECTION_FAILED);
        const std::size_t asked = world.requests().size();
        world.run_for(seconds{5});
        EXPECT_EQ(world.requests().size() > asked, is_proven);
        EXPECT_EQ(world.dc.direction_requests.size(), 1U);
    }
}

TEST(DirectLegs, the_complaint_names_the_revision_that_failed) {
    Direct world{true};
    world.directs(7, {{peer_at, true}});
    world.run_for(seconds{3});
    ASSERT_EQ(world.dc.direction_requests.size(), 1U);
    EXPECT_EQ(world.dc.direction_requests.front().second.revision(), 7U);
}

TEST(DirectLegs, a_candidate_that_comes_late_has_two_seconds_of_its_own) {
    Direct world{true};
    world.peer_responds(world.requests().back().nonce(), false, "");
    world.run_for(seconds{5});
    world.directs(2, {{elsewhere, true}});
    world.run_for(milliseconds{1900});
    EXPECT_TRUE(world.dc.direction_requests.empty());
    world.run_for(milliseconds{200});
    EXPECT_EQ(world.dc.direction_requests.size(), 1U);
}

// The silence is this node's own.
TEST(DirectLegs, who_has_moved_to_where_nothing_works_complains_of_nobody) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.unplugged.insert(ip("10.0.0.7"));
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(seconds{4});
    world.unplugged.clear();
    world.run_for(milliseconds{500});
    EXPECT_TRUE(world.dc.direction_requests.empty());
}

TEST(DirectLegs, a_peer_that_answers_and_binds_nothing_has_ten_seconds) {
    Direct world{true};
    world.peer_responds(world.requests().back().nonce(), false, "");
    world.run_for(seconds{9});
    EXPECT_TRUE(world.dc.direction_requests.empty());
    world.run_for(seconds{2});
    EXPECT_FALSE(world.dc.direction_requests.empty());
}

TEST(DirectLegs, an_empty_packet_every_15_seconds_keeps_nats_open) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.sent.clear();
    world.run_for(seconds{46});
    const auto empty = std::count_if(world.sent.begin(), world.sent.end(), [](const auto& at) {
        return at.second.payload[0] == 0x10 && at.second.payload.size() == 32;
    });
    EXPECT_EQ(empty, 3);
}

}  // namespace
}  // namespace ntm::client::testing
