// SPDX-License-Identifier: BSD-3-Clause
// Paths to general nodes: by name and by virtual address, what relay and node are told, and what
// restarts and moves do to them.
#include "dc/admin_view.hpp"
#include "tests/unit/dc/general_lab.hpp"

namespace ntm::dc::test {
namespace {

class GeneralPathsTest : public GeneralLab {};

TEST_F(GeneralPathsTest, EndAtARelayThatIsToldWhereTheGeneralNodeIs) {
    const v1::RouteDirection route = reach();
    EXPECT_EQ(route.kind(), v1::ROUTE_GENERAL);
    EXPECT_EQ(route.role(), v1::ROLE_INITIATOR);
    EXPECT_EQ(route.peer_fqdn(), gn_name);
    EXPECT_EQ(text(route.peer_vipv4()), "198.18.64.1");
    EXPECT_EQ(text(route.peer_vipv6()), "fd00:a::1:0:1");
    EXPECT_EQ(as_bytes(route.peer_static_key()).size(), 32U);
    EXPECT_EQ(route.peer_static_key(), as_text(relay.key().bytes));
    EXPECT_EQ(route.relay_size(), 2);
    EXPECT_EQ(route.relay_name(), "rs1");
    EXPECT_EQ(route.leg_secret(), "");
    EXPECT_EQ(route.node_boot_id(), mn.boot_id().value);

    const v1::RelayDirection order = ordered();
    EXPECT_EQ(order.mode(), v1::RELAY_END);
    EXPECT_EQ(order.path_id(), route.path_id());
    ASSERT_EQ(order.legs_size(), 1);
    EXPECT_EQ(order.legs(0).role(), v1::ROLE_INITIATOR);
    EXPECT_EQ(order.legs(0).leg_secret(), "");
    EXPECT_EQ(from_wire(order.legs(0).proven()), mn.outside);
    EXPECT_EQ(order.end().path_secret(), route.path_secret());
    EXPECT_EQ(order.end().suite(), route.suite());
    EXPECT_EQ(order.end().subscriber_fqdn(), mn_name);
    EXPECT_EQ(order.end().subscriber_key(), as_text(mn.key().bytes));
    EXPECT_EQ(text(order.end().subscriber_vipv4()), "198.18.0.1");
    EXPECT_EQ(text(order.end().subscriber_vipv6()), "fd00:a::1");
    ASSERT_EQ(order.end().general_nodes_size(), 2);
    EXPECT_EQ(text(order.end().general_nodes(0).virtual_ip()), "198.18.64.1");
    EXPECT_EQ(text(order.end().general_nodes(0).real_ip()), "198.51.100.80");
    EXPECT_EQ(text(order.end().general_nodes(1).virtual_ip()), "fd00:a::1:0:1");
    EXPECT_EQ(text(order.end().general_nodes(1).real_ip()), "2001:db8::80");
    EXPECT_TRUE(world.only_path().is_known_to_all());
}

// C-4.
TEST_F(GeneralPathsTest, TellTheRelayHowMuchTheNodeMayHave) {
    static_cast<void>(reach());
    EXPECT_EQ(ordered().end().most_ports(), 0U) << "as the relay has it";
    Settings settings = world.settings;
    settings.limits.subscriber_ports = 64;
    settings.limits.subscriber_sessions = 512;
    world.dc->set_policy(settings);
    world.hosts["other.example.test"] = {ip("198.51.100.81")};
    static_cast<void>(reach("other.example.test"));
    EXPECT_EQ(ordered().end().most_ports(), 64U);
    EXPECT_EQ(ordered().end().most_sessions(), 512U);
}

TEST_F(GeneralPathsTest, AreDirectedAgainInsteadOfMadeTwice) {
    const v1::RouteDirection route = reach();
    world.questions.clear();
    world.hosts[gn_name] = {ip("198.51.100.81")};
    world.pass(400s);
    EXPECT_EQ(reach().SerializeAsString(), route.SerializeAsString());
    EXPECT_EQ(
        ask_by_vip(mn, route.peer_vipv4()).direction_response().route().path_id(), route.path_id()
    );
    EXPECT_TRUE(world.questions.empty()) << "where it leads is settled while the path lives";
}

TEST_F(GeneralPathsTest, AreMadeAgainByVirtualAddressForADay) {
    const v1::RouteDirection before = reach();
    ASSERT_EQ(world.ask(mn, release(before, v1::RELEASE_IDLE)).status(), v1::STATUS_OK);
    ASSERT_TRUE(world.dc->context().paths.all().empty());
    world.is_dns_silent = true;
    const v1::Signal again = ask_by_vip(mn, before.peer_vipv6());
    ASSERT_EQ(again.status(), v1::STATUS_OK) << again.text();
    const v1::RouteDirection& route = again.direction_response().route();
    EXPECT_EQ(route.peer_vipv4(), before.peer_vipv4());
    EXPECT_EQ(route.peer_fqdn(), gn_name);
    EXPECT_NE(route.path_id(), before.path_id());
    EXPECT_NE(route.path_secret(), before.path_secret());
    EXPECT_EQ(text(ordered().end().general_nodes(0).real_ip()), "198.51.100.80");
    EXPECT_EQ(ask_by_vip(cn, before.peer_vipv4()).status(), v1::STATUS_UNKNOWN_NAME)
        << "it means nothing to another node";
}

TEST_F(GeneralPathsTest, LeadToAnotherVirtualAddressWhereTheNameLeadsElsewhere) {
    const v1::RouteDirection before = reach();
    ASSERT_EQ(world.ask(mn, release(before, v1::RELEASE_IDLE)).status(), v1::STATUS_OK);
    world.hosts[gn_name] = {ip("198.51.100.81")};
    world.pass(61s);
    const v1::RouteDirection after = reach();
    EXPECT_EQ(text(after.peer_vipv4()), "198.18.64.2");
    EXPECT_EQ(after.peer_vipv6(), "") << "it has no IPv6 address";
    EXPECT_EQ(text(ordered().end().general_nodes(0).real_ip()), "198.51.100.81");
}

TEST_F(GeneralPathsTest, GetANewSecretForEachRunOfTheNode) {
    const v1::RouteDirection before = reach();
    forget_requests();
    mn.restart();
    ASSERT_EQ(world.register_node(mn, mn_name, {"10.0.0.2/24"}).status(), v1::STATUS_OK);
    world.settle();
    EXPECT_EQ(told().path_id(), before.path_id());
    EXPECT_GT(told().revision(), before.revision());
    EXPECT_NE(told().path_secret(), before.path_secret());
    EXPECT_EQ(told().node_boot_id(), mn.boot_id().value);
    EXPECT_EQ(ordered().end().path_secret(), told().path_secret());
    EXPECT_EQ(ordered().revision(), told().revision());
}

TEST_F(GeneralPathsTest, GetANewSecretForEachRunOfTheRelay) {
    const v1::RouteDirection before = reach();
    forget_requests();
    relay.restart();
    ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    world.settle();
    EXPECT_NE(ordered().end().path_secret(), before.path_secret());
    EXPECT_EQ(told().path_secret(), ordered().end().path_secret());
    EXPECT_GT(told().revision(), before.revision());
    EXPECT_EQ(relay.directions().size(), 1U);
}

// F-10.
TEST_F(GeneralPathsTest, AreTheSameAfterARestartOfTheDc) {
    const v1::RouteDirection before = reach();
    const v1::RelayDirection order = ordered();
    forget_requests();
    ASSERT_TRUE(world.restart_dc());
    world.relays.clear();
    world.settle();
    ASSERT_EQ(world.register_relay(relay, "rs1").rs_ack().paths_to_restore(), 1U);
    world.settle();
    EXPECT_EQ(ordered().SerializeAsString(), order.SerializeAsString()) << "both runs go on";
    EXPECT_EQ(told().SerializeAsString(), before.SerializeAsString());
    EXPECT_EQ(reach().SerializeAsString(), before.SerializeAsString());
}

TEST_F(GeneralPathsTest, GoToAnotherRelayWithANewSecret) {
    Peer& second = world.add_relay("rs2", "198.51.100.21:9770");
    const v1::RouteDirection before = reach();
    ASSERT_EQ(before.relay_name(), "rs1");
    ASSERT_EQ(world.register_relay(second, "rs2").status(), v1::STATUS_OK);
    forget_requests();
    relay.is_reachable = false;
    world.pass(2s);
    ASSERT_EQ(second.directions().size(), 1U);
    EXPECT_EQ(told().relay_name(), "rs2");
    EXPECT_EQ(told().peer_static_key(), as_text(second.key().bytes));
    EXPECT_EQ(told().peer_vipv4(), before.peer_vipv4());
    EXPECT_NE(told().path_secret(), before.path_secret());
    EXPECT_EQ(second.directions()[0].end().path_secret(), told().path_secret());
}

TEST_F(GeneralPathsTest, AreDrawnAnewWhereTheRelayHoldsThePathId) {
    int refusals = 0;
    relay.respond = [&](const v1::Signal& request) -> std::optional<v1::Signal> {
        return relay_responses(request, refusals++ == 0 ? v1::STATUS_PATH_ID_TAKEN : v1::STATUS_OK);
    };
    const v1::RouteDirection route = reach();
    ASSERT_EQ(relay.directions().size(), 2U);
    EXPECT_NE(relay.directions()[0].path_id(), route.path_id());
    EXPECT_EQ(relay.directions()[1].path_id(), route.path_id());
    EXPECT_EQ(text(route.peer_vipv4()), "198.18.64.1");
    EXPECT_EQ(world.dc->context().general.size(), 1U);
    ASSERT_EQ(relay.releases().size(), 1U) << "what it holds of it may be ours";
    EXPECT_EQ(relay.releases()[0].path_id(), relay.directions()[0].path_id());
}

TEST_F(GeneralPathsTest, GetANewSecretWhereTheRelayKnowsALaterState) {
    std::string first_secret;
    relay.respond = [&](const v1::Signal& request) -> std::optional<v1::Signal> {
        const auto& direction = request.relay_directions().directions(0);
        if (!first_secret.empty()) {
            return relay_responses(request, v1::STATUS_OK);
        }
        first_secret = direction.end().path_secret();
        v1::Signal answer = relay_responses(request, v1::STATUS_STALE);
        answer.mutable_relay_responses()->mutable_responses(0)->set_revision(9);
        return answer;
    };
    const v1::RouteDirection route = reach();
    EXPECT_EQ(route.revision(), 10U);
    EXPECT_NE(route.path_secret(), first_secret) << "its counters may be used up to any point";
}

TEST_F(GeneralPathsTest, AreRenewedAtHalfTheirLifetime) {
    world.settings.timing.path_lifetime = 20s;
    ASSERT_TRUE(world.restart_dc());
    world.relays.clear();
    register_all();
    const v1::RouteDirection route = reach();
    forget_requests();
    world.pass(25s);
    ASSERT_EQ(world.dc->context().paths.all().size(), 1U);
    EXPECT_EQ(relay.directions().size(), 2U);
    EXPECT_EQ(told().SerializeAsString(), route.SerializeAsString());
}

TEST_F(GeneralPathsTest, EndWhereTheirNodeIsDoneWithThem) {
    const v1::RouteDirection route = reach();
    forget_requests();
    ASSERT_EQ(world.ask(mn, release(route, v1::RELEASE_IDLE)).status(), v1::STATUS_OK);
    world.settle();
    ASSERT_EQ(relay.releases().size(), 1U);
    EXPECT_EQ(relay.releases()[0].path_id(), route.path_id());
    EXPECT_TRUE(mn.releases().empty());
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    EXPECT_EQ(world.dc->context().general.size(), 1U) << "its virtual address rests";
}

TEST_F(GeneralPathsTest, ExpireWithoutTheirNode) {
    world.settings.timing.path_lifetime = 20s;
    ASSERT_TRUE(world.restart_dc());
    world.relays.clear();
    register_all();
    const v1::RouteDirection route = reach();
    forget_requests();
    mn.is_reachable = false;
    world.pass(25s);
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    ASSERT_EQ(relay.releases().size(), 1U);
    EXPECT_EQ(relay.releases()[0].path_id(), route.path_id());
}

TEST_F(GeneralPathsTest, DoNotFeelTheirNodeMove) {
    const v1::RouteDirection route = reach();
    forget_requests();
    mn.outside = endpoint("192.0.2.99:4000");
    ASSERT_EQ(world.register_node(mn, mn_name, {"10.9.0.2/24"}).status(), v1::STATUS_OK);
    world.pass(1s);
    EXPECT_TRUE(mn.routes().empty());
    EXPECT_TRUE(relay.directions().empty());
    EXPECT_EQ(reach().SerializeAsString(), route.SerializeAsString());
}

TEST_F(GeneralPathsTest, AreShownWithWhereTheyLead) {
    static_cast<void>(reach());
    const auto shown = show_paths(*world.dc, admin::Json::object(), world.now);
    ASSERT_TRUE(shown);
    const admin::Json& path = shown->at("paths").at(0);
    EXPECT_EQ(path.at("kind"), "general");
    EXPECT_EQ(path.at("initiator"), mn_name);
    EXPECT_EQ(path.at("responder"), gn_name);
    EXPECT_EQ(path.at("responder_vips"), (admin::Json{"198.18.64.1", "fd00:a::1:0:1"}));
    EXPECT_EQ(path.at("responder_addresses"), (admin::Json{"198.51.100.80", "2001:db8::80"}));
    EXPECT_EQ(path.at("state"), "established");
}

TEST_F(GeneralPathsTest, EndWithTheirNode) {
    static_cast<void>(reach());
    forget_requests();
    ASSERT_TRUE(world.dc->remove_node(mn_name, world.now));
    world.settle();
    EXPECT_EQ(relay.releases().size(), 1U);
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    EXPECT_EQ(world.dc->context().general.size(), 0U);
}

}  // namespace
}  // namespace ntm::dc::test
