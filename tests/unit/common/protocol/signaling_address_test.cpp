// SPDX-License-Identifier: BSD-3-Clause
// Where Signaling believes a peer to be: moves, proof, and what goes to unproven addresses.
#include "tests/unit/common/protocol/signaling_world.hpp"

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

class Address : public NodeAndDc {
  protected:
    // The node's packets come from there from now on, and what goes there reaches it.
    void move_node(const Endpoint& to) { node_.addresses = {to}; }
    // As IPv4 carries them.
    static std::size_t bytes(const std::vector<Sent>& sent, const Endpoint& to) {
        std::size_t total = 0;
        for (const Sent& each : sent) {
            total += each.to == to ? headers + each.payload.size() : 0;
        }
        return total;
    }
    static constexpr std::size_t headers = 28;
    const Endpoint away_ = at("198.51.100.77:40000");
};

TEST_F(Address, FollowsTheNodeAndProvesTheNewPlace) {
    connect();
    move_node(away_);
    node_.signaling->announce_move(dc_key(), world_.now);
    const auto id = ask_dc();
    ASSERT_TRUE(world_.run_until([&] { return is_answered(id); }, milliseconds{200}));
    EXPECT_EQ(dc_.signaling->endpoint_of(node_key()), away_);
    world_.run_for(milliseconds{100});
    EXPECT_EQ(dc_.signaling->proven_endpoint_of(node_key()), away_);
    const auto moves = dc_.all<PeerMoved>();
    ASSERT_EQ(moves.size(), 2U);
    EXPECT_EQ(moves[0].endpoint, away_);
    EXPECT_FALSE(moves[0].is_proven);
    EXPECT_EQ(moves[1].endpoint, away_);
    EXPECT_TRUE(moves[1].is_proven);
    EXPECT_TRUE(node_.all<RequestReceived>().empty()) << "the probe is Signaling's own";
    EXPECT_TRUE(dc_.all<AnswerReceived>().empty());
}

TEST_F(Address, NatThatRebindsIsNoticedByTheNextPacket) {
    connect();
    world_.rewrite = [&](Sent& sent) {
        if (sent.from == node_at_) {
            sent.from = away_;
        }
    };
    node_.addresses.push_back(away_);
    const auto id = ask_dc();
    // The probe goes first, and the answer fits when that has been answered.
    EXPECT_TRUE(world_.run_until([&] { return is_answered(id); }, milliseconds{40}));
    EXPECT_EQ(dc_.signaling->proven_endpoint_of(node_key()), away_);
}

TEST_F(Address, ShortAnswersLeaveRoomForALongerProbe) {
    connect();
    // The DC's ids have grown, so that its probe is longer than the node's request.
    const auto nobody = crypto::KeyPair::generate(world_.random).public_key();
    for (int i = 0; i < 20'000; ++i) {
        dc_.signaling->send_request(nobody, {}, OnNewBoot::resend, world_.now);
    }
    world_.rewrite = [&](Sent& sent) {
        if (sent.from == node_at_) {
            sent.from = away_;
        }
    };
    node_.addresses.push_back(away_);
    const auto id = ask_dc();
    EXPECT_TRUE(world_.run_until([&] { return is_answered(id); }, milliseconds{200}));
    EXPECT_EQ(dc_.signaling->proven_endpoint_of(node_key()), away_);
}

// F-1: answers as long as their requests would use up what may be sent there, but for the probe.
TEST_F(Address, LostProbeIsRepeatedWhileAnswersWait) {
    connect();
    dc_.answers = false;
    world_.rewrite = [&](Sent& sent) {
        if (sent.from == node_at_) {
            sent.from = away_;
        }
    };
    bool is_lost = false;
    world_.filter = [&](const Sent& sent) {
        return sent.to != away_ || std::exchange(is_lost, true);
    };
    node_.addresses.push_back(away_);
    const std::string text(40, 'x');
    v1::Signal question;
    question.mutable_direction_request()->set_fqdn(text);
    v1::Signal answer;
    answer.set_text(text);
    std::size_t answered = 0;
    for (int i = 0; i < 5; ++i) {
        node_.signaling->send_request(dc_key(), question, OnNewBoot::resend, world_.now);
        ASSERT_TRUE(world_.run_until(
            [&] { return dc_.all<RequestReceived>().size() > answered; }, milliseconds{100}
        ));
        const auto requests = dc_.all<RequestReceived>();
        dc_.signaling->send_answer(requests[answered++], answer, world_.now);
        world_.run_for(milliseconds{300});
    }
    EXPECT_TRUE(is_lost);
    EXPECT_EQ(dc_.signaling->proven_endpoint_of(node_key()), away_);
}

TEST_F(Address, LostAnnouncementIsRepeatedUntilThePeerFollows) {
    connect();
    move_node(away_);
    unsigned lost = 0;
    world_.filter = [&](const Sent&) {
        return ++lost > 4;
    };
    node_.signaling->announce_move(dc_key(), world_.now);
    world_.run_for(seconds{1});
    EXPECT_EQ(dc_.signaling->proven_endpoint_of(node_key()), away_);
    const std::size_t sent = world_.log.size();
    world_.run_for(seconds{60});
    EXPECT_EQ(world_.log.size(), sent);
}

// S-1.
TEST_F(Address, UnprovenPlaceGetsNoMoreBytesThanCameFromThere) {
    connect();
    // Somebody on the way sends the node's packets on from an address that does not answer.
    world_.rewrite = [&](Sent& sent) {
        if (sent.from == node_at_) {
            sent.from = away_;
        }
    };
    dc_.answers = false;
    for (int i = 0; i < 20; ++i) {
        ask_dc();
    }
    world_.run_for(milliseconds{10});
    const auto requests = dc_.all<RequestReceived>();
    ASSERT_EQ(requests.size(), 20U);
    v1::Signal answer;
    answer.set_text(std::string(500, 'x'));
    std::size_t received = 0;
    for (const RequestReceived& request : requests) {
        dc_.signaling->send_answer(request, answer, world_.now);
        for (int i = 0; i < 3; ++i) {
            direct_node();
        }
    }
    for (int i = 0; i < 200; ++i) {
        world_.run_for(milliseconds{50});
        received = 0;
        for (const Sent& sent : world_.log) {
            received += sent.from == away_ && sent.to == dc_at_ ? headers + sent.payload.size() : 0;
        }
        ASSERT_LE(bytes(world_.log, away_), received);
    }
    EXPECT_GT(bytes(world_.log, away_), 0U) << "probes";
    EXPECT_FALSE(dc_.signaling->proven_endpoint_of(node_key()));
}

TEST_F(Address, PacketOvertakenFromElsewhereDoesNotCutTheNodeOff) {
    connect();
    // An attacker is faster with the node's own packet, once.
    bool is_first = true;
    world_.rewrite = [&](Sent& sent) {
        if (sent.from == node_at_ && std::exchange(is_first, false)) {
            sent.from = away_;
        }
    };
    dc_.answers = false;
    ask_dc();
    world_.run_for(milliseconds{11});
    EXPECT_EQ(dc_.signaling->endpoint_of(node_key()), away_);
    EXPECT_FALSE(dc_.signaling->proven_endpoint_of(node_key()));
    v1::Signal message;
    message.mutable_route_direction()->set_peer_fqdn(std::string(300, 'x'));
    dc_.signaling->send_request(node_key(), message, OnNewBoot::resend, world_.now);
    world_.run_for(milliseconds{40});
    ASSERT_EQ(dc_.all<AnswerReceived>().size(), 1U) << "by the way that is proven";
    EXPECT_EQ(dc_.signaling->proven_endpoint_of(node_key()), node_at_);
}

// S-4.
TEST_F(Address, LowerCounterDoesNotMoveThePeer) {
    connect();
    ask_dc();
    world_.filter = [](const Sent&) {
        return false;
    };
    world_.pump();
    const Bytes late = sent_from(node_at_).back().payload;
    world_.filter = [](const Sent&) {
        return true;
    };
    ask_dc();
    world_.run_for(milliseconds{20});
    world_.inject(away_, dc_at_, late);
    world_.run_for(milliseconds{20});
    EXPECT_EQ(dc_.signaling->counters().replayed, 0U);
    EXPECT_EQ(dc_.signaling->endpoint_of(node_key()), node_at_);
}

TEST_F(Address, HeldAnswerGoesOutWhenThePlaceIsProven) {
    connect();
    dc_.answers = false;
    move_node(away_);
    node_.signaling->announce_move(dc_key(), world_.now);
    const auto id = ask_dc();
    world_.run_for(milliseconds{11});
    ASSERT_EQ(dc_.all<RequestReceived>().size(), 1U);
    v1::Signal answer;
    answer.set_text(std::string(800, 'x'));
    dc_.signaling->send_answer(dc_.all<RequestReceived>()[0], answer, world_.now);
    const Instant answered = world_.now;
    ASSERT_TRUE(world_.run_until([&] { return is_answered(id); }, seconds{1}));
    // The probe's round trip and the answer's way: no repeat of the request was waited for.
    EXPECT_LE(world_.now - answered, milliseconds{30});
}

TEST_F(Address, MoveToTheOtherFamilyFindsTheDcThere) {
    const Endpoint dc6 = at("[2001:db8::10]:9770");
    dc_.addresses.push_back(dc6);
    node_.signaling->set_endpoints(dc_key(), {dc_at_, dc6});
    connect();
    EXPECT_EQ(node_.signaling->endpoint_of(dc_key()), dc_at_);
    move_node(at("[2001:db8::77]:9770"));
    node_.signaling->announce_move(dc_key(), world_.now);
    const auto id = ask_dc();
    ASSERT_TRUE(world_.run_until([&] { return is_answered(id); }, milliseconds{100}));
    EXPECT_EQ(node_.signaling->endpoint_of(dc_key()), dc6);
    world_.run_for(milliseconds{100});
    EXPECT_EQ(dc_.signaling->proven_endpoint_of(node_key()), at("[2001:db8::77]:9770"));
    EXPECT_TRUE(dc_.all<PeerConnected>().empty()) << "the same session";
}

TEST_F(Address, NothingGoesByAFamilyThatIsNotNamedAnyMore) {
    const Endpoint dc6 = at("[2001:db8::10]:9770");
    dc_.addresses.push_back(dc6);
    node_.signaling->set_endpoints(dc_key(), {dc_at_, dc6});
    connect();
    node_.addresses.push_back(at("[2001:db8::77]:9770"));
    node_.signaling->set_endpoints(dc_key(), {dc6});
    const std::size_t before = world_.log.size();
    node_.signaling->announce_move(dc_key(), world_.now);
    world_.run_for(milliseconds{100});
    EXPECT_EQ(node_.signaling->endpoint_of(dc_key()), dc6);
    const auto since = world_.log.begin() + static_cast<std::ptrdiff_t>(before);
    EXPECT_EQ(std::ranges::count(since, world_.log.end(), dc_at_, &Sent::to), 0);
}

// The DC has something to say each time that the node has moved, and its requests and the answers
// are under way in both families.
TEST_F(Address, HostsWithBothFamiliesDoNotChangeOverForEver) {
    const Endpoint dc6 = at("[2001:db8::10]:9770");
    dc_.addresses.push_back(dc6);
    node_.addresses.push_back(at("[2001:db8::77]:9770"));
    node_.signaling->set_endpoints(dc_key(), {dc_at_, dc6});
    connect();
    node_.signaling->announce_move(dc_key(), world_.now);
    std::size_t moves = 0;
    for (int i = 0; i < 2000; ++i) {
        world_.run_for(milliseconds{1});
        for (; moves < dc_.all<PeerMoved>().size(); ++moves) {
            v1::Signal message;
            message.mutable_path_release()->set_path_id(1);
            dc_.signaling->send_request(
                node_key(), std::move(message), OnNewBoot::fail, world_.now
            );
        }
    }
    EXPECT_LE(moves, 6U);
}

// The DC's request comes by the other family while the empty packet is under way that it answers.
TEST_F(Address, AnswerToAnEmptyPacketDoesNotChangeTheFamily) {
    const Endpoint dc6 = at("[2001:db8::10]:9770");
    dc_.addresses.push_back(dc6);
    node_.addresses.push_back(at("[2001:db8::77]:9770"));
    node_.signaling->set_endpoints(dc_key(), {dc_at_, dc6});
    world_.filter = [&](const Sent& sent) {
        return sent.from != dc_at_ || !dc_.signaling->is_connected(node_key());
    };
    node_.signaling->connect(dc_key(), false, world_.now);
    const auto has_repeated = [&] {
        return std::ranges::count_if(sent_from(node_at_), [](const Sent& sent) {
                   return type_of(sent.payload) != 3;
               }) == 2;
    };
    ASSERT_TRUE(world_.run_until(has_repeated, seconds{1}));
    world_.filter = [](const Sent&) {
        return true;
    };
    world_.rewrite = [&](Sent& sent) {
        sent = {sent.at, dc6, at("[2001:db8::77]:9770"), sent.payload};
    };
    direct_node();
    world_.pump();
    world_.rewrite = [](Sent&) {
    };
    world_.run_for(milliseconds{10});
    ASSERT_EQ(node_.signaling->endpoint_of(dc_key()), dc6);
    world_.run_for(milliseconds{10});
    EXPECT_EQ(node_.signaling->endpoint_of(dc_key()), dc6);
}

TEST_F(Address, PendingRequestsGoOutFromTheNewPlaceAtOnce) {
    connect();
    world_.filter = [](const Sent&) {
        return false;
    };
    const auto id = ask_dc();
    world_.run_for(milliseconds{300});
    world_.filter = [](const Sent&) {
        return true;
    };
    move_node(away_);
    node_.signaling->announce_move(dc_key(), world_.now);
    EXPECT_TRUE(world_.run_until([&] { return is_answered(id); }, milliseconds{61}));
}

TEST_F(Address, AnswersLeaveFromTheAddressThatWasAsked) {
    connect();
    dc_.signaling->handle_timeout(world_.now);
    ask_dc();
    world_.run_for(milliseconds{10});
    // What the DC hands to its socket names the local end.
    Signaling::Settings settings{dc_keys_.clone(), {1}, Secret<16>{world_.random.bytes<16>()}};
    Signaling fresh{std::move(settings), world_.random};
    fresh.add_peer(node_key(), PeerKind::node);
    Bytes message_1;
    restart_node();
    node_.signaling->connect(dc_key(), false, world_.now);
    auto asked = node_.signaling->take_datagrams();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].local, Endpoint{});
    const Endpoint second_address = at("203.0.113.11:9770");
    fresh.handle_datagram({second_address, node_at_, asked[0].payload}, world_.now);
    const auto answers = fresh.take_datagrams();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].local, second_address);
    EXPECT_EQ(answers[0].remote, node_at_);
}

TEST_F(Address, HandshakeThroughANewPlaceProvesIt) {
    connect();
    move_node(away_);
    node_.signaling->connect(dc_key(), false, world_.now);
    world_.run_for(milliseconds{100});
    EXPECT_EQ(dc_.signaling->proven_endpoint_of(node_key()), away_);
    ASSERT_EQ(dc_.all<PeerMoved>().size(), 1U);
    EXPECT_TRUE(dc_.all<PeerMoved>()[0].is_proven);
}

TEST_F(Address, SessionConfirmedFromElsewhereIsNotProven) {
    // The first packet of the session comes from another address than message 1 did.
    unsigned count = 0;
    world_.rewrite = [&](Sent& sent) {
        if (sent.from == node_at_ && ++count >= 2) {
            sent.from = away_;
        }
    };
    dc_.answers = false;
    node_.signaling->connect(dc_key(), false, world_.now);
    world_.run_for(milliseconds{31});
    ASSERT_TRUE(dc_.signaling->is_connected(node_key()));
    EXPECT_EQ(dc_.signaling->endpoint_of(node_key()), away_);
    EXPECT_FALSE(dc_.signaling->proven_endpoint_of(node_key()));
}

}  // namespace
}  // namespace ntm::protocol
