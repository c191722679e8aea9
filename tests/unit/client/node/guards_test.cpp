// SPDX-License-Identifier: BSD-3-Clause
// What a node refuses: forged, replayed and reflected packets, Directions that are not for it, and
// DCs that contradict themselves (docs/protocol.md sections 4, 6 and 7).
#include "client/node/inner_packet.hpp"
#include "common/protocol/cookie.hpp"
#include "tests/unit/client/node/node_world.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

const Bytes to_peer = inner_packet("198.18.0.1", "198.18.0.2");
const Bytes from_peer = inner_packet("198.18.0.2", "198.18.0.1");
const PathId path_id{FakeDc::path_number};

struct Ready : NodeWorld {
    Ready() {
        start();
        make_path();
    }
    void receive(Bytes payload, const Endpoint& from = relay_v4()) {
        receive({at("192.168.1.2:9770"), from, std::move(payload)});
    }
    void receive(const Datagram& datagram) {
        node->handle_datagram(datagram, now);
        drain();
    }
    [[nodiscard]] v1::Status directed(const v1::RouteDirection& direction) {
        const auto id = dc_directs(direction);
        run_for(milliseconds{100});
        return dc.answers.at(id).status();
    }
};

TEST(Guards, a_replayed_packet_is_delivered_once) {
    Ready world;
    const Bytes sealed = world.peer_sealer()->seal(from_peer).value();
    world.receive(sealed);
    world.receive(sealed);
    EXPECT_EQ(world.delivered.size(), 1U);
    EXPECT_EQ(world.node->counters().replayed, 1U);
}

TEST(Guards, every_flipped_bit_of_a_packet_is_noticed) {
    Ready world;
    const Bytes sealed = world.peer_sealer()->seal(from_peer).value();
    for (std::size_t i = 0; i < sealed.size() * 8; ++i) {
        Bytes flipped = sealed;
        flipped[i / 8] = static_cast<std::uint8_t>(flipped[i / 8] ^ (1U << (i % 8)));
        world.receive(flipped);
    }
    EXPECT_TRUE(world.delivered.empty());
    world.receive(sealed);
    EXPECT_EQ(world.delivered.size(), 1U);
}

TEST(Guards, every_truncation_of_a_packet_is_noticed) {
    Ready world;
    const Bytes sealed = world.peer_sealer()->seal(from_peer).value();
    for (std::size_t length = 0; length < sealed.size(); ++length) {
        world.receive(Bytes{sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(length)});
    }
    EXPECT_TRUE(world.delivered.empty());
}

TEST(Guards, ones_own_packet_coming_back_is_not_taken) {
    Ready world;
    world.send_inner(to_peer);
    const Bytes own = world.sent.back().second.payload;
    ASSERT_EQ(own[0], 0x10);
    world.receive(own);
    EXPECT_TRUE(world.delivered.empty());
    EXPECT_EQ(world.node->counters().wrong_role, 1U);
}

TEST(Guards, only_the_peers_virtual_addresses_come_in_and_only_to_ours) {
    Ready world;
    const auto receive_inner = [&](const std::string& from, const std::string& to) {
        world.receive(world.peer_sealer()->seal(inner_packet(from, to)).value());
    };
    receive_inner("198.18.0.3", "198.18.0.1");
    receive_inner("203.0.113.1", "198.18.0.1");
    receive_inner("fd00:a::3", "fd00:a::1");
    EXPECT_EQ(world.node->counters().wrong_inner_source, 3U);
    receive_inner("198.18.0.2", "192.168.1.2");
    receive_inner("198.18.0.2", "198.18.0.2");
    receive_inner("fd00:a::2", "ff02::1");
    EXPECT_EQ(world.node->counters().wrong_inner_destination, 3U);
    EXPECT_TRUE(world.delivered.empty());
    receive_inner("fd00:a::2", "fd00:a::1");
    EXPECT_EQ(world.delivered.size(), 1U);
}

TEST(Guards, a_plaintext_that_is_not_one_whole_packet_is_not_delivered) {
    Ready world;
    Bytes too_long = from_peer;
    too_long.push_back(0);
    Bytes wrong_version = from_peer;
    wrong_version[0] = 0x55;
    Bytes header_too_long = from_peer;
    header_too_long[0] = 0x4f;
    for (const Bytes& inner : {too_long, wrong_version, header_too_long, Bytes{0x45}}) {
        world.receive(world.peer_sealer()->seal(inner).value());
    }
    EXPECT_EQ(world.node->counters().bad_inner_packet, 4U);
    world.receive(world.peer_sealer()->seal({}).value());  // an empty one is fine, and is nothing
    EXPECT_EQ(world.node->counters().bad_inner_packet, 4U);
    EXPECT_TRUE(world.delivered.empty());
}

// E-1, E-6: the outer header is marked as the packet inside is.
TEST(Guards, dscp_and_ecn_go_out_as_they_are_inside) {
    Ready world;
    Bytes packet = to_peer;
    packet[1] = 0xba;
    world.send_inner(packet);
    EXPECT_EQ(world.sent.back().second.payload[0], 0x10);
    EXPECT_EQ(world.sent.back().second.traffic_class, 0xba);
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.traffic_class, 0);
}

// E-2, E-3.
TEST(Guards, congestion_met_under_way_reaches_those_who_know_ecn) {
    Ready world;
    Bytes knows = from_peer;
    set_ecn(knows, Ecn::ect0);
    Bytes marked = from_peer;
    set_ecn(marked, Ecn::ce);
    const auto receive_marked = [&](const Bytes& inner) {
        const Bytes sealed = world.peer_sealer()->seal(inner).value();
        world.receive({at("192.168.1.2:9770"), relay_v4(), sealed, 3});
    };
    receive_marked(knows);
    ASSERT_EQ(world.delivered.size(), 1U);
    EXPECT_EQ(world.delivered[0].second, marked);
    receive_marked(from_peer);
    EXPECT_EQ(world.delivered.size(), 1U);
    EXPECT_EQ(world.node->counters().congestion_unheard, 1U);
    // Nobody marks without congestion: what was marked inside stays so.
    world.receive(world.peer_sealer()->seal(marked).value());
    ASSERT_EQ(world.delivered.size(), 2U);
    EXPECT_EQ(world.delivered[1].second, marked);
}

TEST(Guards, a_response_with_a_nonce_that_was_not_sent_makes_no_path_ready) {
    NodeWorld world;
    world.start();
    world.relay.is_up = false;
    world.query(1, "cn.b.ntm.test");
    world.run_for(milliseconds{200});
    v1::Leg forged;
    forged.mutable_response()->set_nonce("12345678");
    forged.mutable_response()->set_bound(true);
    forged.mutable_response()->set_peer_bound(true);
    world.node->handle_datagram(
        {at("192.168.1.2:9770"),
         relay_v4(),
         protocol::seal_leg(secret(0x11), path_id, Role::initiator, forged, world.random)},
        world.now
    );
    EXPECT_FALSE(world.path()->is_ready);
}

TEST(Guards, a_tunnel_request_to_a_relayed_path_is_refused) {
    Ready world;
    v1::Leg request;
    request.mutable_request()->set_nonce("12345678");
    world.sent.clear();
    world.receive(protocol::seal_leg(secret(0x11), path_id, Role::initiator, request, world.random)
    );
    EXPECT_EQ(world.node->counters().wrong_role, 1U);
    EXPECT_TRUE(world.sent.empty());
}

TEST(Guards, a_cookie_ask_gets_no_answer_and_a_strange_answer_changes_nothing) {
    Ready world;
    world.sent.clear();
    world.receive(protocol::build_cookie_ask(5));
    EXPECT_EQ(world.node->counters().cookie_ask, 1U);
    world.receive(protocol::build_cookie_answer({5, {}, BootId{9}, at("192.0.2.1:1")}));
    EXPECT_EQ(world.node->counters().unknown_cookie, 1U);
    EXPECT_TRUE(world.sent.empty());
    EXPECT_TRUE(world.path()->is_ready);
}

TEST(Guards, a_probe_is_answered_on_the_path_and_a_replayed_answer_is_worth_nothing) {
    Ready world;
    v1::End probe;
    probe.mutable_probe()->set_nonce("abcdefgh");
    world.sent.clear();
    world.receive(protocol::seal_end(secret(0x22), path_id, Role::responder, probe, world.random));
    ASSERT_EQ(world.sent.size(), 1U);
    EXPECT_EQ(world.sent[0].second.remote, relay_v4());
    const auto answer = protocol::open_end(secret(0x22), world.sent[0].second.payload);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->probe_answer().nonce(), "abcdefgh");
    // One's own answer coming back.
    world.receive(world.sent[0].second.payload);
    EXPECT_EQ(world.node->counters().wrong_role, 1U);
}

TEST(Directions, a_lower_revision_is_refused_an_equal_one_repeats_a_higher_one_replaces) {
    Ready world;
    EXPECT_EQ(world.directed(world.dc.relayed_direction(1)), v1::STATUS_OK);
    EXPECT_EQ(world.directed(world.dc.relayed_direction(3)), v1::STATUS_OK);
    EXPECT_EQ(world.path()->revision, 3U);
    EXPECT_EQ(world.directed(world.dc.relayed_direction(2)), v1::STATUS_STALE);
    EXPECT_EQ(world.path()->revision, 3U);
}

TEST(Directions, a_stale_answer_says_what_is_held_and_whether_it_was_released) {
    Ready world;
    const auto response_to = [&](std::uint32_t revision) {
        const auto id = world.dc_directs(world.dc.relayed_direction(revision));
        world.run_for(milliseconds{100});
        return world.dc.answers.at(id).route_response();
    };
    EXPECT_EQ(response_to(5).revision(), 5U);
    EXPECT_EQ(response_to(2).revision(), 5U);
    EXPECT_FALSE(response_to(2).is_released());
    v1::Signal release;
    release.mutable_path_release()->set_path_id(FakeDc::path_number);
    release.mutable_path_release()->set_revision(6);
    world.dc_sends(release);
    world.run_for(milliseconds{100});
    EXPECT_EQ(response_to(5).revision(), 6U);
    EXPECT_TRUE(response_to(6).is_released());
    EXPECT_EQ(response_to(7).revision(), 7U);
    EXPECT_FALSE(response_to(7).is_released());
}

TEST(Directions, before_the_grant_the_dc_is_told_to_come_again) {
    const DirectionRules before{BootId{1}, {crypto::Suite::aes_128_gcm}, {}, {}};
    NodeWorld world;
    v1::RouteDirection direction = world.dc.relayed_direction(1);
    direction.set_node_boot_id(1);
    const auto refused = parse_direction(direction, before);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, v1::STATUS_BUSY);
    DirectionRules after = before;
    after.virtual_prefixes = {*Prefix::parse("198.18.0.0/17"), *Prefix::parse("fd00:a::/64")};
    EXPECT_TRUE(parse_direction(direction, after));
}

TEST(Directions, for_another_run_of_the_node_are_stale) {
    Ready world;
    auto direction = world.dc.relayed_direction(2);
    direction.set_node_boot_id(0xdef);
    EXPECT_EQ(world.directed(direction), v1::STATUS_STALE);
    EXPECT_EQ(world.path()->revision, 1U);
}

TEST(Directions, a_bad_field_changes_nothing) {
    Ready world;
    using Change = std::function<void(v1::RouteDirection&)>;
    const std::vector<Change> changes{
        [](auto& at) { at.set_path_secret("short"); },
        [](auto& at) { at.set_path_secret(std::string(32, '\0')); },
        [](auto& at) { at.set_leg_secret(""); },
        [](auto& at) { at.clear_relay(); },
        [](auto& at) { at.mutable_relay(0)->set_port(0); },
        [](auto& at) { at.mutable_relay(0)->set_ip("abc"); },
        [](auto& at) { at.mutable_relay(0)->set_ip(as_text(ip("127.0.0.1").bytes())); },
        [](auto& at) { *at.add_relay() = at.relay(0); },
        [](auto& at) { at.set_peer_static_key("x"); },
        [](auto& at) { at.set_peer_fqdn(""); },
        [](auto& at) { at.set_peer_vipv4(as_text(ip("203.0.113.7").bytes())); },
        [](auto& at) { at.set_peer_vipv4(as_text(ip("198.18.0.1").bytes())); },
        [](auto& at) { at.set_peer_vipv6(as_text(ip("2001:db8::1").bytes())); },
        [](auto& at) { at.set_peer_vipv4(""), at.set_peer_vipv6(""); },
        [](auto& at) { at.set_inner_mtu(1279); },
        [](auto& at) { at.set_lifetime_seconds(0); },
        [](auto& at) { at.set_kind(static_cast<v1::RouteKind>(7)); },
        [](auto& at) { at.set_role(static_cast<v1::PathRole>(7)); },
    };
    for (const Change& change : changes) {
        auto direction = world.dc.relayed_direction(2);
        change(direction);
        EXPECT_EQ(world.directed(direction), v1::STATUS_BAD_REQUEST);
        EXPECT_EQ(world.path()->revision, 1U);
    }
}

TEST(Directions, a_suite_that_is_not_allowed_here_is_refused) {
    Ready world;
    auto direction = world.dc.relayed_direction(2);
    direction.set_suite(v1::SUITE_NONE);
    EXPECT_EQ(world.directed(direction), v1::STATUS_NOT_PERMITTED);
    direction.set_suite(v1::SUITE_CHACHA20_POLY1305);
    EXPECT_EQ(world.directed(direction), v1::STATUS_OK);
}

TEST(Directions, a_release_of_an_older_revision_is_stale) {
    Ready world;
    EXPECT_EQ(world.directed(world.dc.relayed_direction(5)), v1::STATUS_OK);
    v1::Signal release;
    release.mutable_path_release()->set_path_id(FakeDc::path_number);
    release.mutable_path_release()->set_revision(4);
    const auto id = world.dc_sends(release);
    world.run_for(milliseconds{100});
    EXPECT_EQ(world.dc.answers.at(id).status(), v1::STATUS_STALE);
    EXPECT_TRUE(world.path());
}

// The same path secret after a higher revision, and after a release: no counter comes twice.
TEST(Directions, a_path_secret_is_never_counted_from_zero_again) {
    Ready world;
    world.send_inner(to_peer);
    EXPECT_EQ(world.directed(world.dc.relayed_direction(2)), v1::STATUS_OK);
    world.run_for(seconds{1});
    world.send_inner(to_peer);
    v1::Signal release;
    release.mutable_path_release()->set_path_id(FakeDc::path_number);
    release.mutable_path_release()->set_revision(2);
    world.dc_sends(release);
    world.run_for(milliseconds{100});
    EXPECT_EQ(world.directed(world.dc.relayed_direction(3)), v1::STATUS_OK);
    world.run_for(seconds{1});
    world.send_inner(to_peer);
    std::set<Bytes> heads;
    std::size_t packets = 0;
    for (const auto& [when, datagram] : world.sent) {
        if (datagram.payload[0] == 0x10) {
            heads.emplace(datagram.payload.begin(), datagram.payload.begin() + 16);
            ++packets;
        }
    }
    EXPECT_EQ(packets, 3U);
    EXPECT_EQ(heads.size(), packets);
}

TEST(Directions, a_higher_revision_with_the_same_leg_secret_holds_nothing_up) {
    Ready world;
    const unsigned before = world.relay.requests;
    auto direction = world.dc.relayed_direction(2);
    EXPECT_EQ(world.directed(direction), v1::STATUS_OK);
    EXPECT_GT(world.relay.requests, before) << "the relay may have lost the binding";
    world.relay.is_up = false;
    direction.set_revision(3);
    EXPECT_EQ(world.directed(direction), v1::STATUS_OK);
    EXPECT_TRUE(world.path()->is_ready);
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.payload[0], 0x10);
    direction.set_revision(4);
    direction.set_leg_secret(as_text(secret(0x12).view()));
    EXPECT_EQ(world.directed(direction), v1::STATUS_OK);
    EXPECT_FALSE(world.path()->is_ready);
}

TEST(Directions, a_new_path_secret_ends_the_old_one_at_once) {
    Ready world;
    auto direction = world.dc.relayed_direction(2);
    direction.set_path_secret(as_text(secret(0x33).view()));
    EXPECT_EQ(world.directed(direction), v1::STATUS_OK);
    world.receive(world.peer_sealer()->seal(from_peer).value());
    EXPECT_TRUE(world.delivered.empty());
    EXPECT_EQ(world.node->counters().bad_tag, 1U);
    protocol::DataSealer renewed{
        secret(0x33), crypto::Suite::aes_128_gcm, path_id, Role::responder};
    world.receive(renewed.seal(from_peer).value());
    EXPECT_EQ(world.delivered.size(), 1U);
}

TEST(Directions, an_unasked_direction_makes_this_node_a_responder) {
    NodeWorld world;
    world.start();
    auto direction = world.dc.relayed_direction();
    direction.set_role(v1::ROLE_RESPONDER);
    world.dc_directs(direction);
    world.run_for(milliseconds{200});
    ASSERT_TRUE(world.path());
    EXPECT_EQ(world.path()->role, Role::responder);
    EXPECT_TRUE(world.path()->is_ready);
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.payload[1], 0x01);  // the role, in the flags
}

TEST(Directions, an_unrenewed_one_expires) {
    NodeWorld world;
    world.start();
    auto direction = world.dc.relayed_direction();
    direction.set_lifetime_seconds(30);
    world.dc_directs(direction);
    world.run_for(seconds{20});
    world.dc_directs(direction);
    world.run_for(seconds{29});
    EXPECT_TRUE(world.path());
    world.run_for(seconds{2});
    EXPECT_FALSE(world.path());
}

}  // namespace
}  // namespace ntm::client::testing
