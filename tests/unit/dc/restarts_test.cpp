// SPDX-License-Identifier: BSD-3-Clause
// What survives restarts of the DC, a relay and a node, and what silence does.
#include "tests/unit/dc/lab.hpp"

namespace ntm::dc::test {
namespace {

class RestartsTest : public StoredLab {
  protected:
    // Peers that each have a path with mn, all through the relay.
    void add_peers_of_mn(int count) {
        for (int i = 0; i < count; ++i) {
            const std::string name = "n" + std::to_string(i) + ".a.ntm.test";
            const std::string outside = "192.0.2.3:" + std::to_string(20000 + i);
            Peer& peer = world.add_node(name, outside);
            ASSERT_EQ(world.register_node(peer, name, {"10.3.0.2/24"}).status(), v1::STATUS_OK);
            ASSERT_EQ(world.ask_direction(peer, mn_name).status(), v1::STATUS_OK);
        }
    }
};

// F-10.
TEST_F(RestartsTest, GivesTheSameVirtualAddressesAfterARestartOfTheDc) {
    const auto before = world.register_node(mn, mn_name, {"10.0.0.2/24"});
    const auto cn_before = world.register_node(cn, cn_name, {"10.1.0.2/24"});
    ASSERT_TRUE(world.restart_dc());
    EXPECT_EQ(world.dc->context().term, 2U);
    const auto after = world.register_node(mn, mn_name, {"10.0.0.2/24"});
    ASSERT_EQ(after.status(), v1::STATUS_OK) << after.text();
    const auto& response = after.registration_response();
    EXPECT_EQ(response.vipv4(), before.registration_response().vipv4());
    EXPECT_EQ(response.vipv6(), before.registration_response().vipv6());
    EXPECT_NE(response.vipv4(), cn_before.registration_response().vipv4());
    Peer& fresh = world.add_node("fresh.a.ntm.test", "192.0.2.4:9770");
    const auto third = world.register_node(fresh, "fresh.a.ntm.test", {});
    EXPECT_EQ(to_hex(as_bytes(third.registration_response().vipv4())), "c6120003");
}

TEST_F(RestartsTest, RefusesToStartWithOtherBlocksThanItsNodesHave) {
    world.settings.blocks.ipv4 = *Prefix::parse("198.19.0.0/17");
    EXPECT_FALSE(world.restart_dc());
}

TEST_F(RestartsTest, ReachesForItsNodesAfterARestart) {
    register_all();
    ASSERT_TRUE(world.restart_dc());
    EXPECT_FALSE(world.dc->context().signaling.is_connected(mn.key()));
    world.settle();
    EXPECT_TRUE(world.dc->context().signaling.is_connected(mn.key()))
        << "nobody but the DC has begun";
}

TEST_F(RestartsTest, RestoresItsPathsAfterARestartWithTheSameSecrets) {
    register_all();
    const v1::RouteDirection before = direct();
    forget_requests();
    ASSERT_TRUE(world.restart_dc());
    world.relays.clear();
    world.settle();
    const v1::Signal ack = world.register_relay(relay, "rs1");
    ASSERT_EQ(ack.status(), v1::STATUS_OK);
    EXPECT_EQ(ack.rs_ack().paths_to_restore(), 1U);
    world.settle();
    ASSERT_EQ(relay.directions().size(), 1U);
    EXPECT_EQ(relay.directions()[0].revision(), 1U);
    EXPECT_EQ(relay.directions()[0].legs(0).leg_secret(), before.leg_secret());
    ASSERT_EQ(mn.routes().size(), 1U);
    EXPECT_EQ(mn.routes()[0].SerializeAsString(), before.SerializeAsString());
    EXPECT_EQ(cn.routes().size(), 1U);
    const Relay* shown = world.dc->context().registry.find_relay(relay.key());
    EXPECT_EQ(shown->restored, 1U);
    EXPECT_EQ(shown->to_restore, 1U);
}

TEST_F(RestartsTest, KeepsARequestWaitingUntilTheRelayIsBackAfterARestart) {
    register_all();
    const v1::RouteDirection before = direct();
    static_cast<void>(world.add_relay("rs2", "198.51.100.30:9770"));
    ASSERT_TRUE(world.restart_dc());
    world.relays.clear();
    world.settle();
    const std::uint64_t asked = mn.signaling->send_request(
        world.dc_keys.public_key(),
        direction_request(cn_name),
        protocol::OnNewBoot::resend,
        world.now
    );
    world.pass(500ms);
    EXPECT_FALSE(mn.answers.contains(asked));
    static_cast<void>(world.register_relay(relay, "rs1"));
    world.pass(100ms);
    ASSERT_TRUE(mn.answers.contains(asked));
    EXPECT_EQ(
        mn.answers.at(asked).direction_response().route().SerializeAsString(),
        before.SerializeAsString()
    );
}

TEST_F(RestartsTest, DirectsANodeAgainWhenItIsBack) {
    register_all();
    static_cast<void>(direct());
    forget_requests();
    cn.is_reachable = false;
    ASSERT_TRUE(world.restart_dc());
    world.relays.clear();
    static_cast<void>(world.register_relay(relay, "rs1"));
    world.pass(12s);
    EXPECT_EQ(mn.routes().size(), 1U);
    cn.is_reachable = true;
    cn.signaling->connect(world.dc_keys.public_key(), true, world.now);
    world.pass(100ms);
    EXPECT_EQ(cn.routes().size(), 1U);
}

TEST_F(RestartsTest, ReachesAtOnceForANodeThatIsAskedForWhenItHasGivenUpGreetingIt) {
    register_all();
    cn.is_reachable = false;
    ASSERT_TRUE(world.restart_dc());
    world.relays.clear();
    static_cast<void>(world.register_relay(relay, "rs1"));
    world.pass(15s);
    ASSERT_FALSE(world.dc->context().signaling.is_connected(cn.key()));
    cn.is_reachable = true;
    static_cast<void>(direct());
    world.pass(100ms);
    EXPECT_EQ(cn.routes().size(), 1U);
}

TEST_F(RestartsTest, GivesUpAPathThatNoNodeHadHeardOf) {
    register_all();
    relay.respond = [](const v1::Signal&) {
        return std::nullopt;
    };
    mn.signaling->send_request(
        world.dc_keys.public_key(), direction_request(cn_name), protocol::OnNewBoot::fail, world.now
    );
    world.settle();
    ASSERT_EQ(world.dc->context().paths.all().size(), 1U);
    ASSERT_TRUE(world.restart_dc());
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    EXPECT_EQ(world.dc->pending_releases(), 1U) << "the relay may hold it";
}

TEST_F(RestartsTest, MakesANewSecretForANodeThatRunsAnewUnasked) {
    register_all();
    const v1::RouteDirection before = direct();
    forget_requests();
    cn.restart();
    ASSERT_EQ(world.register_node(cn, cn_name, {"10.1.0.2/24"}).status(), v1::STATUS_OK);
    world.settle();
    ASSERT_EQ(cn.routes().size(), 1U);
    ASSERT_EQ(mn.routes().size(), 1U);
    const v1::RouteDirection to_cn = cn.routes()[0];
    const v1::RouteDirection to_mn = mn.routes()[0];
    EXPECT_EQ(to_cn.path_id(), before.path_id());
    EXPECT_EQ(to_cn.revision(), 2U);
    EXPECT_EQ(to_mn.revision(), 2U);
    EXPECT_NE(to_cn.path_secret(), before.path_secret());
    EXPECT_EQ(to_cn.path_secret(), to_mn.path_secret());
    EXPECT_EQ(to_cn.node_boot_id(), cn.boot_id().value);
    EXPECT_EQ(to_mn.node_boot_id(), mn.boot_id().value);
    EXPECT_EQ(to_mn.leg_secret(), before.leg_secret());
    EXPECT_TRUE(relay.directions().empty()) << "it holds no counters";
}

// S-10.
TEST_F(RestartsTest, NeverGivesASecretToASecondRun) {
    register_all();
    const v1::RouteDirection before = direct();
    cn.restart();
    cn.signaling->connect(world.dc_keys.public_key(), true, world.now);
    forget_requests();
    world.pass(2s);
    ASSERT_TRUE(world.dc->context().signaling.is_connected(cn.key()));
    EXPECT_TRUE(cn.routes().empty()) << "it has not registered yet";
    const v1::Signal asked = world.ask_direction(cn, mn_name);
    EXPECT_EQ(asked.status(), v1::STATUS_STALE);
    EXPECT_EQ(world.only_path().record.revision, before.revision());
}

TEST_F(RestartsTest, HoldsBackADirectionThatWasMadeForAnEarlierRun) {
    register_all();
    cn.is_reachable = false;
    static_cast<void>(direct());
    world.pass(11s);
    cn.restart();
    cn.is_reachable = true;
    cn.signaling->connect(world.dc_keys.public_key(), true, world.now);
    world.pass(2s);
    ASSERT_EQ(world.dc->context().signaling.boot_id_of(cn.key()), cn.boot_id());
    static_cast<void>(direct());
    world.pass(1s);
    EXPECT_TRUE(cn.routes().empty()) << "this run has not registered";
    static_cast<void>(world.register_node(cn, cn_name, {"10.1.0.2/24"}));
    world.pass(1s);
    ASSERT_EQ(cn.routes().size(), 1U);
    EXPECT_EQ(cn.routes()[0].node_boot_id(), cn.boot_id().value);
}

TEST_F(RestartsTest, IgnoresARegistrationOlderThanTheLastOne) {
    // Taken by hand: ids count up, so that the network brings the later one first.
    register_all();
    const Node* node = world.dc->context().registry.find_node(mn.key());
    const std::uint64_t last = node->record.registration_id;
    protocol::RequestReceived late;
    EXPECT_GT(last, 0U);
    v1::Signal request;
    request.mutable_registration_request()->set_fqdn(mn_name);
    request.mutable_registration_request()->set_port(1);
    const std::uint64_t first = mn.signaling->send_request(
        world.dc_keys.public_key(), request, protocol::OnNewBoot::resend, world.now
    );
    const auto held = mn.signaling->take_datagrams();
    ASSERT_EQ(world.register_node(mn, mn_name, {"10.0.0.2/24"}).status(), v1::STATUS_OK);
    for (const Datagram& datagram : held) {
        world.dc->handle_datagram({*mn.dc_at, mn.outside, datagram.payload}, world.now);
    }
    world.settle();
    ASSERT_TRUE(mn.answers.contains(first));
    EXPECT_EQ(mn.answers.at(first).status(), v1::STATUS_OK);
    EXPECT_EQ(node->record.port, Port{9770});
}

TEST_F(RestartsTest, SendsAllPathsAgainToARelayThatRunsAnewSeveralInAMessage) {
    register_all();
    add_peers_of_mn(30);
    forget_requests();
    relay.restart();
    world.relays.clear();
    const v1::Signal ack = world.register_relay(relay, "rs1");
    EXPECT_EQ(ack.rs_ack().paths_to_restore(), 30U);
    world.pass(100ms);
    EXPECT_EQ(relay.directions().size(), 30U);
    std::set<std::uint64_t> ids;
    std::size_t messages = 0;
    for (const v1::Signal& request : relay.requests) {
        messages += request.has_relay_directions() ? 1 : 0;
        EXPECT_LE(request.ByteSizeLong(), protocol::longest_signal);
        for (const auto& direction : request.relay_directions().directions()) {
            ids.insert(direction.path_id());
            EXPECT_EQ(direction.revision(), 1U);
        }
        EXPECT_EQ(request.relay_directions().fence().rs_boot_id(), relay.boot_id().value);
    }
    EXPECT_EQ(ids.size(), 30U);
    EXPECT_LE(messages, 5U);
    EXPECT_TRUE(mn.routes().empty()) << "nothing has changed for the nodes";
    const Relay* shown = world.dc->context().registry.find_relay(relay.key());
    EXPECT_EQ(shown->restored, 30U);
    EXPECT_EQ(shown->to_restore, 30U);
}

// F-11.
TEST_F(RestartsTest, RestoresAtABoundedRate) {
    world.settings.limits.restored_per_second = 100;
    ASSERT_TRUE(world.restart_dc());
    register_all();
    add_peers_of_mn(40);
    // A burst of 256 is allowed: exhaust it with restarts first.
    for (int i = 0; i < 7; ++i) {
        relay.restart();
        world.relays.clear();
        static_cast<void>(world.register_relay(relay, "rs1"));
        world.settle();
    }
    forget_requests();
    world.pass(100ms);
    const std::size_t sent = relay.directions().size();
    EXPECT_GE(sent, 5U);
    EXPECT_LE(sent, 11U) << "100 a second";
}

TEST_F(RestartsTest, MovesPathsOffARelayThatMissesThreeStatuses) {
    register_all();
    const v1::RouteDirection before = direct();
    Peer& second = world.add_relay("rs2", "198.51.100.30:9770");
    static_cast<void>(world.register_relay(second, "rs2"));
    forget_requests();
    relay.is_reachable = false;
    world.pass(600ms);
    EXPECT_TRUE(second.directions().empty());
    world.pass(800ms);
    ASSERT_EQ(second.directions().size(), 1U);
    ASSERT_EQ(mn.routes().size(), 1U);
    EXPECT_EQ(mn.routes()[0].relay_name(), "rs2");
    EXPECT_EQ(mn.routes()[0].revision(), 2U);
    EXPECT_EQ(mn.routes()[0].path_secret(), before.path_secret());
    EXPECT_EQ(cn.routes().size(), 1U);
    // The old relay hears of it when it can.
    EXPECT_EQ(world.dc->pending_releases(), 1U);
    relay.is_reachable = true;
    world.pass(3s);
    EXPECT_EQ(relay.releases().size(), 1U);
    EXPECT_EQ(world.dc->pending_releases(), 0U);
}

TEST_F(RestartsTest, LeavesThePathsOfASilentRelayWhereThereIsNoOther) {
    register_all();
    static_cast<void>(direct());
    forget_requests();
    relay.is_reachable = false;
    world.pass(5s);
    EXPECT_EQ(world.only_path().record.revision, 1U);
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_OK)
        << "the relay may hold the path still; nodes find out themselves";
    relay.is_reachable = true;
    world.pass(3s);
    EXPECT_TRUE(world.dc->context().registry.find_relay(relay.key())->is_alive);
}

TEST_F(RestartsTest, MovesPathsOffADrainingRelay) {
    register_all();
    static_cast<void>(direct());
    Peer& second = world.add_relay("rs2", "198.51.100.30:9770");
    static_cast<void>(world.register_relay(second, "rs2"));
    v1::Signal status;
    *status.mutable_rs_status()->mutable_fence() = world.fence(relay);
    status.mutable_rs_status()->set_is_draining(true);
    world.relays.erase(&relay);
    ASSERT_EQ(world.ask(relay, status).status(), v1::STATUS_OK);
    world.pass(100ms);
    EXPECT_EQ(second.directions().size(), 1U);
    EXPECT_EQ(relay.releases().size(), 1U);
}

}  // namespace
}  // namespace ntm::dc::test
