// SPDX-License-Identifier: BSD-3-Clause
// The director with NAPT: the legs of paths that end in the relay, their keys, and END.
#include "tests/unit/control/ends_world.hpp"

namespace ntm::control {

namespace {

using namespace std::chrono_literals;
using Commands = std::vector<DirectorCommand>;
using testing::IsEmpty;

TEST_F(Ends, RequestBindsAndThePathIsReady) {
    direct(dc_a, ending(7, 1));
    commands();
    const Bytes request = sealed_request({});
    arrive(request, mn_at, relay4);
    EXPECT_EQ(commands(), (Commands{ReplacePath{bound(7)}}));
    const auto got = answers(Role::initiator);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_TRUE(got[0].response.bound());
    EXPECT_TRUE(got[0].response.peer_bound());
    EXPECT_LE(got[0].datagram.payload.size(), request.size());
}

// S-4.
TEST_F(Ends, RequestFromElsewhereNeedsAToken) {
    direct(dc_a, ending(7, 1));
    commands();
    const v1::TunnelResponse first = ask({}, stranger, relay4);
    EXPECT_FALSE(first.bound());
    EXPECT_EQ(commands(), Commands{});
    pass(20ms);
    EXPECT_TRUE(ask({.token = first.token()}, stranger, relay4).bound());
}

// S-1: nobody knows a secret of the leg that the path has not, and it is not all zero either.
TEST_F(Ends, ThereIsNoLegOfTheResponder) {
    direct(dc_a, ending(7, 1));
    commands();
    v1::Leg message;
    message.mutable_request()->set_nonce("nonce-01");
    protocol::pad_tunnel_request(*message.mutable_request());
    for (const Secret32& secret : {Secret32{}, secret_of(Role::initiator)}) {
        const Bytes request =
            protocol::seal_leg(secret, PathId{7}, Role::responder, message, random);
        arrive(request, cn_at, relay6);
    }
    EXPECT_EQ(director->counters().unknown_path, 2U);
    EXPECT_THAT(to_nodes, IsEmpty());
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Ends, MoveKeepsTheOldSourceForTwoSeconds) {
    make_bound_path();
    move_leg();
    tables::RelayPath path = bound(7);
    path.legs[0] = {true, mn_moved, relay4, mn_at, relay4, hop4};
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));
    pass(2s);
    path.legs[0].previous_remote.reset();
    path.legs[0].previous_local = {};
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));
}

TEST_F(Ends, RouteChangeReachesTheGeneralNodesToo) {
    direct(dc_a, ending(7, 1));
    commands();
    next_hop_ipv4 = 9;
    director->handle_route_change();
    director->walk_routes();
    EXPECT_EQ(ended(7).end->general_nodes[0].next_hop, 9U);
    EXPECT_EQ(commands(), (Commands{ReplacePath{ended(7)}}));
}

TEST_F(Ends, HigherRevisionWithTheSameSecretKeepsBindingAndKeys) {
    make_bound_path();
    const auto keys = keys_of(7);
    v1::RelayDirection next = ending(7, 2);
    next.mutable_end()->mutable_general_nodes()->RemoveLast();
    direct(dc_a, next);
    tables::RelayPath path = bound(7);
    path.end->general_nodes.pop_back();
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));
    EXPECT_EQ(keys_of(7), keys);
}

TEST_F(Ends, NewSecretMakesNewKeysAndTheLegHasToBeBoundAnew) {
    make_bound_path();
    const auto keys = keys_of(7);
    direct(dc_a, with_secret(ending(7, 2), 'z'));
    EXPECT_NE(keys_of(7), keys);
    EXPECT_EQ(commands(), (Commands{ReplacePath{ended(7)}}));
    arrive(sealed_request({}), mn_at, relay4);
    EXPECT_EQ(director->counters().bad_leg_tag, 1U) << "under the old secret";
}

// S-10.
TEST_F(Ends, SecretThatComesBackGoesOnCountingWhereItWas) {
    direct(dc_a, ending(7, 1));
    const auto keys = keys_of(7);
    keys->sealing.next_counter = 1234;
    release(dc_a, 7, 1);
    direct(dc_a, ending(7, 2));
    EXPECT_EQ(keys_of(7), keys);
    direct(dc_a, with_secret(ending(7, 3), 'z'));
    EXPECT_NE(keys_of(7), keys);
    direct(dc_a, ending(7, 4));
    EXPECT_EQ(keys_of(7), keys);
    EXPECT_EQ(keys->sealing.next_counter, 1234U);
}

TEST_F(Ends, ProbeIsAnsweredAsLongAsTheNodeIsWhereItIsBound) {
    make_bound_path();
    for (const std::size_t pad : {std::size_t{0}, std::size_t{1200}}) {
        const Bytes asked = sealed_end(probe("nonce-ab", pad));
        arrive(asked, mn_at, relay4);
        ASSERT_EQ(to_nodes.size(), 1U);
        EXPECT_EQ(to_nodes[0].local, relay4);
        EXPECT_EQ(to_nodes[0].remote, mn_at);
        EXPECT_LE(to_nodes[0].payload.size(), asked.size());
        const auto header = protocol::NtmHeader::parse(to_nodes[0].payload);
        ASSERT_TRUE(header);
        EXPECT_EQ(header->role(), Role::responder);
        const auto answer = protocol::open_end(secret_of(Role::initiator), to_nodes[0].payload);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->probe_answer().nonce(), "nonce-ab");
        to_nodes.clear();
    }
    EXPECT_EQ(director->counters().end_probes, 2U);
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Ends, EndFromWhereTheLegIsNotBoundIsCountedAndNotAnswered) {
    direct(dc_a, ending(7, 1));
    arrive(sealed_end(probe()), mn_at, relay4);
    make_bound_path();
    arrive(sealed_end(probe()), stranger, relay4);
    arrive(sealed_end(probe()), mn_at, relay6);
    move_leg();
    to_nodes.clear();
    arrive(sealed_end(probe()), mn_at, relay4);
    EXPECT_EQ(director->counters().foreign_end_source, 4U);
    EXPECT_THAT(to_nodes, IsEmpty());
    arrive(sealed_end(probe()), mn_moved, relay4);
    EXPECT_EQ(director->counters().end_probes, 1U);
}

// S-1.
TEST_F(Ends, EveryFlippedBitMakesAProbeWorthless) {
    make_bound_path();
    const Bytes good = sealed_end(probe());
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Bytes flipped = good;
        flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        arrive(flipped, mn_at, relay4);
        EXPECT_THAT(to_nodes, IsEmpty()) << bit;
    }
    EXPECT_GT(director->counters().bad_end_tag, (good.size() - 16) * 8 - 1);
    EXPECT_EQ(director->counters().end_probes, 0U);
}

TEST_F(Ends, EndThatIsNoGoodProbeIsCountedAndNotAnswered) {
    make_bound_path();
    v1::End answer;
    answer.mutable_probe_answer()->set_nonce("nonce-01");
    arrive(sealed_end(answer), mn_at, relay4);
    arrive(sealed_end(probe("short")), mn_at, relay4);
    arrive(sealed_end({}), mn_at, relay4);
    Bytes truncated = sealed_end(probe());
    truncated.resize(40);
    arrive(truncated, mn_at, relay4);
    EXPECT_EQ(director->counters().malformed, 4U);
    arrive(sealed_end(probe(), Role::responder), mn_at, relay4);
    EXPECT_EQ(director->counters().not_for_control, 1U) << "the responder is the relay";
    EXPECT_THAT(to_nodes, IsEmpty());
}

}  // namespace

}  // namespace ntm::control
