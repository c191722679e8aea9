// SPDX-License-Identifier: BSD-3-Clause
// How paths end: by release, by time, and with a node or a relay that is removed.
#include "tests/unit/dc/lab.hpp"

namespace ntm::dc::test {
namespace {

using EndsTest = StoredLab;

TEST_F(EndsTest, EndsAPathAtTheOtherEndAndTheRelayWhenANodeReleasesIt) {
    register_all();
    const v1::RouteDirection route = direct();
    forget_requests();
    EXPECT_EQ(world.ask(mn, release(route, v1::RELEASE_SHUTDOWN)).status(), v1::STATUS_OK);
    world.settle();
    for (Peer* told : {&cn, &relay}) {
        ASSERT_EQ(told->releases().size(), 1U);
        EXPECT_EQ(told->releases()[0].path_id(), route.path_id());
        EXPECT_EQ(told->releases()[0].revision(), 2U);
        EXPECT_EQ(told->releases()[0].reason(), v1::RELEASE_SHUTDOWN);
    }
    EXPECT_TRUE(relay.releases()[0].has_fence());
    EXPECT_TRUE(mn.releases().empty());
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    EXPECT_TRUE(world.store->load()->paths.empty());
    EXPECT_TRUE(world.store->load()->releases.empty());
    EXPECT_EQ(
        world.ask(mn, release(route, v1::RELEASE_SHUTDOWN)).status(), v1::STATUS_UNKNOWN_PATH
    );
}

TEST_F(EndsTest, LetsOnlyItsEndsAndItsRelayReleaseAPath) {
    register_all();
    const v1::RouteDirection route = direct();
    Peer& third = world.add_node("third.a.ntm.test", "192.0.2.3:9770");
    static_cast<void>(world.register_node(third, "third.a.ntm.test", {"10.2.0.2/24"}));
    EXPECT_EQ(world.ask(third, release(route, v1::RELEASE_IDLE)).status(), v1::STATUS_UNKNOWN_PATH);
    v1::Signal by_relay = release(route, v1::RELEASE_EXPIRED);
    EXPECT_EQ(world.ask(relay, by_relay).status(), v1::STATUS_STALE) << "no fence";
    EXPECT_EQ(world.dc->context().paths.all().size(), 1U);
    *by_relay.mutable_path_release()->mutable_fence() = world.fence(relay);
    EXPECT_EQ(world.ask(relay, by_relay).status(), v1::STATUS_OK);
    EXPECT_TRUE(world.dc->context().paths.all().empty());
}

TEST_F(EndsTest, RefusesToReleaseWhatHasALaterRevision) {
    register_all();
    const v1::RouteDirection route = direct();
    cn.restart();
    static_cast<void>(world.register_node(cn, cn_name, {"10.1.0.2/24"}));
    EXPECT_EQ(world.ask(mn, release(route, v1::RELEASE_IDLE)).status(), v1::STATUS_STALE);
    EXPECT_EQ(world.dc->context().paths.all().size(), 1U);
}

TEST_F(EndsTest, ReleasesSurviveSilenceAndARestartOfTheDc) {
    register_all();
    const v1::RouteDirection route = direct();
    forget_requests();
    cn.is_reachable = false;
    static_cast<void>(world.ask(mn, release(route, v1::RELEASE_IDLE)));
    world.pass(15s);
    EXPECT_EQ(world.dc->pending_releases(), 1U);
    ASSERT_TRUE(world.restart_dc());
    world.relays.clear();
    EXPECT_EQ(world.dc->pending_releases(), 1U);
    cn.is_reachable = true;
    world.pass(12s);
    ASSERT_GE(cn.releases().size(), 1U);
    EXPECT_EQ(cn.releases()[0].path_id(), route.path_id());
    EXPECT_EQ(world.dc->pending_releases(), 0U);
}

TEST_F(EndsTest, KeepsTheOldRelayUntilBothEndsHaveChangedOver) {
    register_all();
    static_cast<void>(direct());
    Peer& second = world.add_relay("rs2", "198.51.100.30:9770");
    static_cast<void>(world.register_relay(second, "rs2"));
    relay.is_reachable = false;
    cn.is_reachable = false;
    world.pass(2s);
    ASSERT_EQ(world.dc->pending_releases(), 1U);

    ASSERT_TRUE(world.restart_dc());
    world.relays.clear();
    world.settle();
    relay.is_reachable = true;
    ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    ASSERT_EQ(world.register_relay(second, "rs2").status(), v1::STATUS_OK);
    world.pass(1s);
    EXPECT_EQ(mn.routes().back().revision(), 2U);
    EXPECT_TRUE(relay.releases().empty());

    cn.is_reachable = true;
    ASSERT_EQ(world.register_node(cn, cn_name, {"10.1.0.2/24"}).status(), v1::STATUS_OK);
    world.pass(1s);
    EXPECT_EQ(relay.releases().size(), 1U);
}

TEST_F(EndsTest, KeepsNoTimerOfAPathThatIsGone) {
    register_all();
    const std::size_t before = world.dc->path_timers();
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(world.ask(mn, release(direct(), v1::RELEASE_IDLE)).status(), v1::STATUS_OK);
    }
    EXPECT_EQ(world.dc->path_timers(), before);
}

TEST_F(EndsTest, DropsAReleaseForANodeThatStaysAwayForAPathsLifetime) {
    world.settings.timing.path_lifetime = 300s;
    ASSERT_TRUE(world.restart_dc());
    register_all();
    const v1::RouteDirection route = direct();
    cn.is_reachable = false;
    static_cast<void>(world.ask(mn, release(route, v1::RELEASE_IDLE)));
    const auto stay = [&] {
        world.pass(60s);
        static_cast<void>(world.register_node(mn, mn_name, {"10.0.0.2/24"}));
    };
    stay();
    EXPECT_EQ(world.dc->pending_releases(), 1U);
    for (int minute = 0; minute < 7; ++minute) {
        stay();
    }
    EXPECT_EQ(world.dc->pending_releases(), 0U);
    EXPECT_TRUE(world.store->load()->releases.empty());
}

TEST_F(EndsTest, RenewsADirectionAtHalfTimeAndEndsAPathThatNobodyConfirms) {
    world.settings.timing.path_lifetime = 100s;
    world.settings.timing.registration_lifetime = 1h;
    ASSERT_TRUE(world.restart_dc());
    register_all();
    const v1::RouteDirection route = direct();
    forget_requests();
    world.pass(49s);
    EXPECT_TRUE(relay.directions().empty());
    world.pass(2s);
    ASSERT_EQ(relay.directions().size(), 1U);
    EXPECT_EQ(relay.directions()[0].revision(), 1U);
    ASSERT_EQ(mn.routes().size(), 1U);
    EXPECT_EQ(mn.routes()[0].SerializeAsString(), route.SerializeAsString());
    EXPECT_EQ(cn.routes().size(), 1U);
    forget_requests();
    cn.is_reachable = false;
    world.pass(101s);
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    ASSERT_EQ(mn.releases().size(), 1U);
    EXPECT_EQ(mn.releases()[0].reason(), v1::RELEASE_EXPIRED);
    EXPECT_EQ(relay.releases().size(), 1U);
}

TEST_F(EndsTest, EndsThePathsOfANodeThatIsRemoved) {
    register_all();
    static_cast<void>(direct());
    forget_requests();
    ASSERT_TRUE(world.dc->remove_node(cn_name, world.now));
    world.settle();
    ASSERT_EQ(mn.releases().size(), 1U);
    EXPECT_EQ(mn.releases()[0].reason(), v1::RELEASE_REVOKED);
    EXPECT_EQ(relay.releases().size(), 1U);
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_UNKNOWN_NAME);
    EXPECT_FALSE(world.dc->remove_node(cn_name, world.now));
}

TEST_F(EndsTest, MovesThePathsOfARelayThatIsRemoved) {
    register_all();
    static_cast<void>(direct());
    Peer& second = world.add_relay("rs2", "198.51.100.30:9770");
    static_cast<void>(world.register_relay(second, "rs2"));
    world.relays.erase(&relay);
    ASSERT_TRUE(world.dc->remove_relay("rs1", world.now));
    world.pass(100ms);
    EXPECT_EQ(second.directions().size(), 1U);
    EXPECT_EQ(world.only_path().record.relay, second.key());
}

TEST_F(EndsTest, RefusesToProvisionTwice) {
    EXPECT_FALSE(world.dc->add_node(mn_name, PeerKey{}, world.now)) << "name";
    EXPECT_FALSE(world.dc->add_node("x.a.ntm.test", mn.key(), world.now)) << "key of a node";
    EXPECT_FALSE(world.dc->add_node("x.a.ntm.test", relay.key(), world.now)) << "key of a relay";
    EXPECT_FALSE(world.dc->add_node("x.c.ntm.test", PeerKey{}, world.now)) << "another zone";
    EXPECT_FALSE(world.dc->add_node("x.a.ntm.test", world.dc_keys.public_key(), world.now))
        << "the DC's own key";
    EXPECT_FALSE(world.dc->add_relay("rs1", PeerKey{}, world.now));
    EXPECT_FALSE(world.dc->add_relay("rs.1", PeerKey{}, world.now));
    EXPECT_EQ(world.dc->context().registry.nodes().size(), 2U);
}

}  // namespace
}  // namespace ntm::dc::test
