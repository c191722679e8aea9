// SPDX-License-Identifier: BSD-3-Clause
// Handshakes of Signaling: their bytes, loss and replay, tokens, crossing, strangers.
#include "common/protocol/cookie.hpp"
#include "common/protocol/noise_ik.hpp"
#include "common/protocol/ntm_header.hpp"
#include "tests/unit/common/protocol/signaling_world.hpp"

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

class Handshake : public NodeAndDc {
  protected:
    // A message 1 to the DC, as `from` would make it.
    Bytes message_1(const crypto::KeyPair& from, const crypto::Token& token, ByteView payload) {
        Bytes datagram = *from_hex("13000000000000000000000000000000");
        append(datagram, token);
        Bytes prologue;
        append(prologue, as_bytes("NTM/1"));
        append(prologue, datagram);
        NoiseInitiator noise{
            from.clone(), dc_key(), crypto::KeyPair::generate(world_.random), prologue};
        append(datagram, *noise.write_message_1(payload));
        return datagram;
    }
    static Bytes hello(std::uint64_t session_id, std::uint32_t version) {
        v1::Hello message;
        message.set_session_id(session_id);
        message.set_boot_id(9);
        message.set_version(version);
        const std::string text = message.SerializeAsString();
        return {text.begin(), text.end()};
    }
    void deliver(const Bytes& datagram, const Endpoint& from) {
        world_.inject(from, dc_at_, datagram);
        world_.run_for(milliseconds{1});
    }
};

TEST_F(Handshake, TakesOneRoundTripAndItsBytesAreThoseOfTheProtocol) {
    const auto id = ask_dc();
    ASSERT_TRUE(world_.run_until([&] { return is_answered(id); }, seconds{1}));
    EXPECT_EQ(world_.now, Instant{seconds{1000}} + milliseconds{40});
    ASSERT_EQ(world_.log.size(), 4U);

    const Bytes& first = world_.log[0].payload;
    EXPECT_EQ(to_hex(ByteView{first}.first(32)), "13" + std::string(62, '0'));
    EXPECT_EQ(first.size(), 16U + 16 + noise_message_1_overhead + 20);
    const Bytes& second = world_.log[1].payload;
    EXPECT_EQ(to_hex(ByteView{second}.first(8)), "1304000000000000");
    EXPECT_NE(NtmHeader::parse(second)->id, 0U);
    EXPECT_LE(second.size(), first.size());
    // The request itself confirms the session.
    const Bytes& third = world_.log[2].payload;
    EXPECT_EQ(to_hex(ByteView{third}.first(8)), "1200000000000000");
    EXPECT_EQ(type_of(world_.log[3].payload), 2);
}

TEST_F(Handshake, PrologueCoversMagicHeaderAndToken) {
    deliver(message_1(node_keys_, {}, hello(5, 1)), node_at_);
    ASSERT_EQ(sent_from(dc_at_).size(), 1U);
    for (const std::size_t at : {std::size_t{2}, std::size_t{31}}) {
        Bytes changed = message_1(node_keys_, {}, hello(5, 1));
        changed[at] ^= 1;
        deliver(changed, node_at_);
    }
    EXPECT_EQ(sent_from(dc_at_).size(), 1U);
    EXPECT_EQ(dc_.signaling->counters().bad_handshake, 2U);
}

TEST_F(Handshake, AnnouncesThePeerAtBothEnds) {
    node_.signaling->connect(dc_key(), false, world_.now);
    world_.run_for(seconds{1});
    ASSERT_EQ(node_.all<PeerConnected>().size(), 1U);
    EXPECT_TRUE(node_.all<PeerConnected>()[0].is_new_boot);
    EXPECT_EQ(node_.all<PeerConnected>()[0].boot_id, dc_.signaling->boot_id());
    ASSERT_EQ(dc_.all<PeerConnected>().size(), 1U);
    EXPECT_EQ(dc_.all<PeerConnected>()[0].boot_id, node_.signaling->boot_id());
    ASSERT_EQ(dc_.all<PeerMoved>().size(), 1U);
    EXPECT_EQ(dc_.all<PeerMoved>()[0].endpoint, node_at_);
    EXPECT_TRUE(dc_.all<PeerMoved>()[0].is_proven);
    EXPECT_EQ(dc_.signaling->proven_endpoint_of(node_key()), node_at_);
    EXPECT_EQ(node_.signaling->smoothed_rtt_of(dc_key()), milliseconds{20});
}

TEST_F(Handshake, EmptyPacketConfirmsAndIsRepeatedUntilHeard) {
    unsigned empties = 0;
    world_.filter = [&](const Sent& sent) {
        return !(sent.from == node_at_ && sent.payload.size() == 32 && ++empties <= 3);
    };
    node_.signaling->connect(dc_key(), false, world_.now);
    world_.run_for(seconds{4});
    EXPECT_EQ(empties, 4U);
    EXPECT_TRUE(dc_.signaling->is_connected(node_key()));
}

// S-1.
TEST_F(Handshake, Message1AloneChangesNothing) {
    connect();
    const auto before = dc_.signaling->session_ids();
    world_.filter = [&](const Sent& sent) {
        return type_of(sent.payload) != 3 || is_message_1(sent);
    };
    node_.signaling->connect(dc_key(), false, world_.now);
    world_.run_for(seconds{1});
    EXPECT_TRUE(dc_.events.empty());
    EXPECT_EQ(dc_.signaling->session_ids().size(), before.size() + 1);
    // The present session works on, and what nobody confirms is forgotten after 5 s.
    const auto id = ask_dc();
    EXPECT_TRUE(world_.run_until([&] { return is_answered(id); }, milliseconds{20}));
    world_.filter = [](const Sent& sent) {
        return type_of(sent.payload) != 3;
    };
    world_.run_for(seconds{16});
    EXPECT_EQ(dc_.signaling->session_ids(), before);
}

TEST_F(Handshake, RepeatedMessage1GetsTheSameMessage2) {
    const Bytes asked = message_1(node_keys_, {}, hello(5, 1));
    deliver(asked, node_at_);
    deliver(asked, node_at_);
    auto answers = sent_from(dc_at_);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0].payload, answers[1].payload);
    EXPECT_EQ(dc_.signaling->session_ids().size(), 1U);
    EXPECT_EQ(dc_.signaling->counters().handshake_repeated, 1U);
    // Once forgotten, it is a new one.
    world_.run_for(seconds{5});
    EXPECT_TRUE(dc_.signaling->session_ids().empty());
    deliver(asked, node_at_);
    answers = sent_from(dc_at_);
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_NE(answers[2].payload, answers[0].payload);
}

TEST_F(Handshake, Message2OfAHandshakeThatIsOverIsCounted) {
    Bytes answer;
    world_.filter = [&](const Sent& sent) {
        answer = sent.from == dc_at_ && answer.empty() ? sent.payload : answer;
        return true;
    };
    connect();
    for (unsigned i = 1; i <= 3; ++i) {
        world_.inject(dc_at_, node_at_, answer);
        world_.run_for(milliseconds{20});
        EXPECT_EQ(node_.signaling->counters().replayed, i);
    }
}

TEST_F(Handshake, TokenIsDemandedWhereASessionStands) {
    connect();
    node_.signaling->connect(dc_key(), false, world_.now);
    world_.run_for(seconds{1});
    ASSERT_GE(world_.log.size(), 4U);
    const auto asked = messages_1();
    ASSERT_EQ(asked.size(), 2U);
    const auto cookie = parse_cookie_answer(world_.log[1].payload);
    ASSERT_TRUE(cookie);
    EXPECT_EQ(to_hex(ByteView{asked[0].payload}.subspan(32, 8)), PathId{cookie->nonce}.text());
    EXPECT_EQ(cookie->outside, node_at_);
    EXPECT_EQ(cookie->boot_id, dc_.signaling->boot_id());
    // Repeated at once with the token, as a new Noise message.
    EXPECT_EQ(asked[1].at, asked[0].at + milliseconds{20});
    EXPECT_EQ(to_hex(ByteView{asked[1].payload}.subspan(16, 16)), to_hex(cookie->token));
    EXPECT_NE(
        to_hex(ByteView{asked[1].payload}.subspan(32, 32)),
        to_hex(ByteView{asked[0].payload}.subspan(32, 32))
    );
    EXPECT_EQ(dc_.all<PeerConnected>().size(), 1U);
    EXPECT_FALSE(dc_.all<PeerConnected>()[0].is_new_boot);
    EXPECT_EQ(dc_.signaling->counters().token_demanded, 1U);
}

TEST_F(Handshake, UnconfirmedSessionDemandsATokenToo) {
    deliver(message_1(node_keys_, {}, hello(5, 1)), node_at_);
    deliver(message_1(node_keys_, {}, hello(6, 1)), node_at_);
    const auto answers = sent_from(dc_at_);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_FALSE(parse_cookie_answer(answers[0].payload));
    EXPECT_TRUE(parse_cookie_answer(answers[1].payload));
    EXPECT_EQ(dc_.signaling->session_ids().size(), 1U);
}

TEST_F(Handshake, TokenOfAnotherSourceDoesNotCount) {
    deliver(message_1(node_keys_, {}, hello(5, 1)), node_at_);
    deliver(message_1(node_keys_, {}, hello(6, 1)), at("198.51.100.9:1"));
    const auto cookie = parse_cookie_answer(sent_from(dc_at_)[1].payload);
    ASSERT_TRUE(cookie);
    deliver(message_1(node_keys_, cookie->token, hello(6, 1)), node_at_);
    EXPECT_TRUE(parse_cookie_answer(sent_from(dc_at_)[2].payload));
    deliver(message_1(node_keys_, cookie->token, hello(6, 1)), at("198.51.100.9:1"));
    EXPECT_FALSE(parse_cookie_answer(sent_from(dc_at_)[3].payload));
}

TEST_F(Handshake, CookiesFromElsewhereAndSecondOnesAreNotTaken) {
    world_.filter = [&](const Sent& sent) {
        return sent.from != node_at_;
    };
    node_.signaling->connect(dc_key(), false, world_.now);
    world_.pump();
    CookieAnswer answer;
    answer.nonce = load<Be64>(world_.log[0].payload.data() + 32).to_host();
    answer.outside = node_at_;
    EXPECT_TRUE(node_.signaling->owns_cookie(answer.nonce));
    EXPECT_FALSE(node_.signaling->owns_cookie(answer.nonce + 1));
    world_.inject(at("198.51.100.9:1"), node_at_, build_cookie_answer(answer));
    world_.run_for(milliseconds{1});
    EXPECT_EQ(world_.log.size(), 1U);
    for (int i = 0; i < 3; ++i) {
        world_.inject(dc_at_, node_at_, build_cookie_answer(answer));
        world_.run_for(milliseconds{1});
    }
    EXPECT_EQ(world_.log.size(), 2U);
    answer.nonce ^= 1;
    world_.inject(dc_at_, node_at_, build_cookie_answer(answer));
    world_.run_for(milliseconds{1});
    EXPECT_EQ(node_.signaling->counters().unknown_session, 1U);
}

TEST_F(Handshake, ForgedCookieDoesNotStopTheAnswerUnderWay) {
    node_.signaling->connect(dc_key(), false, world_.now);
    world_.pump();
    CookieAnswer forged;
    forged.nonce = load<Be64>(world_.log[0].payload.data() + 32).to_host();
    forged.outside = node_at_;
    forged.token[0] = 1;
    world_.inject(dc_at_, node_at_, build_cookie_answer(forged));
    EXPECT_TRUE(
        world_.run_until([&] { return node_.signaling->is_connected(dc_key()); }, milliseconds{20})
    );
}

TEST_F(Handshake, StrangersGetNoAnswer) {
    const auto stranger = crypto::KeyPair::generate(world_.random);
    deliver(message_1(stranger, {}, hello(5, 1)), node_at_);
    // The DC's own key, and messages that are none.
    deliver(message_1(dc_keys_, {}, hello(5, 1)), node_at_);
    const Bytes good = message_1(node_keys_, {}, hello(5, 1));
    for (const std::size_t length : {16U, 31U, 32U, 64U, 127U}) {
        deliver({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)}, node_at_);
    }
    for (std::size_t at = 32; at < good.size(); at += 3) {
        Bytes changed = good;
        changed[at] ^= 1;
        deliver(changed, node_at_);
    }
    EXPECT_TRUE(sent_from(dc_at_).empty());
    EXPECT_TRUE(dc_.events.empty());
    EXPECT_TRUE(dc_.signaling->session_ids().empty());
    EXPECT_EQ(dc_.signaling->counters().bad_handshake, dc_.signaling->counters().received);
}

TEST_F(Handshake, HelloMustNameASessionAndAVersion) {
    deliver(message_1(node_keys_, {}, hello(0, 1)), node_at_);
    deliver(message_1(node_keys_, {}, hello(5, 0)), node_at_);
    deliver(message_1(node_keys_, {}, Bytes{0xff, 0xff}), node_at_);
    EXPECT_TRUE(sent_from(dc_at_).empty());
    deliver(message_1(node_keys_, {}, hello(5, 9)), node_at_);
    EXPECT_EQ(sent_from(dc_at_).size(), 1U);
}

// S-4.
TEST_F(Handshake, CapturedHandshakesReplayedChangeNothing) {
    world_.run_for(seconds{1});
    const auto first = ask_dc();
    ASSERT_TRUE(world_.run_until([&] { return is_answered(first); }, seconds{1}));
    const std::vector<Sent> captured = world_.log;
    dc_.events.clear();
    node_.events.clear();
    for (const Duration later : {Duration{milliseconds{1}}, Duration{seconds{6}}}) {
        world_.run_for(later);
        for (const Sent& sent : captured) {
            world_.inject(sent.from, sent.to, sent.payload);
            world_.inject(at("198.51.100.9:1"), sent.to, sent.payload);
        }
        world_.run_for(seconds{1});
    }
    EXPECT_TRUE(dc_.events.empty());
    EXPECT_TRUE(node_.events.empty());
    EXPECT_EQ(dc_.signaling->endpoint_of(node_key()), node_at_);
    EXPECT_EQ(node_.signaling->endpoint_of(dc_key()), dc_at_);
    EXPECT_GE(dc_.signaling->counters().replayed, 4U);
    EXPECT_GE(node_.signaling->counters().replayed, 4U);
    const auto again = ask_dc();
    EXPECT_TRUE(world_.run_until([&] { return is_answered(again); }, milliseconds{20}));
}

}  // namespace
}  // namespace ntm::protocol
