// SPDX-License-Identifier: BSD-3-Clause
// Requests and answers of Signaling: repeats, the cache, restarts, limits.
#include "common/protocol/ntm_header.hpp"
#include "tests/unit/common/protocol/signaling_world.hpp"

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

class Exchange : public NodeAndDc {
  protected:
    static bool is_signal(const Sent& sent) { return (sent.payload[0] & 0x0f) == 2; }
    static bool is_handshake(const Sent& sent) { return (sent.payload[0] & 0x0f) == 3; }
    std::vector<Instant> times(bool (*is_wanted)(const Sent&), const Endpoint& from) const {
        std::vector<Instant> found;
        for (const Sent& sent : sent_from(from)) {
            if (is_wanted(sent)) {
                found.push_back(sent.at);
            }
        }
        return found;
    }
};

TEST_F(Exchange, AnswerComesBackWithItsRequestsId) {
    connect();
    dc_.answers = false;
    const auto first = ask_dc();
    const auto second = ask_dc();
    EXPECT_EQ(second, first + 1);
    world_.run_for(milliseconds{10});
    auto requests = dc_.all<RequestReceived>();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].id, first);
    EXPECT_EQ(requests[0].peer, node_key());
    EXPECT_EQ(requests[0].boot_id, node_.signaling->boot_id());
    EXPECT_EQ(requests[0].source, node_at_);
    EXPECT_TRUE(requests[0].message.has_keep_alive());
    v1::Signal answer;
    answer.mutable_keep_alive_ack()->mutable_outside()->set_port(7);
    dc_.signaling->send_answer(requests[1], answer, world_.now);
    world_.run_for(milliseconds{10});
    const auto answers = node_.all<AnswerReceived>();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].id, second);
    EXPECT_EQ(answers[0].message.keep_alive_ack().outside().port(), 7U);
}

TEST_F(Exchange, RepeatsFollowTheScheduleForTenSeconds) {
    connect();
    world_.filter = [](const Sent&) {
        return false;
    };
    const Instant asked = world_.now;
    ask_dc();
    world_.run_for(seconds{20});
    const auto tries = times(is_signal, node_at_);
    // The round trip is 20 ms, so the first wait is the least one.
    ASSERT_GT(tries.size(), 20U);
    EXPECT_EQ(tries[0], asked);
    double nominal = 50;
    for (std::size_t i = 1; i < tries.size(); ++i) {
        const double wait =
            std::chrono::duration<double, std::milli>(tries[i] - tries[i - 1]).count();
        EXPECT_GE(wait, i == 1 ? 50 : nominal * 0.9);
        EXPECT_LE(wait, std::min(nominal * 1.1, 500.0));
        nominal = std::min(nominal * 1.5, 500.0);
    }
    EXPECT_LT(tries.back(), asked + seconds{10});
    EXPECT_GT(tries.back(), asked + milliseconds{9400});
    ASSERT_EQ(node_.all<RequestFailed>().size(), 1U);
    EXPECT_EQ(node_.all<RequestFailed>()[0].id, 1U);
    EXPECT_FALSE(node_.signaling->is_connected(dc_key()));
}

TEST_F(Exchange, FailsAfterExactlyTenSeconds) {
    connect();
    world_.filter = [](const Sent&) {
        return false;
    };
    const Instant asked = world_.now;
    ask_dc();
    EXPECT_TRUE(world_.run_until([&] { return !node_.events.empty(); }, seconds{20}));
    EXPECT_EQ(world_.now, asked + seconds{10});
    world_.run_for(seconds{60});
    EXPECT_EQ(node_.events.size(), 1U);
}

TEST_F(Exchange, HandshakeStartsBesideAfterTheSecondUnansweredTry) {
    connect();
    world_.filter = [](const Sent&) {
        return false;
    };
    ask_dc();
    world_.run_for(seconds{2});
    const auto tries = times(is_signal, node_at_);
    const auto handshakes = times(is_handshake, node_at_);
    ASSERT_GE(tries.size(), 3U);
    ASSERT_FALSE(handshakes.empty());
    EXPECT_EQ(handshakes[0], tries[2]);
}

TEST_F(Exchange, LostRequestAndLostAnswerAreRepeatedButDoneOnce) {
    connect();
    unsigned lost = 0;
    world_.filter = [&](const Sent& sent) {
        return !(is_signal(sent) && sent.payload.size() > 32 && ++lost <= 2);
    };
    const auto id = ask_dc();
    EXPECT_TRUE(world_.run_until([&] { return is_answered(id); }, seconds{1}));
    EXPECT_EQ(dc_.all<RequestReceived>().size(), 1U);
    world_.run_for(seconds{1});
    EXPECT_EQ(node_.all<AnswerReceived>().size(), 1U);
}

TEST_F(Exchange, RepeatedRequestIsAnsweredFromTheCacheAcrossSessions) {
    connect();
    bool lose_answers = true;
    world_.filter = [&](const Sent& sent) {
        return !(
            lose_answers && sent.from == dc_at_ && is_signal(sent) && sent.payload.size() > 32
        );
    };
    const auto id = ask_dc();
    const auto is_met_again = [&] {
        return dc_.all<PeerConnected>().size() == 1;
    };
    EXPECT_TRUE(world_.run_until(is_met_again, seconds{1})) << "a handshake beside";
    lose_answers = false;
    EXPECT_TRUE(world_.run_until([&] { return is_answered(id); }, seconds{1}));
    EXPECT_EQ(dc_.all<RequestReceived>().size(), 1U);
}

TEST_F(Exchange, RequestInWorkIsNotGivenOutTwice) {
    connect();
    dc_.answers = false;
    const auto id = ask_dc();
    world_.run_for(seconds{3});
    ASSERT_EQ(dc_.all<RequestReceived>().size(), 1U);
    dc_.signaling->send_answer(dc_.all<RequestReceived>()[0], {}, world_.now);
    EXPECT_TRUE(world_.run_until([&] { return is_answered(id); }, milliseconds{20}));
}

TEST_F(Exchange, WithoutASessionTheRequestWaitsForOne) {
    bool is_up = false;
    world_.filter = [&](const Sent&) {
        return is_up;
    };
    const auto id = ask_dc();
    world_.run_for(seconds{3});
    is_up = true;
    EXPECT_TRUE(world_.run_until([&] { return is_answered(id); }, milliseconds{600}));
    EXPECT_TRUE(node_.all<RequestFailed>().empty());
}

TEST_F(Exchange, RequestWithoutAWayFailsInTime) {
    const auto id = direct_node();
    world_.run_for(seconds{10});
    ASSERT_EQ(dc_.all<RequestFailed>().size(), 1U);
    EXPECT_EQ(dc_.all<RequestFailed>()[0].id, id);
    EXPECT_TRUE(world_.log.empty());
    world_.run_for(seconds{20});
    EXPECT_EQ(dc_.signaling->next_timeout(), Instant::never());
}

TEST_F(Exchange, RequestToAnUnknownPeerFailsAtOnce) {
    const auto nobody = crypto::KeyPair::generate(world_.random).public_key();
    const auto id = node_.signaling->send_request(nobody, {}, OnNewBoot::resend, world_.now);
    world_.pump();
    ASSERT_EQ(node_.all<RequestFailed>().size(), 1U);
    EXPECT_EQ(node_.all<RequestFailed>()[0].id, id);
}

TEST_F(Exchange, CancelledRequestIsNeitherRepeatedNorReported) {
    connect();
    world_.filter = [](const Sent&) {
        return false;
    };
    const auto id = ask_dc();
    world_.pump();
    node_.signaling->cancel_request(dc_key(), id);
    world_.run_for(seconds{20});
    EXPECT_EQ(world_.log.size(), 1U);
    EXPECT_TRUE(node_.events.empty());
}

TEST_F(Exchange, RestartedDcIsMetByAHandshakeAndTheRequestGoesOn) {
    connect();
    restart_dc();
    const Instant asked = world_.now;
    const auto id = ask_dc();
    ASSERT_TRUE(world_.run_until([&] { return is_answered(id); }, seconds{1}));
    // Two tries, 50 and 75 ms and their jitter, then handshake and request: two round trips.
    EXPECT_LT(world_.now - asked, milliseconds{55 + 83 + 40 + 1});
    ASSERT_EQ(node_.all<PeerConnected>().size(), 1U);
    EXPECT_TRUE(node_.all<PeerConnected>()[0].is_new_boot);
    EXPECT_EQ(node_.signaling->session_ids().size(), 1U) << "the old one is dead";
    EXPECT_GE(dc_.signaling->counters().unknown_session, 2U);
}

TEST_F(Exchange, RequestsForAnOldRunDieWithItWhereAsked) {
    connect();
    world_.filter = [](const Sent&) {
        return false;
    };
    const auto dies = direct_node(OnNewBoot::fail);
    const auto survives = direct_node(OnNewBoot::resend);
    world_.run_for(milliseconds{10});
    world_.filter = [](const Sent&) {
        return true;
    };
    restart_node();
    node_.signaling->connect(dc_key(), false, world_.now);
    world_.run_for(seconds{2});
    ASSERT_EQ(dc_.all<RequestFailed>().size(), 1U);
    EXPECT_EQ(dc_.all<RequestFailed>()[0].id, dies);
    ASSERT_EQ(dc_.all<AnswerReceived>().size(), 1U);
    EXPECT_EQ(dc_.all<AnswerReceived>()[0].id, survives);
    ASSERT_EQ(node_.all<RequestReceived>().size(), 1U);
    EXPECT_EQ(node_.all<RequestReceived>()[0].id, survives);
}

TEST_F(Exchange, RequestMadeBeforeTheFirstSessionDoesNotDieOfIt) {
    dc_.signaling->set_endpoints(node_key(), {node_at_});
    const auto id = direct_node(OnNewBoot::fail);
    world_.run_for(seconds{1});
    EXPECT_TRUE(dc_.all<RequestFailed>().empty());
    ASSERT_EQ(dc_.all<AnswerReceived>().size(), 1U);
    EXPECT_EQ(dc_.all<AnswerReceived>()[0].id, id);
}

TEST_F(Exchange, RestartedNodeMayUseTheSameIdsAgain) {
    connect();
    const auto before = ask_dc();
    ASSERT_TRUE(world_.run_until([&] { return is_answered(before); }, seconds{1}));
    restart_node();
    const auto after = ask_dc();
    EXPECT_EQ(before, after);
    ASSERT_TRUE(world_.run_until([&] { return is_answered(after); }, seconds{1}));
    EXPECT_EQ(dc_.all<RequestReceived>().size(), 2U);
}

TEST_F(Exchange, RestartedDcReachesANodeThatStaysSilent) {
    connect();
    restart_dc();
    dc_.signaling->set_endpoints(node_key(), {node_at_});
    const auto id = direct_node();
    world_.run_for(milliseconds{41});
    ASSERT_EQ(dc_.all<AnswerReceived>().size(), 1U);
    EXPECT_EQ(dc_.all<AnswerReceived>()[0].id, id);
    ASSERT_EQ(node_.all<PeerConnected>().size(), 1U);
    EXPECT_TRUE(node_.all<PeerConnected>()[0].is_new_boot);
    EXPECT_EQ(dc_.signaling->proven_endpoint_of(node_key()), node_at_);
}

TEST_F(Exchange, TooLongRequestsFailAndTooLongAnswersSaySo) {
    connect();
    v1::Signal message;
    message.mutable_registration_request()->set_fqdn(std::string(2000, 'x'));
    node_.signaling->send_request(dc_key(), message, OnNewBoot::resend, world_.now);
    world_.pump();
    EXPECT_EQ(node_.all<RequestFailed>().size(), 1U);
    EXPECT_TRUE(world_.log.empty());

    dc_.answers = false;
    ask_dc();
    world_.run_for(milliseconds{10});
    v1::Signal answer;
    answer.set_text(std::string(2000, 'x'));
    dc_.signaling->send_answer(dc_.all<RequestReceived>()[0], answer, world_.now);
    world_.run_for(milliseconds{10});
    ASSERT_EQ(node_.all<AnswerReceived>().size(), 1U);
    EXPECT_EQ(node_.all<AnswerReceived>()[0].message.status(), v1::STATUS_INTERNAL);
    for (const Sent& sent : world_.log) {
        EXPECT_LE(sent.payload.size(), 1200U);
    }
}

TEST_F(Exchange, LongestRequestFitsADatagram) {
    connect();
    v1::Signal message;
    message.mutable_registration_request()->set_fqdn(std::string(1150, 'x'));
    message.set_id(1);
    const std::size_t length = message.ByteSizeLong();
    message.mutable_registration_request()->set_fqdn(
        std::string(1150 + longest_signal - length, 'x')
    );
    ASSERT_EQ(message.ByteSizeLong(), longest_signal);
    node_.signaling->send_request(dc_key(), message, OnNewBoot::resend, world_.now);
    world_.pump();
    ASSERT_EQ(world_.log.size(), 1U);
    EXPECT_EQ(world_.log[0].payload.size(), 1200U);
}

TEST_F(Exchange, PeersMayAskOnlyWhatTheirKindMay) {
    connect();
    v1::Signal message;
    message.mutable_rs_status();
    node_.signaling->send_request(dc_key(), message, OnNewBoot::resend, world_.now);
    world_.run_for(milliseconds{20});
    EXPECT_TRUE(dc_.all<RequestReceived>().empty());
    ASSERT_EQ(node_.all<AnswerReceived>().size(), 1U);
    EXPECT_EQ(node_.all<AnswerReceived>()[0].message.status(), v1::STATUS_NOT_PERMITTED);

    message.mutable_keep_alive_ack();
    node_.signaling->send_request(dc_key(), message, OnNewBoot::resend, world_.now);
    world_.run_for(milliseconds{20});
    ASSERT_EQ(node_.all<AnswerReceived>().size(), 2U);
    EXPECT_EQ(node_.all<AnswerReceived>()[1].message.status(), v1::STATUS_BAD_REQUEST);
    EXPECT_EQ(dc_.signaling->counters().malformed, 2U);
}

TEST_F(Exchange, ReplayedAndForgedSignalsAreCountedAndNeverAnswered) {
    connect();
    const auto id = ask_dc();
    ASSERT_TRUE(world_.run_until([&] { return is_answered(id); }, seconds{1}));
    const Bytes request = sent_from(node_at_)[0].payload;
    const std::size_t sent = sent_from(dc_at_).size();
    world_.inject(node_at_, dc_at_, request);
    for (std::size_t at = 0; at < request.size(); ++at) {
        Bytes changed = request;
        changed[at] ^= 1;
        world_.inject(node_at_, dc_at_, changed);
        world_.inject(
            node_at_, dc_at_, {request.begin(), request.begin() + static_cast<std::ptrdiff_t>(at)}
        );
    }
    const std::uint64_t before = dc_.signaling->counters().received;
    world_.run_for(milliseconds{10});
    const SignalingCounters& counters = dc_.signaling->counters();
    EXPECT_EQ(sent_from(dc_at_).size(), sent);
    EXPECT_EQ(dc_.all<RequestReceived>().size(), 1U);
    EXPECT_GE(counters.replayed, 1U);
    EXPECT_GE(counters.bad_tag, request.size() - 32);
    EXPECT_GE(counters.unknown_session, 8U);
    EXPECT_EQ(
        counters.received - before,
        counters.replayed + counters.bad_tag + counters.unknown_session + counters.malformed +
            counters.bad_handshake
    );
}

TEST_F(Exchange, FloodOfRequestsFillsTheCacheAndNotTheMemory) {
    connect();
    dc_.answers = false;
    for (int i = 0; i < 2100; ++i) {
        ask_dc();
    }
    world_.run_for(milliseconds{15});
    EXPECT_EQ(dc_.all<RequestReceived>().size(), 2048U);
    EXPECT_GE(dc_.signaling->counters().malformed, 52U);
}

}  // namespace
}  // namespace ntm::protocol
