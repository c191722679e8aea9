// SPDX-License-Identifier: BSD-3-Clause
// Exit paths: what relay and node are told, one for each node, and what restarts and limits do to them.
#include "dc/admin_view.hpp"
#include "tests/unit/dc/lab.hpp"

namespace ntm::dc::test {
namespace {

class ExitPathsTest : public StoredLab {
  protected:
    ExitPathsTest() {
        world.settings.general_blocks =
            GeneralBlocks{*Prefix::parse("198.18.64.0/24"), *Prefix::parse("fd00:a::1:0:0/112")};
        EXPECT_TRUE(world.restart_dc());
        register_all();
    }
    static v1::Signal exit_request() {
        v1::Signal request;
        request.mutable_direction_request()->set_exit(true);
        return request;
    }
    v1::RouteDirection reach(Peer& asker) {
        const v1::Signal answer = world.ask(asker, exit_request());
        EXPECT_EQ(answer.status(), v1::STATUS_OK) << answer.text();
        return answer.direction_response().route();
    }
    v1::RouteDirection reach() { return reach(mn); }
    [[nodiscard]] v1::RelayDirection ordered() const {
        const auto directions = relay.directions();
        EXPECT_FALSE(directions.empty());
        return directions.empty() ? v1::RelayDirection{} : directions.back();
    }
    [[nodiscard]] std::size_t paths() const { return world.dc->context().paths.all().size(); }
};

TEST_F(ExitPathsTest, EndAtARelayThatIsToldOfNoGeneralNode) {
    const v1::RouteDirection route = reach();
    EXPECT_EQ(route.kind(), v1::ROUTE_GENERAL);
    EXPECT_TRUE(route.exit());
    EXPECT_EQ(route.role(), v1::ROLE_INITIATOR);
    EXPECT_EQ(route.peer_fqdn(), "");
    EXPECT_EQ(route.peer_vipv4(), "");
    EXPECT_EQ(route.peer_vipv6(), "");
    EXPECT_EQ(route.peer_static_key(), as_text(relay.key().bytes));
    EXPECT_EQ(route.relay_name(), "rs1");
    EXPECT_EQ(route.leg_secret(), "");

    const v1::RelayDirection order = ordered();
    EXPECT_EQ(order.mode(), v1::RELAY_END);
    EXPECT_EQ(order.path_id(), route.path_id());
    ASSERT_EQ(order.legs_size(), 1);
    EXPECT_EQ(order.end().path_secret(), route.path_secret());
    EXPECT_EQ(order.end().subscriber_fqdn(), mn_name);
    EXPECT_EQ(order.end().subscriber_vipv4().size(), 4U);
    EXPECT_EQ(order.end().subscriber_vipv6().size(), 16U);
    EXPECT_EQ(order.end().general_nodes_size(), 0);
    EXPECT_TRUE(world.only_path().is_known_to_all());
}

TEST_F(ExitPathsTest, AreOneForANodeAndBesidesItsOthers) {
    const v1::RouteDirection route = reach();
    EXPECT_EQ(reach().SerializeAsString(), route.SerializeAsString());
    EXPECT_NE(reach(cn).path_id(), route.path_id());
    EXPECT_NE(direct().path_id(), route.path_id());
    world.hosts["www.example.test"] = {*IpAddress::parse("198.51.100.80")};
    const v1::Signal general = world.ask_direction(mn, "www.example.test");
    EXPECT_FALSE(general.direction_response().route().exit());
    EXPECT_NE(general.direction_response().route().path_id(), route.path_id());
    EXPECT_EQ(reach().SerializeAsString(), route.SerializeAsString());
    EXPECT_EQ(paths(), 4U);
}

TEST_F(ExitPathsTest, AreNotThereUnlessGeneralNodesAreConfigured) {
    const v1::RouteDirection before = reach();
    world.settings.general_blocks.reset();
    ASSERT_TRUE(world.restart_dc());
    world.relays.clear();
    register_all();
    EXPECT_EQ(paths(), 0U) << "nor any longer";
    EXPECT_EQ(world.ask(mn, exit_request()).status(), v1::STATUS_NOT_PERMITTED);
    ASSERT_EQ(relay.releases().size(), 1U);
    EXPECT_EQ(relay.releases()[0].path_id(), before.path_id());
}

TEST_F(ExitPathsTest, AreAskedForWithoutAName) {
    v1::Signal request = exit_request();
    request.mutable_direction_request()->set_fqdn("www.example.test");
    EXPECT_EQ(world.ask(mn, std::move(request)).status(), v1::STATUS_BAD_REQUEST);
}

TEST_F(ExitPathsTest, NeedARelayThatCanEndThem) {
    world.relays_have_napt = false;
    ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    const v1::Signal answer = world.ask(mn, exit_request());
    EXPECT_EQ(answer.status(), v1::STATUS_NO_RELAY);
    EXPECT_EQ(answer.text(), "no relay with NAPT can serve the node at the moment");
    EXPECT_EQ(paths(), 0U);
}

// F-34.
TEST_F(ExitPathsTest, CountAmongThePathsOfTheNode) {
    Settings settings = world.settings;
    settings.limits.paths_per_node = 1;
    world.dc->set_policy(settings);
    ASSERT_EQ(direct().kind(), v1::ROUTE_RELAYED);
    EXPECT_EQ(world.ask(mn, exit_request()).status(), v1::STATUS_BUSY);
}

TEST_F(ExitPathsTest, GetANewSecretForEachRunOfTheRelay) {
    const v1::RouteDirection before = reach();
    forget_requests();
    relay.restart();
    ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    world.settle();
    ASSERT_EQ(mn.routes().size(), 1U);
    const v1::RouteDirection told = mn.routes()[0];
    EXPECT_NE(ordered().end().path_secret(), before.path_secret());
    EXPECT_EQ(told.path_secret(), ordered().end().path_secret());
    EXPECT_TRUE(told.exit());
    EXPECT_EQ(ordered().end().general_nodes_size(), 0);
}

// F-10.
TEST_F(ExitPathsTest, AreTheSameAfterARestartOfTheDc) {
    const v1::RouteDirection before = reach();
    const v1::RelayDirection order = ordered();
    forget_requests();
    ASSERT_TRUE(world.restart_dc());
    world.relays.clear();
    world.settle();
    ASSERT_EQ(world.register_relay(relay, "rs1").rs_ack().paths_to_restore(), 1U);
    world.settle();
    EXPECT_EQ(ordered().SerializeAsString(), order.SerializeAsString());
    EXPECT_EQ(reach().SerializeAsString(), before.SerializeAsString());
    EXPECT_EQ(paths(), 1U);
}

TEST_F(ExitPathsTest, AreDrawnAnewWhereTheRelayHoldsThePathId) {
    int refusals = 0;
    relay.respond = [&](const v1::Signal& request) -> std::optional<v1::Signal> {
        return relay_responses(request, refusals++ == 0 ? v1::STATUS_PATH_ID_TAKEN : v1::STATUS_OK);
    };
    const v1::RouteDirection route = reach();
    ASSERT_EQ(relay.directions().size(), 2U);
    EXPECT_NE(relay.directions()[0].path_id(), route.path_id());
    EXPECT_EQ(relay.directions()[1].path_id(), route.path_id());
    EXPECT_TRUE(route.exit());
    EXPECT_EQ(reach().SerializeAsString(), route.SerializeAsString());
}

TEST_F(ExitPathsTest, AreRenewedAtHalfTheirLifetime) {
    world.settings.timing.path_lifetime = 20s;
    ASSERT_TRUE(world.restart_dc());
    world.relays.clear();
    register_all();
    const v1::RouteDirection route = reach();
    forget_requests();
    world.pass(25s);
    ASSERT_EQ(paths(), 1U);
    EXPECT_EQ(relay.directions().size(), 2U);
    ASSERT_FALSE(mn.routes().empty());
    EXPECT_EQ(mn.routes().back().SerializeAsString(), route.SerializeAsString());
}

TEST_F(ExitPathsTest, EndWhereTheirNodeIsDoneWithThem) {
    const v1::RouteDirection route = reach();
    ASSERT_EQ(world.ask(mn, release(route, v1::RELEASE_SHUTDOWN)).status(), v1::STATUS_OK);
    world.settle();
    ASSERT_EQ(relay.releases().size(), 1U);
    EXPECT_EQ(paths(), 0U);
    EXPECT_NE(reach().path_id(), route.path_id());
}

TEST_F(ExitPathsTest, AreShown) {
    static_cast<void>(reach());
    const auto shown = show_paths(*world.dc, admin::Json::object(), world.now);
    ASSERT_TRUE(shown);
    const admin::Json& path = shown->at("paths").at(0);
    EXPECT_EQ(path.at("kind"), "exit");
    EXPECT_EQ(path.at("initiator"), mn_name);
    EXPECT_EQ(path.at("responder"), "all general nodes");
    EXPECT_EQ(path.at("state"), "established");
}

}  // namespace
}  // namespace ntm::dc::test
