// SPDX-License-Identifier: BSD-3-Clause
// Paths to general nodes, which end at an RS-N (docs/protocol.md sections 4.2 and 5 to 7). S-3, S-10.
#include "tests/unit/client/node/ready_path.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

using std::chrono::minutes;

// The DC's path leads to an RS-N, and by it to a general node that has an IPv4 address alone.
struct GeneralWorld : NodeWorld {
    GeneralWorld() {
        relay.hold_end(path_id, secret(0x22));
        dc.on_direction_request = [this](const v1::DirectionRequest&) {
            v1::Signal answer;
            *answer.mutable_direction_response()->mutable_route() = dc.general_direction();
            return answer;
        };
        start();
    }
    [[nodiscard]] v1::Status directed(const v1::RouteDirection& direction) {
        const auto id = dc_directs(direction);
        run_for(milliseconds{200});
        return dc.answers.at(id).status();
    }
    [[nodiscard]] bool has_complained() const {
        return std::any_of(
            dc.direction_requests.begin(),
            dc.direction_requests.end(),
            [](const auto& at) {
                return at.second.reason() == v1::DIRECTION_FAILED &&
                       at.second.path_id() == path_id.value;
            }
        );
    }
};

struct ReadyGeneral : GeneralWorld {
    ReadyGeneral() { EXPECT_EQ(directed(dc.general_direction()), v1::STATUS_OK); }
};

TEST(GeneralPaths, are_ready_when_their_one_leg_is_bound) {
    ReadyGeneral world;
    ASSERT_TRUE(world.path());
    EXPECT_EQ(world.path()->kind, RouteKind::general);
    EXPECT_EQ(world.path()->relay, "rs1");
    EXPECT_TRUE(world.path()->is_ready);
}

TEST(GeneralPaths, are_not_ready_before_that) {
    GeneralWorld world;
    world.relay.legs[path_id].bound = at("192.0.2.99:9770");
    world.relay.legs[path_id].bound_at = world.now + minutes{1};  // by a token newer than any
    EXPECT_EQ(world.directed(world.dc.general_direction()), v1::STATUS_OK);
    world.run_for(seconds{5});
    EXPECT_GT(world.relay.requests, 1U);
    EXPECT_FALSE(world.path()->is_ready);
}

TEST(GeneralPaths, ask_for_nothing_more_once_the_leg_is_bound) {
    ReadyGeneral world;
    const unsigned before = world.relay.requests;
    world.run_for(seconds{30});
    EXPECT_EQ(world.relay.requests, before);
}

TEST(GeneralPaths, carry_packets_between_the_own_address_and_that_of_the_general_node_alone) {
    ReadyGeneral world;
    world.send_inner(to_peer);
    world.run_for(milliseconds{100});
    EXPECT_EQ(bound_data(world), 1U);

    world.peer_sends_data(inner_packet("203.0.113.80", "198.18.0.1"));
    world.peer_sends_data(inner_packet("198.18.0.2", "198.18.0.9"));
    world.peer_sends_data(from_peer);
    world.run_for(milliseconds{100});
    ASSERT_EQ(world.delivered.size(), 1U);
    EXPECT_EQ(world.delivered[0].second, from_peer);
    EXPECT_EQ(world.node->counters().wrong_inner_source, 1U);
    EXPECT_EQ(world.node->counters().wrong_inner_destination, 1U);
}

TEST(GeneralPaths, are_probed_at_the_relay) {
    ReadyGeneral world;
    world.relay.answers_probes = true;
    stream(world, seconds{4});
    EXPECT_TRUE(world.path()->is_ready);
    EXPECT_EQ(world.path()->rtt, Duration{milliseconds{40}});
    EXPECT_FALSE(world.has_complained());

    world.relay.answers_probes = false;
    stream(world, seconds{4});
    EXPECT_FALSE(world.path()->is_ready);
    EXPECT_TRUE(world.has_complained());
}

TEST(GeneralPaths, go_along_when_the_node_moves) {
    ReadyGeneral world;
    world.relay.answers_probes = true;
    world.set_addresses({real("10.0.0.7/24", 3)});
    stream(world, seconds{1});
    EXPECT_EQ(world.relay.legs[path_id].bound, at("10.0.0.7:9770"));
    EXPECT_TRUE(world.path()->is_ready);
    EXPECT_LT(first_data_after(world, world.now - milliseconds{100}), Instant::never());
}

TEST(GeneralPaths, outlive_the_connections_that_nobody_uses_for_two_hours) {
    ReadyGeneral world;
    world.send_inner(to_peer);
    world.run_for(minutes{150} - milliseconds{1});
    EXPECT_TRUE(world.path());
    world.run_for(seconds{1});
    EXPECT_FALSE(world.path());
    ASSERT_TRUE(world.dc.requests.back().has_path_release());
    EXPECT_EQ(world.dc.requests.back().path_release().reason(), v1::RELEASE_IDLE);
}

TEST(GeneralPaths, are_asked_for_by_address_as_their_name_may_lead_elsewhere) {
    ReadyGeneral world;
    world.send_inner(to_peer);
    world.run_for(minutes{151});
    ASSERT_FALSE(world.path());
    world.dc.direction_requests.clear();
    world.send_inner(to_peer);
    world.run_for(milliseconds{100});
    ASSERT_EQ(world.dc.direction_requests.size(), 1U);
    const v1::DirectionRequest& asked = world.dc.direction_requests[0].second;
    EXPECT_EQ(asked.fqdn(), "");
    EXPECT_EQ(asked.vip(), as_text(ip("198.18.0.2").bytes()));
}

TEST(GeneralPaths, are_complained_of_by_address) {
    ReadyGeneral world;
    stream(world, seconds{4});
    ASSERT_TRUE(world.has_complained());
    for (const auto& [when, asked] : world.dc.direction_requests) {
        EXPECT_EQ(asked.fqdn(), "");
        EXPECT_EQ(asked.vip(), as_text(ip("198.18.0.2").bytes()));
    }
}

TEST(GeneralPaths, are_kept_open_by_cookie_and_not_by_data) {
    ReadyGeneral world;
    const unsigned before = world.relay.cookies;
    world.run_for(minutes{5});
    EXPECT_GE(world.relay.cookies - before, 15U);
    EXPECT_EQ(bound_data(world), 0U);
}

TEST(GeneralPaths, begin_anew_with_the_path_secret_of_a_relay_that_has_restarted) {
    ReadyGeneral world;
    world.send_inner(to_peer);
    world.run_for(milliseconds{100});
    protocol::DataSealer* former = world.peer_sealer();

    world.relay.restart();
    world.relay.hold_end(path_id, secret(0x33));
    v1::RouteDirection direction = world.dc.general_direction(2);
    direction.set_path_secret(as_text(secret(0x33).view()));
    EXPECT_EQ(world.directed(direction), v1::STATUS_OK);
    ASSERT_TRUE(world.run_until_true([&] { return world.path()->is_ready; }, seconds{1}));

    world.relay.forwarded.clear();
    world.send_inner(to_peer);
    world.run_for(milliseconds{100});
    protocol::DataOpener relays{secret(0x33), crypto::Suite::aes_128_gcm, path_id, Role::responder};
    ASSERT_EQ(bound_data(world), 1U);
    const Bytes& data = world.relay.forwarded.front().payload;
    EXPECT_EQ(protocol::NtmHeader::parse(data)->counter, 0U);
    EXPECT_TRUE(relays.open(data));

    world.peer_sends(former->seal(from_peer).value());
    world.run_for(milliseconds{100});
    EXPECT_TRUE(world.delivered.empty()) << "under the secret that is over";
    protocol::DataSealer anew{secret(0x33), crypto::Suite::aes_128_gcm, path_id, Role::responder};
    world.peer_sends(anew.seal(from_peer).value());
    world.run_for(milliseconds{100});
    EXPECT_EQ(world.delivered.size(), 1U);
}

TEST(GeneralPaths, send_nothing_under_the_old_secret_to_a_relay_that_has_restarted) {
    ReadyGeneral world;
    world.relay.answers_probes = true;
    stream(world, seconds{1});
    world.relay.restart();
    stream(world, seconds{1});
    EXPECT_FALSE(world.path()->is_ready);
    world.relay.forwarded.clear();
    stream(world, seconds{2});
    EXPECT_TRUE(world.relay.forwarded.empty());
}

TEST(GeneralPaths, a_bad_field_of_a_direction_changes_nothing) {
    ReadyGeneral world;
    using Change = void (*)(v1::RouteDirection&);
    const std::vector<Change> changes{
        [](auto& at) { at.set_role(v1::ROLE_RESPONDER); },
        [](auto& at) { at.set_leg_secret(as_text(secret(0x11).view())); },
        [](auto& at) { at.clear_relay(); },
        [](auto& at) { *at.add_relay() = at.relay(0); },
        [](auto& at) { at.mutable_relay(0)->set_port(0); },
        [](auto& at) { at.clear_peer_vipv4(); },
        [](auto& at) { at.set_peer_vipv4(as_text(ip("203.0.113.80").bytes())); },
        [](auto& at) { at.set_peer_fqdn(""); },
        [](auto& at) { at.set_peer_static_key(""); },
        [](auto& at) { at.set_path_secret(""); },
    };
    for (std::size_t i = 0; i < changes.size(); ++i) {
        v1::RouteDirection direction = world.dc.general_direction(2);
        changes[i](direction);
        EXPECT_EQ(world.directed(direction), v1::STATUS_BAD_REQUEST) << i;
        EXPECT_EQ(world.path()->revision, 1U);
    }
    v1::RouteDirection direction = world.dc.general_direction(2);
    direction.set_suite(v1::SUITE_NONE);
    EXPECT_EQ(world.directed(direction), v1::STATUS_NOT_PERMITTED);
    EXPECT_EQ(world.directed(world.dc.general_direction(2)), v1::STATUS_OK);
    EXPECT_TRUE(world.path()->is_ready) << "the leg is the same";
}

}  // namespace
}  // namespace ntm::client::testing
