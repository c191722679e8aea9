// SPDX-License-Identifier: BSD-3-Clause
// Registration, rights, and Directions of paths that nothing disturbs.
#include "common/protocol/cookie.hpp"
#include "common/protocol/ntm_header.hpp"
#include "tests/unit/dc/lab.hpp"

#include <algorithm>

namespace ntm::dc::test {
namespace {

using CoordinatorTest = Lab;

TEST_F(CoordinatorTest, RegistersANodeWithVirtualAddressesAndTheOutsideAddressSeen) {
    ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    const v1::Signal answer = world.register_node(mn, "MN.a.ntm.test.", {"10.0.0.2/24"});
    ASSERT_EQ(answer.status(), v1::STATUS_OK) << answer.text();
    const v1::RegistrationResponse& response = answer.registration_response();
    EXPECT_EQ(to_hex(as_bytes(response.vipv4())), "c6120001");
    EXPECT_EQ(response.vipv4_prefix_length(), 17U);
    EXPECT_EQ(to_hex(as_bytes(response.vipv6())), "fd00000a000000000000000000000001");
    EXPECT_EQ(response.vipv6_prefix_length(), 64U);
    EXPECT_EQ(from_wire(response.outside()), endpoint("192.0.2.1:40000"));
    EXPECT_EQ(response.keep_alive_seconds(), 15U);
    EXPECT_EQ(response.lifetime_seconds(), 60U);
    ASSERT_EQ(response.virtual_prefixes_size(), 2);
    EXPECT_EQ(response.virtual_prefixes(0).length(), 17U);
    EXPECT_EQ(
        to_hex(as_bytes(response.virtual_prefixes(1).ip())),
        std::string("fd00000a") + std::string(24, '0')
    );
    ASSERT_EQ(response.relays_size(), 1);
    EXPECT_EQ(response.relays(0).name(), "rs1");
    ASSERT_EQ(response.relays(0).addresses_size(), 2);
    EXPECT_EQ(from_wire(response.relays(0).addresses(0)), endpoint("198.51.100.20:9770"));
}

// F-6.
TEST_F(CoordinatorTest, RefusesAWrongRegistration) {
    EXPECT_EQ(world.register_node(mn, cn_name, {}).status(), v1::STATUS_NOT_PERMITTED);
    EXPECT_EQ(world.register_node(mn, "mn.c.ntm.test", {}).status(), v1::STATUS_NOT_PERMITTED);
    v1::Signal request;
    request.mutable_registration_request()->set_fqdn(mn_name);
    EXPECT_EQ(world.ask(mn, request).status(), v1::STATUS_BAD_REQUEST) << "no port";
    request.mutable_registration_request()->set_port(9770);
    request.mutable_registration_request()->add_addresses()->set_ip("abc");
    EXPECT_EQ(world.ask(mn, request).status(), v1::STATUS_BAD_REQUEST) << "no address";
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_STALE) << "not registered";
}

TEST_F(CoordinatorTest, GivesEachKindOfPeerOnlyItsRights) {
    register_all();
    EXPECT_EQ(world.register_node(relay, mn_name, {}).status(), v1::STATUS_NOT_PERMITTED);
    EXPECT_EQ(world.ask_direction(relay, cn_name).status(), v1::STATUS_NOT_PERMITTED);
    EXPECT_EQ(world.register_relay(mn, "rs1").status(), v1::STATUS_NOT_PERMITTED);
    world.relays.erase(&mn);
    v1::Signal status;
    *status.mutable_rs_status()->mutable_fence() = world.fence(mn);
    EXPECT_EQ(world.ask(mn, status).status(), v1::STATUS_NOT_PERMITTED);
    EXPECT_EQ(world.register_relay(relay, "rs2").status(), v1::STATUS_NOT_PERMITTED);
}

// F-25: limits, zones and paths change in a running DC.
TEST_F(CoordinatorTest, TakesOverAnotherPolicyWhileItRuns) {
    register_all();
    ASSERT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_OK);
    Settings next = world.settings;
    next.zones = {"c.ntm.test"};
    next.limits.requests_per_second = 1;
    world.dc->set_policy(next);
    const PeerKey key = crypto::KeyPair::generate(world.random).public_key();
    EXPECT_FALSE(world.dc->add_node("x.a.ntm.test", key, world.now));
    EXPECT_TRUE(world.dc->add_node("x.c.ntm.test", key, world.now));
    // Who is there stays, under the new limits.
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_OK);
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_BUSY);
    world.dc->set_policy(world.settings);
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_OK);
}

TEST_F(CoordinatorTest, RefusesAStatusUnderAnotherFence) {
    register_all();
    const auto ask_with = [&](auto change) {
        v1::Signal status;
        *status.mutable_rs_status()->mutable_fence() = world.fence(relay);
        change(*status.mutable_rs_status()->mutable_fence());
        return world.ask(relay, status).status();
    };
    EXPECT_EQ(ask_with([](v1::Fence&) {}), v1::STATUS_OK);
    EXPECT_EQ(ask_with([](v1::Fence& fence) { fence.set_dc_term(2); }), v1::STATUS_STALE);
    EXPECT_EQ(ask_with([](v1::Fence& fence) { fence.set_dc_boot_id(2); }), v1::STATUS_STALE);
    EXPECT_EQ(ask_with([](v1::Fence& fence) { fence.set_rs_boot_id(2); }), v1::STATUS_STALE);
}

TEST_F(CoordinatorTest, DirectsTheRelayFirstAndThenBothEndsAtOnce) {
    register_all();
    const v1::RouteDirection to_mn = direct();
    ASSERT_EQ(relay.directions().size(), 1U);
    const v1::RelayDirection to_relay = relay.directions()[0];
    ASSERT_EQ(cn.routes().size(), 1U);
    const v1::RouteDirection to_cn = cn.routes()[0];

    EXPECT_NE(to_relay.path_id(), 0U);
    EXPECT_EQ(to_relay.revision(), 1U);
    EXPECT_EQ(to_relay.mode(), v1::RELAY_SWITCH);
    EXPECT_EQ(to_relay.lifetime_seconds(), 86400U);
    ASSERT_EQ(to_relay.legs_size(), 2);
    EXPECT_EQ(to_relay.legs(0).role(), v1::ROLE_INITIATOR);
    EXPECT_EQ(from_wire(to_relay.legs(0).proven()), endpoint("192.0.2.1:40000"));
    EXPECT_EQ(to_relay.legs(1).role(), v1::ROLE_RESPONDER);
    EXPECT_EQ(from_wire(to_relay.legs(1).proven()), endpoint("192.0.2.2:50000"));

    EXPECT_EQ(to_mn.path_id(), to_relay.path_id());
    EXPECT_EQ(to_mn.revision(), 1U);
    EXPECT_EQ(to_mn.role(), v1::ROLE_INITIATOR);
    EXPECT_EQ(to_mn.peer_fqdn(), cn_name);
    EXPECT_EQ(to_hex(as_bytes(to_mn.peer_vipv4())), "c6120002");
    EXPECT_EQ(to_hex(as_bytes(to_mn.peer_vipv6())), "fd00000a000000000000000000000002");
    EXPECT_EQ(to_hex(as_bytes(to_mn.peer_static_key())), to_hex(cn.key().bytes));
    EXPECT_EQ(to_mn.kind(), v1::ROUTE_RELAYED);
    EXPECT_EQ(to_mn.relay_name(), "rs1");
    ASSERT_EQ(to_mn.relay_size(), 2);
    EXPECT_EQ(from_wire(to_mn.relay(0)), endpoint("198.51.100.20:9770"));
    EXPECT_EQ(from_wire(to_mn.relay(1)), endpoint("[2001:db8:1::20]:9770"));
    EXPECT_EQ(to_mn.candidates_size(), 0);
    EXPECT_EQ(to_mn.suite(), v1::SUITE_AES_128_GCM);
    EXPECT_EQ(to_mn.lifetime_seconds(), 86400U);
    EXPECT_EQ(to_mn.inner_mtu(), 1400U);
    EXPECT_EQ(to_mn.node_boot_id(), mn.boot_id().value);

    EXPECT_EQ(to_cn.path_id(), to_relay.path_id());
    EXPECT_EQ(to_cn.role(), v1::ROLE_RESPONDER);
    EXPECT_EQ(to_cn.peer_fqdn(), mn_name);
    EXPECT_EQ(to_cn.node_boot_id(), cn.boot_id().value);
    EXPECT_EQ(to_cn.path_secret(), to_mn.path_secret());
    EXPECT_EQ(to_mn.path_secret().size(), 32U);
    EXPECT_EQ(to_mn.leg_secret(), to_relay.legs(0).leg_secret());
    EXPECT_EQ(to_cn.leg_secret(), to_relay.legs(1).leg_secret());
    EXPECT_NE(to_mn.leg_secret(), to_cn.leg_secret());
    EXPECT_NE(to_mn.leg_secret(), to_mn.path_secret());
    EXPECT_TRUE(mn.routes().empty()) << "mn has it in the answer";
}

// F-10.
TEST_F(CoordinatorTest, StoresThePathBeforeNodesHearOfIt) {
    register_all();
    relay.respond = [](const v1::Signal&) {
        return std::nullopt;
    };
    mn.signaling->send_request(
        world.dc_keys.public_key(),
        direction_request(cn_name),
        protocol::OnNewBoot::resend,
        world.now
    );
    world.settle();
    EXPECT_EQ(relay.directions().size(), 1U);
    EXPECT_TRUE(cn.routes().empty());
    EXPECT_FALSE(world.only_path().record.is_directed);
    const auto stored = world.store->load();
    ASSERT_TRUE(stored);
    ASSERT_EQ(stored->paths.size(), 1U);
    EXPECT_EQ(stored->paths[0].id, world.only_path().record.id);
}

TEST_F(CoordinatorTest, GivesRelayDirectionsOutBeforeTheCommitAndNothingElse) {
    register_all();
    mn.signaling->send_request(
        world.dc_keys.public_key(),
        direction_request(cn_name),
        protocol::OnNewBoot::resend,
        world.now
    );
    for (Datagram& datagram : mn.signaling->take_datagrams()) {
        world.dc->handle_datagram({*mn.dc_at, mn.outside, datagram.payload}, world.now);
    }
    const auto early = world.dc->take_early_datagrams();
    ASSERT_EQ(early.size(), 1U);
    EXPECT_EQ(early[0].remote, relay.outside);
    EXPECT_TRUE(world.dc->take_early_datagrams().empty());
}

TEST_F(CoordinatorTest, DirectsThePathOfAPairAgainInsteadOfMakingASecond) {
    register_all();
    const v1::RouteDirection first = direct();
    forget_requests();
    const v1::RouteDirection again = direct();
    EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
    EXPECT_TRUE(relay.requests.empty());
    EXPECT_TRUE(cn.requests.empty());
    const v1::Signal by_cn = world.ask_direction(cn, mn_name);
    ASSERT_EQ(by_cn.status(), v1::STATUS_OK);
    EXPECT_EQ(by_cn.direction_response().route().path_id(), first.path_id());
    EXPECT_EQ(by_cn.direction_response().route().role(), v1::ROLE_RESPONDER);
}

TEST_F(CoordinatorTest, AsksTheRelayOnceForAllWhoWait) {
    register_all();
    for (Peer* asker : {&mn, &cn, &mn}) {
        const char* name = asker == &mn ? cn_name : mn_name;
        asker->signaling->send_request(
            world.dc_keys.public_key(),
            direction_request(name),
            protocol::OnNewBoot::resend,
            world.now
        );
    }
    world.settle();
    EXPECT_EQ(relay.directions().size(), 1U);
    std::size_t routes = 0;
    for (Peer* asker : {&mn, &cn}) {
        EXPECT_TRUE(asker->routes().empty());
        for (const auto& [id, answer] : asker->answers) {
            routes += answer.has_direction_response() ? 1 : 0;
        }
    }
    EXPECT_EQ(routes, 3U);
}

TEST_F(CoordinatorTest, FindsAPeerByEitherVirtualAddress) {
    register_all();
    const auto ask_vip = [&](const char* text) {
        v1::Signal request;
        request.mutable_direction_request()->set_vip(as_text(IpAddress::parse(text)->bytes()));
        return world.ask(mn, request);
    };
    EXPECT_EQ(ask_vip("198.18.0.2").direction_response().route().peer_fqdn(), cn_name);
    EXPECT_EQ(ask_vip("fd00:a::2").direction_response().route().peer_fqdn(), cn_name);
    EXPECT_EQ(ask_vip("198.18.0.3").status(), v1::STATUS_UNKNOWN_NAME);
}

TEST_F(CoordinatorTest, SaysWhyThereIsNoPath) {
    register_all();
    world.add_node("away.a.ntm.test", "192.0.2.9:9770");
    EXPECT_EQ(world.ask_direction(mn, "none.a.ntm.test").status(), v1::STATUS_UNKNOWN_NAME);
    EXPECT_EQ(world.ask_direction(mn, "www.example.test").status(), v1::STATUS_UNKNOWN_NAME);
    EXPECT_EQ(world.ask_direction(mn, "away.a.ntm.test").status(), v1::STATUS_UNREACHABLE);
    v1::Signal neither;
    neither.mutable_direction_request();
    EXPECT_EQ(world.ask(mn, neither).status(), v1::STATUS_BAD_REQUEST);
    EXPECT_TRUE(world.dc->context().paths.all().empty());
}

TEST_F(CoordinatorTest, AnswersANodesOwnNameWithItsOwnAddressesAndNoPath) {
    register_all();
    const v1::RouteDirection own = world.ask_direction(mn, mn_name).direction_response().route();
    EXPECT_EQ(own.path_id(), 0U);
    EXPECT_EQ(to_hex(as_bytes(own.peer_vipv4())), "c6120001");
    EXPECT_TRUE(own.path_secret().empty());
    EXPECT_TRUE(world.dc->context().paths.all().empty());
}

TEST_F(CoordinatorTest, CountsANodeThatHasGoneSilentAsUnreachable) {
    register_all();
    cn.is_reachable = false;
    world.pass(59s);
    static_cast<void>(world.ask(mn, [] {
        v1::Signal alive;
        alive.mutable_keep_alive();
        return alive;
    }()));
    world.pass(2s);
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_UNREACHABLE);
}

TEST_F(CoordinatorTest, TakesRoundTripsFromKeepAlivesAndTellsTheOutsideAddress) {
    register_all();
    v1::Signal alive;
    v1::RelayRtt& rtt = *alive.mutable_keep_alive()->add_rtts();
    rtt.set_name("rs1");
    rtt.set_rtt_microseconds(38000);
    alive.mutable_keep_alive()->add_rtts()->set_name("unknown");
    const v1::Signal ack = world.ask(mn, alive);
    EXPECT_EQ(from_wire(ack.keep_alive_ack().outside()), mn.outside);
    const Node* node = world.dc->context().registry.find_node(mn.key());
    ASSERT_EQ(node->relay_rtts.size(), 1U);
    EXPECT_EQ(node->relay_rtts.at("rs1"), 38ms);
}

TEST_F(CoordinatorTest, IsBusyForANodeThatAsksTooOften) {
    register_all();
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(world.ask_direction(mn, "none.a.ntm.test").status(), v1::STATUS_UNKNOWN_NAME);
    }
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_BUSY);
    world.pass(60ms);
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_OK);
}

// S-13.
TEST_F(CoordinatorTest, IsBusyForANodeThatRegistersTooOftenAndLogsNoLineForEach) {
    register_all();
    static_cast<void>(world.dc->take_notices());
    unsigned busy = 0;
    for (int i = 0; i < 100; ++i) {
        const std::string address = "10.0.0." + std::to_string(3 + i) + "/24";
        const v1::Signal answer = world.register_node(mn, mn_name, {address});
        busy += answer.status() == v1::STATUS_BUSY ? 1 : 0;
    }
    EXPECT_GE(busy, 80U);
    EXPECT_LE(world.dc->take_notices().size(), 1U);
    for (int i = 0; i < 5; ++i) {
        static_cast<void>(world.register_node(cn, "other.b.ntm.test", {}));
    }
    EXPECT_EQ(world.dc->take_notices().size(), 1U) << "refusals";
    world.pass(5s);
    EXPECT_EQ(world.register_node(mn, mn_name, {"10.0.0.2/24"}).status(), v1::STATUS_OK);
}

TEST_F(CoordinatorTest, IsBusyForANodeThatReleasesTooOften) {
    world.settings.limits.paths_per_node = 4;
    ASSERT_TRUE(world.restart_dc());
    ASSERT_EQ(world.register_node(mn, mn_name, {"10.0.0.2/24"}).status(), v1::STATUS_OK);
    v1::RouteDirection none;
    none.set_path_id(1);
    for (int i = 0; i < 4; ++i) {
        const auto answer = world.ask(mn, release(none, v1::RELEASE_IDLE));
        EXPECT_EQ(answer.status(), v1::STATUS_UNKNOWN_PATH);
    }
    EXPECT_EQ(world.ask(mn, release(none, v1::RELEASE_IDLE)).status(), v1::STATUS_BUSY);
    world.pass(1s);
    EXPECT_EQ(world.ask(mn, release(none, v1::RELEASE_IDLE)).status(), v1::STATUS_UNKNOWN_PATH);
}

// F-34.
TEST_F(CoordinatorTest, IsBusyForANodeWithAsManyPathsAsItMayHave) {
    world.settings.limits.paths_per_node = 1;
    ASSERT_TRUE(world.restart_dc());
    register_all();
    Peer& third = world.add_node("third.a.ntm.test", "192.0.2.3:9770");
    static_cast<void>(world.register_node(third, "third.a.ntm.test", {"10.2.0.2/24"}));
    static_cast<void>(direct());
    EXPECT_EQ(world.ask_direction(mn, "third.a.ntm.test").status(), v1::STATUS_BUSY);
    EXPECT_EQ(world.ask_direction(third, cn_name).status(), v1::STATUS_BUSY);
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_OK) << "the one it has";
}

TEST_F(CoordinatorTest, ChoosesTheFirstSuiteOfTheAskerThatAllAllow) {
    register_all();
    const auto register_with =
        [&](Peer& node, const char* name, const std::vector<v1::Suite>& suites) {
            v1::Signal request;
            v1::RegistrationRequest& body = *request.mutable_registration_request();
            body.set_fqdn(name);
            body.set_port(9770);
            body.add_addresses()->set_ip(as_text(IpAddress::parse("10.0.0.2")->bytes()));
            body.mutable_addresses(0)->set_prefix_length(24);
            for (const v1::Suite suite : suites) {
                body.add_suites(suite);
            }
            ASSERT_EQ(world.ask(node, request).status(), v1::STATUS_OK);
        };
    register_with(mn, mn_name, {v1::SUITE_CHACHA20_POLY1305, v1::SUITE_AES_128_GCM});
    EXPECT_EQ(direct().suite(), v1::SUITE_AES_128_GCM) << "cn has only this one";
    static_cast<void>(world.ask(mn, release(direct(), v1::RELEASE_IDLE)));
    register_with(cn, cn_name, {v1::SUITE_AES_128_GCM, v1::SUITE_CHACHA20_POLY1305});
    EXPECT_EQ(direct().suite(), v1::SUITE_CHACHA20_POLY1305);
    static_cast<void>(world.ask(mn, release(direct(), v1::RELEASE_IDLE)));
    register_with(cn, cn_name, {v1::SUITE_AES_128_CBC_HMAC_SHA_256, v1::SUITE_NONE});
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_UNREACHABLE);
}

TEST_F(CoordinatorTest, TakesATokenOfACookieAskInAHandshake) {
    const Endpoint somebody = endpoint("192.0.2.77:1");
    const auto answers = [&](Bytes payload) {
        world.dc->handle_datagram({world.dc_at, somebody, std::move(payload)}, world.now);
        return world.dc->take_datagrams();
    };
    const auto asked = answers(protocol::build_cookie_ask(5));
    ASSERT_EQ(asked.size(), 1U);
    const auto cookie = protocol::parse_cookie_answer(asked[0].payload);
    ASSERT_TRUE(cookie);
    // So many strangers that the DC demands tokens of all.
    Bytes message_1(200);
    message_1[0] = 0x13;
    for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(answers(message_1).empty());
    }
    EXPECT_EQ(answers(message_1).size(), 1U);
    std::ranges::copy(cookie->token, message_1.begin() + protocol::NtmHeader::size);
    EXPECT_TRUE(answers(message_1).empty());
    EXPECT_EQ(world.dc->counters().signaling.token_demanded, 1U);
    EXPECT_EQ(world.dc->counters().signaling.bad_handshake, 501U) << "opened, and a stranger's";
}

TEST_F(CoordinatorTest, CountsAndDropsWhatIsNotForADc) {
    Bytes data(64, 0);
    data[0] = 0x10;
    const Datagram datagram{world.dc_at, endpoint("192.0.2.77:1"), data};
    world.dc->handle_datagram(datagram, world.now);
    world.dc->handle_datagram({datagram.local, datagram.remote, Bytes(15, 0x10)}, world.now);
    EXPECT_EQ(world.dc->counters().not_for_a_dc, 1U);
    EXPECT_EQ(world.dc->counters().bad_header, 1U);
    EXPECT_TRUE(world.dc->take_datagrams().empty());
}

}  // namespace
}  // namespace ntm::dc::test
