// SPDX-License-Identifier: BSD-3-Clause
// Handshakes of Signaling under a flood of message 1s: who is still served.
#include "common/protocol/cookie.hpp"
#include "common/protocol/noise_ik.hpp"
#include "common/protocol/ntm_header.hpp"
#include "tests/unit/common/protocol/signaling_world.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

class Flood : public NodeAndDc {
  protected:
    // So short that the DC's budgets do not fill while a handshake takes its way.
    Flood() { world_.latency = milliseconds{1}; }
    // So many message 1s of a stranger at once; each costs a Diffie-Hellman if it is opened.
    void flood(int count, const crypto::Token& token, const Endpoint& from) {
        flood(count, token, from, dc_at_);
    }
    void flood(int count, const crypto::Token& token, const Endpoint& from, const Endpoint& to) {
        for (int i = 0; i < count; ++i) {
            Bytes datagram(NtmHeader::size);
            datagram[0] = 0x13;
            append(datagram, token);
            append(datagram, world_.random.bytes<noise_message_1_overhead + 20>());
            world_.inject(from, to, std::move(datagram));
        }
        world_.run_for(Duration{0});
    }
};

// S-5.
TEST_F(Flood, UnderLoadEverybodyNeedsAToken) {
    flood(500, {}, at("198.51.100.9:1"));
    EXPECT_EQ(dc_.signaling->counters().bad_handshake, 500U);
    const auto id = ask_dc();
    EXPECT_TRUE(world_.run_until([&] { return is_answered(id); }, milliseconds{6}));
    EXPECT_EQ(dc_.signaling->counters().token_demanded, 1U);
}

TEST_F(Flood, NodeDemandsATokenUnderLoadOnly) {
    dc_.signaling->set_endpoints(node_key(), {node_at_});
    flood(499, {}, at("198.51.100.9:1"), node_at_);
    EXPECT_EQ(node_.signaling->counters().token_demanded, 0U);
    flood(2, {}, at("198.51.100.9:1"), node_at_);
    EXPECT_EQ(node_.signaling->counters().token_demanded, 1U);
    dc_.signaling->connect(node_key(), false, world_.now);
    const auto is_connected = [&] {
        return node_.signaling->is_connected(dc_key());
    };
    EXPECT_TRUE(world_.run_until(is_connected, milliseconds{6}));
}

TEST_F(Flood, OneHostWithATokenShutsNobodyOut) {
    const Endpoint host = at("198.51.100.9:1");
    flood(501, {}, host);
    const auto cookie = parse_cookie_answer(sent_from(dc_at_).at(0).payload);
    ASSERT_TRUE(cookie);
    flood(3000, cookie->token, host);
    // A fifth of what is opened without tokens in a second, and as much again at once; and all that is
    // spare.
    EXPECT_EQ(dc_.signaling->counters().handshake_limited, 3000U - 200 - 1000);
    const auto id = ask_dc();
    EXPECT_TRUE(world_.run_until([&] { return is_answered(id); }, milliseconds{6}));
    // Its own budget comes back, and what is spare.
    world_.run_for(milliseconds{500});
    flood(1000, cookie->token, host);
    EXPECT_NEAR(static_cast<double>(dc_.signaling->counters().handshake_limited), 1800 + 450, 20);
}

TEST_F(Flood, SourcesWithTokensHaveALimitTogether) {
    flood(500, {}, at("198.51.100.9:1"));
    for (int i = 0; i < 12; ++i) {
        const Endpoint host = at(("198.51.100." + std::to_string(10 + i) + ":1").c_str());
        const std::size_t before = sent_from(dc_at_).size();
        flood(1, {}, host);
        const auto cookie = parse_cookie_answer(sent_from(dc_at_).at(before).payload);
        ASSERT_TRUE(cookie);
        flood(200, cookie->token, host);
    }
    EXPECT_EQ(dc_.signaling->counters().handshake_limited, 12U * 200 - 2000);
}

// S-5.
TEST_F(Flood, DemandsForTokensHaveALimitForEachSource) {
    flood(500 + 1500, {}, at("198.51.100.9:1"));
    EXPECT_EQ(dc_.signaling->counters().token_demanded, 1000U);
    EXPECT_EQ(dc_.signaling->counters().handshake_limited, 500U);
    EXPECT_EQ(sent_from(dc_at_).size(), 1000U);
    const auto id = ask_dc();
    EXPECT_TRUE(world_.run_until([&] { return is_answered(id); }, milliseconds{6}));
    EXPECT_EQ(dc_.signaling->counters().token_demanded, 1001U);
}

// F-10: after a start of the DC, with nodes that are not there.
TEST(ManyPeers, AreServedAFewAtATime) {
    constexpr std::size_t count = 500;
    SeededRandom random{1};
    Signaling signaling{
        {crypto::KeyPair::generate(random), {1}, Secret<16>{random.bytes<16>()}}, random};
    const Instant start{seconds{1000}};
    for (std::size_t i = 0; i < count; ++i) {
        const PeerKey peer = crypto::KeyPair::generate(random).public_key();
        signaling.add_peer(peer, PeerKind::node);
        signaling.set_endpoints(peer, {at("192.0.2.1:9770")});
        signaling.connect(peer, false, start);
    }
    ASSERT_EQ(signaling.take_datagrams().size(), count);
    const Instant later = start + seconds{1};
    std::size_t repeated = 0;
    while (signaling.next_timeout() <= later) {
        signaling.handle_timeout(later);
        const std::size_t sent = signaling.take_datagrams().size();
        EXPECT_LE(sent, 64U);
        repeated += sent;
    }
    EXPECT_EQ(repeated, count);
}

}  // namespace
}  // namespace ntm::protocol
