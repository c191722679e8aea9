// SPDX-License-Identifier: BSD-3-Clause
// Who begins a handshake, how long, and what becomes of the sessions that stand.
#include "tests/unit/common/protocol/signaling_world.hpp"

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

using Dial = NodeAndDc;

// F-4.
TEST_F(Dial, CrossingHandshakesBothStand) {
    dc_.signaling->set_endpoints(node_key(), {node_at_});
    node_.signaling->connect(dc_key(), false, world_.now);
    dc_.signaling->connect(node_key(), false, world_.now);
    world_.run_for(seconds{2});
    EXPECT_EQ(node_.signaling->session_ids().size(), 2U);
    EXPECT_EQ(dc_.signaling->session_ids().size(), 2U);
    EXPECT_EQ(dc_.all<PeerConnected>().size(), 2U);
    const auto id = ask_dc();
    const auto direction = direct_node();
    EXPECT_TRUE(world_.run_until(
        [&] { return is_answered(id) && !dc_.all<AnswerReceived>().empty(); }, milliseconds{20}
    ));
    EXPECT_EQ(dc_.all<AnswerReceived>()[0].id, direction);
    // Both still stand after the lifetime of a session that was replaced.
    world_.run_for(seconds{100});
    EXPECT_EQ(dc_.signaling->session_ids().size(), 2U);
}

TEST_F(Dial, EndpointsAreTriedInTurn) {
    const Endpoint nowhere = at("203.0.113.99:9770");
    const Endpoint other_family = at("[2001:db8::10]:9770");
    node_.addresses.push_back(at("[2001:db8::1]:9770"));
    dc_.addresses.push_back(other_family);
    world_.filter = [&](const Sent& sent) {
        return sent.to != dc_at_;
    };
    node_.signaling->set_endpoints(dc_key(), {nowhere, dc_at_, other_family});
    const auto id = ask_dc();
    EXPECT_TRUE(world_.run_until([&] { return is_answered(id); }, seconds{1}));
    EXPECT_EQ(node_.signaling->endpoint_of(dc_key()), other_family);
    EXPECT_EQ(world_.log[0].to, nowhere);
    EXPECT_EQ(world_.log[1].to, dc_at_);
    EXPECT_EQ(world_.log[2].to, other_family);
}

TEST_F(Dial, PersistentConnectBacksOffToFiveSecondsAndSucceedsAtLast) {
    bool is_up = false;
    world_.filter = [&](const Sent&) {
        return is_up;
    };
    node_.signaling->connect(dc_key(), true, world_.now);
    world_.run_for(seconds{120});
    const auto tries = messages_1();
    ASSERT_GT(tries.size(), 20U);
    for (std::size_t i = tries.size() - 5; i < tries.size(); ++i) {
        EXPECT_LE(tries[i].at - tries[i - 1].at, seconds{5});
        EXPECT_GE(tries[i].at - tries[i - 1].at, milliseconds{4500});
    }
    is_up = true;
    EXPECT_TRUE(world_.run_until(
        [&] { return node_.signaling->is_connected(dc_key()); }, milliseconds{5100}
    ));
    const std::size_t after = messages_1().size();
    world_.run_for(seconds{60});
    EXPECT_EQ(messages_1().size(), after);
}

TEST_F(Dial, ConnectThatIsNotPersistentEndsAfterTenSeconds) {
    world_.filter = [](const Sent&) {
        return false;
    };
    node_.signaling->connect(dc_key(), false, world_.now);
    world_.run_for(seconds{60});
    const auto tries = messages_1();
    EXPECT_GT(tries.size(), 15U);
    EXPECT_LT(tries.back().at, Instant{seconds{1010}});
    EXPECT_EQ(node_.signaling->next_timeout(), Instant::never());
    EXPECT_TRUE(node_.signaling->session_ids().empty());
}

// S-11.
TEST_F(Dial, RenewalIsTheInitiatorsAfterTwoHoursAndTheOldSessionLivesAMinuteMore) {
    connect();
    const auto old_ids = dc_.signaling->session_ids();
    world_.run_for(std::chrono::hours{2} - seconds{5});
    EXPECT_TRUE(world_.log.empty());
    world_.run_for(seconds{10});
    EXPECT_EQ(dc_.all<PeerConnected>().size(), 1U);
    EXPECT_FALSE(dc_.all<PeerConnected>()[0].is_new_boot);
    EXPECT_EQ(messages_1()[0].from, node_at_);
    EXPECT_EQ(dc_.signaling->session_ids().size(), 2U);
    EXPECT_EQ(node_.signaling->session_ids().size(), 2U);
    world_.run_for(seconds{60});
    ASSERT_EQ(dc_.signaling->session_ids().size(), 1U);
    EXPECT_NE(dc_.signaling->session_ids(), old_ids);
    EXPECT_EQ(node_.signaling->session_ids().size(), 1U);
}

TEST_F(Dial, NodeAnswersAHandshakeWithoutATokenAndKeepsFewUnconfirmed) {
    connect();
    dc_.signaling->set_endpoints(node_key(), {node_at_});
    world_.filter = [&](const Sent& sent) {
        return sent.from != node_at_;
    };
    for (int i = 0; i < 20; ++i) {
        dc_.signaling->connect(node_key(), false, world_.now);
        world_.run_for(milliseconds{20});
    }
    EXPECT_EQ(node_.signaling->counters().token_demanded, 0U);
    EXPECT_EQ(node_.signaling->session_ids().size(), 1U + 4);
    EXPECT_TRUE(node_.events.empty());
    world_.filter = [](const Sent&) {
        return true;
    };
    dc_.signaling->connect(node_key(), false, world_.now);
    EXPECT_TRUE(world_.run_until([&] { return !node_.events.empty(); }, milliseconds{100}));
}

TEST_F(Dial, RemovedPeerIsAStranger) {
    connect();
    dc_.signaling->remove_peer(node_key());
    EXPECT_FALSE(dc_.signaling->is_connected(node_key()));
    EXPECT_FALSE(dc_.signaling->kind_of(node_key()));
    EXPECT_TRUE(dc_.signaling->session_ids().empty());
    const auto id = ask_dc();
    world_.run_for(seconds{11});
    EXPECT_FALSE(is_answered(id));
    ASSERT_EQ(node_.all<RequestFailed>().size(), 1U);
    EXPECT_FALSE(node_.signaling->is_connected(dc_key()));
    EXPECT_TRUE(sent_from(dc_at_).empty());
}

TEST_F(Dial, SessionIdsChangeVisibly) {
    const auto before = dc_.signaling->session_changes();
    connect();
    EXPECT_NE(dc_.signaling->session_changes(), before);
    ASSERT_EQ(dc_.signaling->session_ids().size(), 1U);
    EXPECT_FALSE(dc_.signaling->session_ids()[0].is_zero());
}

}  // namespace
}  // namespace ntm::protocol
