// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/control/director_world.hpp"

#include <gmock/gmock.h>

namespace ntm::control {

namespace {

using namespace std::chrono_literals;
using Commands = std::vector<DirectorCommand>;
using Legs = DirectorWorld;

TEST_F(Legs, RequestFromTheProvenAddressBindsAtOnce) {
    direct(dc_a, direction(7, 1));
    commands();
    const Bytes request = sealed_request({});
    arrive(request, mn_at, relay4);
    tables::RelayPath path = unbound(7);
    path.legs[0] = {true, mn_at, relay4, std::nullopt, {}, hop4};
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));

    const auto got = answers(Role::initiator);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].datagram.local, relay4);
    EXPECT_EQ(got[0].datagram.remote, mn_at);
    EXPECT_LE(got[0].datagram.payload.size(), request.size());
    EXPECT_EQ(got[0].response.nonce(), "nonce-01");
    EXPECT_TRUE(got[0].response.bound());
    EXPECT_FALSE(got[0].response.peer_bound());
    EXPECT_EQ(got[0].response.outside().SerializeAsString(), to_message(mn_at).SerializeAsString());
    EXPECT_EQ(got[0].response.token().size(), 16U);
    EXPECT_EQ(got[0].response.boot_id(), relay_boot);
}

TEST_F(Legs, OtherSourceGetsATokenAndBindsWithIt) {
    direct(dc_a, direction(7, 1));
    commands();
    const v1::TunnelResponse first = ask({}, stranger, relay4);
    EXPECT_FALSE(first.bound());
    EXPECT_EQ(commands(), Commands{});
    pass(20ms);
    const v1::TunnelResponse second = ask({.token = first.token()}, stranger, relay4);
    EXPECT_TRUE(second.bound());
    tables::RelayPath path = unbound(7);
    path.legs[0] = {true, stranger, relay4, std::nullopt, {}, hop4};
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));
}

TEST_F(Legs, WhenTheSecondLegIsBoundTheFirstHearsOfItUnasked) {
    direct(dc_a, direction(7, 1));
    ask({.nonce = "nonce-mn"}, mn_at, relay4);
    commands();
    const v1::TunnelResponse second = ask({.role = Role::responder}, cn_at, relay6);
    EXPECT_TRUE(second.bound());
    EXPECT_TRUE(second.peer_bound());
    EXPECT_EQ(commands(), (Commands{ReplacePath{open_path()}}));
    const auto again = answers(Role::initiator);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].datagram.remote, mn_at);
    EXPECT_EQ(again[0].datagram.local, relay4);
    EXPECT_EQ(again[0].response.nonce(), "nonce-mn");
    EXPECT_TRUE(again[0].response.bound());
    EXPECT_TRUE(again[0].response.peer_bound());
}

TEST_F(Legs, RepeatFromTheBoundSourceIsAnsweredAndChangesNothing) {
    make_open_path();
    EXPECT_TRUE(ask({}, mn_at, relay4).bound());
    EXPECT_EQ(commands(), Commands{});
}

// S-4.
TEST_F(Legs, ReplayedRequestFromAnotherSourceMovesNothing) {
    direct(dc_a, direction(7, 1));
    const Bytes captured = sealed_request({});
    arrive(captured, mn_at, relay4);
    answers(Role::initiator);
    commands();
    arrive(captured, stranger, relay4);
    const auto got = answers(Role::initiator);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_FALSE(got[0].response.bound());
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Legs, TokenGivenAfterTheBindingMovesTheLeg) {
    make_open_path();
    pass(1s);
    const v1::TunnelResponse hint = ask({}, mn_moved, relay4);
    EXPECT_FALSE(hint.bound());
    pass(40ms);
    EXPECT_TRUE(ask({.token = hint.token()}, mn_moved, relay4).bound());
    tables::RelayPath path = open_path();
    path.legs[0] = {true, mn_moved, relay4, mn_at, relay4, hop4};
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));
    pass(1900ms);
    EXPECT_EQ(commands(), Commands{});
    pass(100ms);
    path.legs[0].previous_remote.reset();
    path.legs[0].previous_local = {};
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));
}

TEST_F(Legs, TokenAsOldAsTheBindingByTwoClocksIsGivenAnew) {
    make_open_path();
    pass(20ms);
    const v1::TunnelResponse early = ask({}, mn_moved, relay4);
    pass(40ms);
    const v1::TunnelResponse hint = ask({.token = early.token()}, mn_moved, relay4);
    EXPECT_FALSE(hint.bound());
    EXPECT_TRUE(ask({.token = hint.token()}, mn_moved, relay4).bound());
}

TEST_F(Legs, MoveAcrossFamiliesAnswersFromTheAddressThatWasAsked) {
    make_open_path();
    pass(1s);
    const Endpoint moved = at("[2001:db8:9::1]:9770");
    const v1::TunnelResponse hint = ask({}, moved, relay6);
    pass(40ms);
    EXPECT_TRUE(ask({.token = hint.token()}, moved, relay6).bound());
    tables::RelayPath path = open_path();
    path.legs[0] = {true, moved, relay6, mn_at, relay4, hop6};
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));
}

// S-4, F-5.
TEST_F(Legs, CapturedRequestWithAnOldTokenNeverMovesTheLegBack) {
    direct(dc_a, direction(7, 1));
    const v1::TunnelResponse first = ask({}, mn_moved, relay4);
    pass(20ms);
    const Bytes captured = sealed_request({.token = first.token()});
    arrive(captured, mn_moved, relay4);
    ASSERT_TRUE(answers(Role::initiator).at(0).response.bound());
    pass(1s);
    const v1::TunnelResponse hint = ask({}, mn_at, relay4);
    pass(20ms);
    EXPECT_TRUE(ask({.token = hint.token()}, mn_at, relay4).bound());
    answers(Role::initiator);
    commands();
    pass(3s);
    commands();
    // The attacker is where the node was, and repeats what the node sent from there.
    arrive(captured, mn_moved, relay4);
    const auto got = answers(Role::initiator);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_FALSE(got[0].response.bound());
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Legs, TokenOfAnotherSourceBindsNothing) {
    make_open_path();
    pass(1s);
    const v1::TunnelResponse hint = ask({}, mn_moved, relay4);
    pass(20ms);
    EXPECT_FALSE(ask({.token = hint.token()}, stranger, relay4).bound());
    const Endpoint other_port{mn_moved.address, Port{1}};
    EXPECT_FALSE(ask({.token = hint.token()}, other_port, relay4).bound());
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Legs, TokenIsWorthlessAfterTwoMinutesOrWhenMadeUp) {
    make_open_path();
    pass(1s);
    const v1::TunnelResponse hint = ask({}, mn_moved, relay4);
    pass(121s);
    EXPECT_FALSE(ask({.token = hint.token()}, mn_moved, relay4).bound());
    EXPECT_FALSE(ask({.token = std::string(16, 'x')}, mn_moved, relay4).bound());
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Legs, RequestOfTheOtherLegOrOfAnotherKeyIsNotAuthentic) {
    make_open_path();
    Bytes flipped_role = sealed_request({});
    flipped_role[1] ^= protocol::NtmHeader::flag_role;
    arrive(flipped_role, cn_at, relay6);
    v1::Leg message;
    message.mutable_request()->set_nonce("nonce-01");
    protocol::pad_tunnel_request(*message.mutable_request());
    const Secret32 wrong{as_bytes(std::string(32, 'w')).first<32>()};
    arrive(protocol::seal_leg(wrong, PathId{7}, Role::initiator, message, random), mn_at, relay4);
    EXPECT_EQ(director->counters().bad_leg_tag, 2U);
    EXPECT_TRUE(to_nodes.empty());
    EXPECT_EQ(commands(), Commands{});
}

// S-1.
TEST_F(Legs, EveryFlippedBitMakesARequestWorthless) {
    make_open_path();
    const Bytes good = sealed_request({});
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Bytes flipped = good;
        flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        arrive(flipped, mn_at, relay4);
        EXPECT_TRUE(to_nodes.empty()) << bit;
    }
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Legs, TruncatedRequestsAreCountedAndNotAnswered) {
    make_open_path();
    const Bytes good = sealed_request({});
    for (std::size_t length = 0; length < good.size(); ++length) {
        arrive({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)}, mn_at, relay4);
    }
    EXPECT_TRUE(to_nodes.empty());
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Legs, UnknownPathIsCountedAndNotAnswered) {
    arrive(sealed_request({.path = 8}), mn_at, relay4);
    EXPECT_EQ(director->counters().unknown_path, 1U);
    EXPECT_TRUE(to_nodes.empty());
}

TEST_F(Legs, FieldsOfWrongSizeAndAnswersAreMalformed) {
    make_open_path();
    arrive(sealed_request({.nonce = "short"}), mn_at, relay4);
    arrive(sealed_request({.token = "short"}), mn_at, relay4);
    v1::Leg answer;
    answer.mutable_response()->set_nonce("nonce-01");
    arrive(
        protocol::seal_leg(secret_of(Role::initiator), PathId{7}, Role::initiator, answer, random),
        mn_at,
        relay4
    );
    EXPECT_EQ(director->counters().malformed, 3U);
    EXPECT_TRUE(to_nodes.empty());
}

// S-1.
TEST_F(Legs, RequestThatIsShorterThanItsAnswerGetsNone) {
    direct(dc_a, direction(7, 1));
    arrive(sealed_request({.is_padded = false}), stranger, relay4);
    EXPECT_TRUE(to_nodes.empty());
    EXPECT_EQ(director->counters().request_too_short, 1U);
}

TEST_F(Legs, DataEndAndUnaskedCookiesAreNotForTheControlThread) {
    make_open_path();
    for (const int type : {0, 4, 5}) {
        Bytes packet(72, 0);
        packet[0] = static_cast<std::uint8_t>(0x10 | type);
        packet[15] = 7;
        arrive(packet, mn_at, relay4);
    }
    EXPECT_EQ(director->counters().not_for_control, 3U);
    EXPECT_TRUE(to_nodes.empty());
    EXPECT_EQ(commands(), Commands{});
}

TEST_F(Legs, RouteChangeReplacesThePathsWhoseNextHopIsAnother) {
    make_open_path();
    direct(dc_a, direction(8, 1));
    commands();
    director->handle_route_change();
    EXPECT_EQ(commands(), Commands{});
    director->walk_routes();
    EXPECT_FALSE(director->is_walking_routes());
    EXPECT_EQ(commands(), Commands{});
    next_hop_ipv4 = tables::no_next_hop;
    director->walk_routes();
    EXPECT_EQ(commands(), Commands{}) << "nobody has said that routes have changed";
    director->handle_route_change();
    EXPECT_TRUE(director->is_walking_routes());
    director->walk_routes();
    tables::RelayPath path = open_path();
    path.legs[0].next_hop = tables::no_next_hop;
    EXPECT_EQ(commands(), (Commands{ReplacePath{path}}));
}

class ManyLegs : public DirectorWorld {
  protected:
    static constexpr std::uint32_t many = 3 * RelayDirector::steps_a_piece;
    ManyLegs() : DirectorWorld{many} {
        for (std::uint64_t id = 1; id <= many; ++id) {
            direct(dc_a, direction(id, 1));
            ask({.path = id}, mn_at, relay4);
        }
        commands();
    }
};

TEST_F(ManyLegs, RouteChangeIsFollowedInPieces) {
    next_hop_ipv4 = 9;
    director->handle_route_change();
    std::size_t pieces = 0;
    std::size_t changed = 0;
    while (director->is_walking_routes()) {
        director->walk_routes();
        const std::size_t more = commands().size();
        EXPECT_LE(more, RelayDirector::steps_a_piece);
        changed += more;
        ++pieces;
    }
    EXPECT_EQ(changed, many);
    EXPECT_GE(pieces, 3U);
}

TEST_F(ManyLegs, FurtherChangeReachesThePathsAlreadyVisited) {
    next_hop_ipv4 = 9;
    director->handle_route_change();
    director->walk_routes();
    next_hop_ipv4 = 10;
    director->handle_route_change();
    std::map<PathId, tables::NextHopIndex> last;
    while (director->is_walking_routes()) {
        director->walk_routes();
        for (const DirectorCommand& command : commands()) {
            const auto& one = std::get<ReplacePath>(command).path;
            last[one.id] = one.leg(Role::initiator).next_hop;
        }
    }
    EXPECT_EQ(last.size(), many);
    EXPECT_THAT(last, testing::Each(testing::Pair(testing::_, 10)));
}

TEST_F(Legs, DatagramsToNoneOfTheRelaysAddressesAreCountedAndNothingElse) {
    for (const char* const local : {"224.0.0.1:9770", "127.0.0.1:9770", "[fe80::2]:9770"}) {
        arrive(sealed_request({}), mn_at, at(local));
    }
    EXPECT_EQ(director->counters().foreign_address, 3U);
    EXPECT_EQ(director->counters().requests, 0U);
    EXPECT_TRUE(commands().empty());
}

}  // namespace

}  // namespace ntm::control
