// SPDX-License-Identifier: BSD-3-Clause
// Which way a path goes: every family pair through a relay, direct where an end is global, and what
// moves, complaints and refusals change.
#include "tests/unit/dc/lab.hpp"

namespace ntm::dc::test {
namespace {

struct Attachment {
    const char* name;
    const char* outside;
    std::vector<std::string> addresses;
};

const Attachment nat_4{"NAT", "192.0.2.1:40000", {"10.0.0.2/24"}};
const Attachment other_nat_4{"other NAT", "192.0.2.2:50000", {"10.1.0.2/24"}};
const Attachment same_nat_4{"same NAT", "192.0.2.1:41000", {"10.0.0.3/24"}};
const Attachment global_4{"global 4", "192.0.2.7:9770", {"192.0.2.7/24"}};
const Attachment only_6{"IPv6 only", "[2001:db8:6::1]:9770", {"2001:db8:6::1/64"}};
const Attachment other_6{"IPv6 only", "[2001:db8:6::2]:9770", {"2001:db8:6::2/64"}};
const Attachment both{"both", "[2001:db8:6::4]:9770", {"192.0.2.8/24", "2001:db8:6::4/64"}};
const Attachment dual{"dual", "[2001:db8:6::3]:9770", {"10.1.0.2/24", "2001:db8:6::3/64"}};

struct Case {
    Attachment initiator;
    Attachment responder;
    v1::RouteKind kind;
    std::vector<std::string> told_to_initiator;  // candidates of a direct path
};

std::ostream& operator<<(std::ostream& to, const Case& shown) {
    return to << shown.initiator.name << " to " << shown.responder.name;
}

class RoutesTest : public testing::TestWithParam<Case> {};

TEST_P(RoutesTest, FollowsTheTable) {
    const Case& given = GetParam();
    World world;
    Peer& relay = world.add_relay("rs1", "198.51.100.20:9770");
    Peer& mn = world.add_node("mn.a.ntm.test", given.initiator.outside);
    Peer& cn = world.add_node("cn.b.ntm.test", given.responder.outside);
    static_cast<void>(world.register_relay(relay, "rs1"));
    static_cast<void>(world.register_node(mn, "mn.a.ntm.test", given.initiator.addresses));
    static_cast<void>(world.register_node(cn, "cn.b.ntm.test", given.responder.addresses));
    const v1::Signal answer = world.ask_direction(mn, "cn.b.ntm.test");
    ASSERT_EQ(answer.status(), v1::STATUS_OK) << answer.text();
    const v1::RouteDirection& route = answer.direction_response().route();
    EXPECT_EQ(route.kind(), given.kind);
    EXPECT_EQ(relay.directions().size(), given.kind == v1::ROUTE_RELAYED ? 1U : 0U);
    EXPECT_EQ(route.relay_size(), given.kind == v1::ROUTE_RELAYED ? 2 : 0);
    EXPECT_EQ(route.leg_secret().size(), given.kind == v1::ROUTE_RELAYED ? 32U : 0U);
    std::vector<std::string> told;
    for (const v1::Candidate& candidate : route.candidates()) {
        told.push_back(
            from_wire(candidate.address())->text() + (candidate.is_proven() ? " proven" : "")
        );
    }
    EXPECT_EQ(told, given.told_to_initiator);
    ASSERT_EQ(cn.routes().size(), 1U);
    EXPECT_EQ(cn.routes()[0].kind(), given.kind);
    EXPECT_EQ(cn.routes()[0].path_secret(), route.path_secret());
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    RoutesTest,
    testing::Values(
        Case{nat_4, other_nat_4, v1::ROUTE_RELAYED, {}},
        Case{nat_4, same_nat_4, v1::ROUTE_RELAYED, {}},
        Case{nat_4, only_6, v1::ROUTE_RELAYED, {}},
        Case{only_6, nat_4, v1::ROUTE_RELAYED, {}},
        Case{global_4, only_6, v1::ROUTE_RELAYED, {}},
        Case{nat_4, dual, v1::ROUTE_RELAYED, {}},
        Case{nat_4, global_4, v1::ROUTE_DIRECT, {"192.0.2.7:9770 proven"}},
        Case{global_4, nat_4, v1::ROUTE_DIRECT, {"192.0.2.1:40000 proven"}},
        Case{only_6, other_6, v1::ROUTE_DIRECT, {"[2001:db8:6::2]:9770 proven"}},
        Case{only_6, dual, v1::ROUTE_DIRECT, {"[2001:db8:6::3]:9770 proven"}},
        // Of both families, as the initiator may move.
        Case{nat_4, both, v1::ROUTE_DIRECT, {"192.0.2.8:9770", "[2001:db8:6::4]:9770 proven"}}
    )
);

class RouteChangesTest : public Lab {
  protected:
    Peer& add_second_relay() {
        Peer& second = world.add_relay("rs2", "198.51.100.30:9770");
        EXPECT_EQ(world.register_relay(second, "rs2").status(), v1::STATUS_OK);
        return second;
    }
    v1::Signal complain(Peer& asker, const char* peer, const v1::RouteDirection& route) {
        v1::Signal request = direction_request(peer);
        request.mutable_direction_request()->set_reason(v1::DIRECTION_FAILED);
        request.mutable_direction_request()->set_path_id(route.path_id());
        request.mutable_direction_request()->set_revision(route.revision());
        return world.ask(asker, request);
    }
};

TEST_F(RouteChangesTest, NamesOnlyProvenAddressesInFamiliesOfTheRelay) {
    register_all();
    static_cast<void>(direct());
    // A relay that is there for IPv6 only can use nobody's IPv4 address.
    const v1::RelayDirection direction = relay.directions().at(0);
    EXPECT_TRUE(direction.legs(0).has_proven());
    const Path& path = world.only_path();
    Path copy;
    copy.record.id = path.record.id;
    copy.record.relay = path.record.relay;
    copy.record.ends[0].node = mn.key();
    copy.record.ends[1].node = PeerKey{};
    const auto built = build_relay_direction(copy, world.dc->context());
    EXPECT_TRUE(built.legs(0).has_proven());
    EXPECT_FALSE(built.legs(1).has_proven()) << "nobody has proven anything for this key";
}

TEST_F(RouteChangesTest, GoesOnByRelayWhereADirectTunnelHasFailed) {
    ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    Peer& server = world.add_node("server.a.ntm.test", "192.0.2.7:9770");
    static_cast<void>(world.register_node(server, "server.a.ntm.test", {"192.0.2.7/24"}));
    static_cast<void>(world.register_node(mn, mn_name, {"10.0.0.2/24"}));
    const v1::RouteDirection direct_route =
        world.ask_direction(mn, "server.a.ntm.test").direction_response().route();
    ASSERT_EQ(direct_route.kind(), v1::ROUTE_DIRECT);
    const v1::Signal answer = complain(mn, "server.a.ntm.test", direct_route);
    const v1::RouteDirection& route = answer.direction_response().route();
    EXPECT_EQ(route.kind(), v1::ROUTE_RELAYED);
    EXPECT_EQ(route.path_id(), direct_route.path_id());
    EXPECT_EQ(route.revision(), 2U);
    EXPECT_EQ(route.path_secret(), direct_route.path_secret()) << "the counters go on";
    ASSERT_EQ(server.routes().size(), 2U);
    EXPECT_EQ(server.routes()[1].kind(), v1::ROUTE_RELAYED);
    // And it stays so.
    const auto again = world.ask_direction(mn, "server.a.ntm.test").direction_response().route();
    EXPECT_EQ(again.revision(), 2U);
}

TEST_F(RouteChangesTest, DirectsTheOnlyRelayOnceMoreWhenAnEndComplains) {
    register_all();
    const v1::RouteDirection route = direct();
    forget_requests();
    const v1::Signal answer = complain(mn, cn_name, route);
    EXPECT_EQ(answer.status(), v1::STATUS_OK);
    EXPECT_EQ(answer.direction_response().route().revision(), 1U);
    ASSERT_EQ(relay.directions().size(), 1U);
    EXPECT_EQ(relay.directions()[0].revision(), 1U);
}

TEST_F(RouteChangesTest, MovesAPathToAnotherRelayWhenAnEndComplains) {
    register_all();
    const v1::RouteDirection route = direct();
    Peer& second = add_second_relay();
    forget_requests();
    const v1::RouteDirection moved = complain(mn, cn_name, route).direction_response().route();
    EXPECT_EQ(moved.relay_name(), "rs2");
    EXPECT_EQ(moved.revision(), 2U);
    EXPECT_NE(moved.leg_secret(), route.leg_secret()) << "rs1 knows the old one";
    ASSERT_EQ(second.directions().size(), 1U);
    EXPECT_EQ(second.directions()[0].revision(), 2U);
    ASSERT_EQ(cn.routes().size(), 1U);
    EXPECT_EQ(cn.routes()[0].revision(), 2U);
    ASSERT_EQ(relay.releases().size(), 1U) << "once both ends have changed over";
    EXPECT_EQ(relay.releases()[0].revision(), 2U);
    EXPECT_EQ(relay.releases()[0].reason(), v1::RELEASE_REPLACED);
    EXPECT_EQ(world.dc->pending_releases(), 0U);
}

// Both ends have met the same silence, and the one that is further away did not know.
TEST_F(RouteChangesTest, HoldsAComplaintOfAnEarlierRevisionAgainstNoRelay) {
    register_all();
    const v1::RouteDirection route = direct();
    static_cast<void>(add_second_relay());
    const v1::RouteDirection moved = complain(mn, cn_name, route).direction_response().route();
    ASSERT_EQ(moved.relay_name(), "rs2");
    const v1::RouteDirection same = complain(cn, mn_name, route).direction_response().route();
    EXPECT_EQ(same.relay_name(), "rs2");
    EXPECT_EQ(same.revision(), moved.revision());
}

TEST_F(RouteChangesTest, KeepsTheOldRelayUntilBothEndsHaveChangedOver) {
    register_all();
    const v1::RouteDirection route = direct();
    static_cast<void>(add_second_relay());
    cn.respond = [](const v1::Signal&) {
        return std::nullopt;
    };
    static_cast<void>(complain(mn, cn_name, route));
    EXPECT_TRUE(relay.releases().empty());
    EXPECT_EQ(world.dc->pending_releases(), 1U);
}

// It comes back in the end of the 10 s for which it is asked, and its answer too late.
TEST_F(RouteChangesTest, AsksAnEndAgainThatWasHeardWhileItGaveNoAnswer) {
    register_all();
    const v1::RouteDirection route = direct();
    static_cast<void>(add_second_relay());
    const auto respond = std::exchange(cn.respond, [](const v1::Signal&) { return std::nullopt; });
    static_cast<void>(complain(mn, cn_name, route));
    world.pass(9s);
    v1::Signal keep_alive;
    keep_alive.mutable_keep_alive();
    static_cast<void>(world.ask(cn, keep_alive));
    world.pass(1100ms);
    EXPECT_EQ(world.dc->pending_releases(), 1U);
    cn.respond = respond;
    world.pass(500ms);
    EXPECT_EQ(world.dc->pending_releases(), 0U);
}

TEST_F(RouteChangesTest, KeepsTheOldRelayUntilTheAskerHasSaidThatItKnows) {
    register_all();
    const v1::RouteDirection route = direct();
    static_cast<void>(add_second_relay());
    forget_requests();
    // The answer may have come too late for it.
    mn.respond = [](const v1::Signal&) {
        return std::nullopt;
    };
    static_cast<void>(complain(mn, cn_name, route));
    ASSERT_EQ(mn.routes().size(), 1U);
    EXPECT_EQ(mn.routes()[0].revision(), 2U);
    EXPECT_TRUE(relay.releases().empty());
}

// It holds the first revision, for all that the DC can know, and the answer to what it asks now may
// come too late for it.
TEST_F(RouteChangesTest, SendsADirectionToWhomMayHoldAnEarlierOneBesidesTheAnswer) {
    register_all();
    const auto respond = std::exchange(cn.respond, [](const v1::Signal&) { return std::nullopt; });
    const v1::RouteDirection route = direct();
    static_cast<void>(add_second_relay());
    static_cast<void>(complain(mn, cn_name, route));
    cn.respond = respond;
    forget_requests();
    static_cast<void>(world.ask_direction(cn, mn_name));
    ASSERT_EQ(cn.routes().size(), 1U);
    EXPECT_EQ(cn.routes()[0].revision(), 2U);
}

TEST_F(RouteChangesTest, KeepsTheOldRelayAlsoWhenItIsHeardAgain) {
    register_all();
    static_cast<void>(direct());
    static_cast<void>(add_second_relay());
    cn.is_reachable = false;
    relay.is_reachable = false;
    world.pass(2s);
    EXPECT_EQ(world.dc->pending_releases(), 1U);
    relay.is_reachable = true;
    world.pass(2s);
    EXPECT_TRUE(world.dc->context().registry.find_relay(relay.key())->is_alive);
    EXPECT_TRUE(relay.releases().empty());

    cn.is_reachable = true;
    world.pass(3s);
    EXPECT_EQ(relay.releases().size(), 1U);
}

TEST_F(RouteChangesTest, TellsADirectPeerOfANewAddress) {
    ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    Peer& server = world.add_node("server.a.ntm.test", "192.0.2.7:9770");
    static_cast<void>(world.register_node(server, "server.a.ntm.test", {"192.0.2.7/24"}));
    static_cast<void>(world.register_node(mn, mn_name, {"10.0.0.2/24"}));
    const auto route = world.ask_direction(mn, "server.a.ntm.test").direction_response().route();
    ASSERT_EQ(route.kind(), v1::ROUTE_DIRECT);
    forget_requests();
    mn.outside = endpoint("192.0.2.99:43000");
    static_cast<void>(world.register_node(mn, mn_name, {"10.9.0.2/24"}));
    world.pass(1s);
    ASSERT_FALSE(server.routes().empty());
    const v1::RouteDirection told = server.routes().back();
    EXPECT_EQ(told.kind(), v1::ROUTE_DIRECT);
    EXPECT_GT(told.revision(), route.revision());
    ASSERT_EQ(told.candidates_size(), 1);
    EXPECT_EQ(from_wire(told.candidates(0).address()), mn.outside);
    EXPECT_TRUE(told.candidates(0).is_proven());
}

TEST_F(RouteChangesTest, TakesARelayWhenAMoveLeavesNoFamilyInCommon) {
    ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    Peer& server = world.add_node("server.a.ntm.test", "192.0.2.7:9770");
    static_cast<void>(world.register_node(server, "server.a.ntm.test", {"192.0.2.7/24"}));
    static_cast<void>(world.register_node(mn, mn_name, {"10.0.0.2/24"}));
    static_cast<void>(world.ask_direction(mn, "server.a.ntm.test"));
    mn.outside = endpoint("[2001:db8:6::1]:9770");
    mn.dc_at = world.dc_at_ipv6;
    static_cast<void>(world.register_node(mn, mn_name, {"2001:db8:6::1/64"}));
    world.pass(1s);
    EXPECT_EQ(world.only_path().record.kind, RouteKind::relayed);
    EXPECT_EQ(world.only_path().record.reason, RouteReason::families_differ);
    ASSERT_FALSE(mn.routes().empty());
    EXPECT_EQ(mn.routes().back().kind(), v1::ROUTE_RELAYED);
    EXPECT_EQ(server.routes().back().kind(), v1::ROUTE_RELAYED);
}

TEST_F(RouteChangesTest, LeavesARelayedPathAsItIsWhenAnEndMoves) {
    register_all();
    static_cast<void>(direct());
    forget_requests();
    cn.outside = endpoint("[2001:db8:6::1]:9770");
    cn.dc_at = world.dc_at_ipv6;
    ASSERT_EQ(world.register_node(cn, cn_name, {"2001:db8:6::1/64"}).status(), v1::STATUS_OK);
    world.pass(1s);
    EXPECT_TRUE(relay.directions().empty()) << "the leg moves by its token";
    EXPECT_TRUE(cn.routes().empty());
    EXPECT_TRUE(mn.routes().empty());
    EXPECT_EQ(world.only_path().record.revision, 1U);
}

TEST_F(RouteChangesTest, DrawsAnotherPathIdWhereTheRelayHoldsIt) {
    register_all();
    std::uint64_t taken = 0;
    relay.respond = [&](const v1::Signal& request) -> std::optional<v1::Signal> {
        if (request.has_path_release()) {
            ADD_FAILURE() << "the path under this id is somebody else's";
        }
        if (taken == 0) {
            taken = request.relay_directions().directions(0).path_id();
            return relay_responses(request, v1::STATUS_PATH_ID_TAKEN);
        }
        return relay_responses(request, v1::STATUS_OK);
    };
    const v1::RouteDirection route = direct();
    EXPECT_NE(route.path_id(), taken);
    EXPECT_EQ(route.revision(), 1U);
    EXPECT_EQ(world.only_path().record.id.value, route.path_id());
    EXPECT_EQ(cn.routes().at(0).path_id(), route.path_id());
}

TEST_F(RouteChangesTest, GivesUpOnARelayThatHoldsEveryPathId) {
    register_all();
    relay.respond = [](const v1::Signal& request) {
        return relay_responses(request, v1::STATUS_PATH_ID_TAKEN);
    };
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_NO_RELAY);
    EXPECT_EQ(relay.directions().size(), 4U);
    EXPECT_TRUE(world.dc->context().paths.all().empty());
}

// F-34.
TEST_F(RouteChangesTest, TakesAnotherRelayWhenOneIsFull) {
    register_all();
    relay.respond = [](const v1::Signal& request) {
        return relay_responses(request, v1::STATUS_FULL);
    };
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_NO_RELAY);
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    static_cast<void>(add_second_relay());
    EXPECT_EQ(direct().relay_name(), "rs2");
}

TEST_F(RouteChangesTest, WaitsForARelayButNotForLong) {
    static_cast<void>(world.register_node(mn, mn_name, {"10.0.0.2/24"}));
    static_cast<void>(world.register_node(cn, cn_name, {"10.1.0.2/24"}));
    const Instant asked = world.now;
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_NO_RELAY);
    EXPECT_GE(world.now - asked, 2s);
    EXPECT_LT(world.now - asked, 2100ms);
    EXPECT_TRUE(world.dc->context().paths.all().empty());

    mn.signaling->send_request(
        world.dc_keys.public_key(),
        direction_request(cn_name),
        protocol::OnNewBoot::resend,
        world.now
    );
    world.pass(1s);
    EXPECT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    world.settle();
    EXPECT_EQ(cn.routes().size(), 1U) << "the relay came in time";
}

TEST_F(RouteChangesTest, SendsADirectionAgainShortlyToANodeThatIsBusyButNotForEver) {
    register_all();
    unsigned busy_for = 2;
    cn.respond = [&](const v1::Signal& request) {
        v1::Signal answer = route_response(request);
        if (busy_for > 0) {
            --busy_for;
            answer.set_status(v1::STATUS_BUSY);
        }
        return answer;
    };
    static_cast<void>(direct());
    world.pass(1s);
    EXPECT_EQ(cn.routes().size(), 3U);
    EXPECT_TRUE(world.only_path().is_known_to_all());
    forget_requests();
    busy_for = 1000;
    mn.restart();
    ASSERT_EQ(world.register_node(mn, mn_name, {"10.0.0.2/24"}).status(), v1::STATUS_OK);
    world.pass(10s);
    EXPECT_EQ(cn.routes().size(), 9U);
}

}  // namespace
}  // namespace ntm::dc::test
