// SPDX-License-Identifier: BSD-3-Clause
// The exit path at a node: asked for and kept, and what it carries (docs/protocol.md sections 4.3 and
// 7).
#include "tests/unit/client/node/ready_path.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

const Bytes to_host = inner_packet("198.18.0.1", "203.0.113.80");
const Bytes from_host = inner_packet("203.0.113.80", "198.18.0.1");
const Bytes to_host6 = inner_packet("fd00:a::1", "2001:db8::80");
const Bytes from_host6 = inner_packet("2001:db8::80", "fd00:a::1");

struct ExitWorld : NodeWorld {
    explicit ExitWorld(bool wants_exit = true) : NodeWorld{1, wants_exit} {
        relay.hold_end(path_id, secret(0x22));
        relay.answers_probes = true;
        dc.on_direction_request = [this](const v1::DirectionRequest& request) {
            v1::Signal answer;
            if (is_refusing) {
                answer.set_status(v1::STATUS_NOT_PERMITTED);
                answer.set_text("no exit for you");
                return answer;
            }
            v1::RouteDirection& route = *answer.mutable_direction_response()->mutable_route();
            route = request.exit() ? dc.exit_direction() : dc.relayed_direction();
            route.set_path_id(FakeDc::path_number);
            return answer;
        };
    }
    [[nodiscard]] std::size_t asked_for_exit() const {
        return static_cast<std::size_t>(std::count_if(
            dc.direction_requests.begin(),
            dc.direction_requests.end(),
            [](const auto& at) { return at.second.exit(); }
        ));
    }
    bool is_refusing = false;
};

struct ReadyExit : ExitWorld {
    ReadyExit() { start(); }
};

TEST(ExitPath, is_asked_for_as_soon_as_the_node_is_registered) {
    ReadyExit world;
    EXPECT_EQ(world.asked_for_exit(), 1U);
    ASSERT_EQ(world.dc.direction_requests.size(), 1U);
    EXPECT_EQ(world.dc.direction_requests[0].second.fqdn(), "");
    EXPECT_EQ(world.dc.direction_requests[0].second.vip(), "");
    ASSERT_TRUE(world.path());
    EXPECT_TRUE(world.path()->is_exit);
    EXPECT_TRUE(world.path()->is_ready);
    EXPECT_TRUE(world.node->virtual_network().is_exit);
}

TEST(ExitPath, is_not_asked_for_unless_wanted) {
    ExitWorld world{false};
    world.start();
    EXPECT_EQ(world.asked_for_exit(), 0U);
    world.send_inner(to_host);
    EXPECT_EQ(world.node->counters().not_virtual, 1U);
    EXPECT_FALSE(world.node->virtual_network().is_exit);
}

TEST(ExitPath, takes_routes_only_once_it_is_ready) {
    ExitWorld world;
    world.relay.legs[path_id].bound = at("192.0.2.99:9770");
    world.relay.legs[path_id].bound_at = world.now + std::chrono::minutes{1};
    world.start();
    ASSERT_TRUE(world.path());
    EXPECT_FALSE(world.path()->is_ready);
    EXPECT_FALSE(world.node->virtual_network().is_exit);
}

TEST(ExitPath, carries_what_is_not_virtual_in_both_families) {
    ReadyExit world;
    world.send_inner(to_host);
    world.send_inner(to_host6);
    world.run_for(milliseconds{100});
    EXPECT_EQ(bound_data(world), 2U);
    world.peer_sends_data(from_host);
    world.peer_sends_data(from_host6);
    world.run_for(milliseconds{100});
    ASSERT_EQ(world.delivered.size(), 2U);
    EXPECT_EQ(world.delivered[0].second, from_host);
    EXPECT_EQ(world.delivered[1].second, from_host6);
}

TEST(ExitPath, carries_nothing_to_many_or_to_one_link) {
    ReadyExit world;
    const std::vector<std::string> many{
        "224.0.0.251", "255.255.255.255", "169.254.1.1", "127.0.0.1"};
    for (const std::string& destination : many) {
        world.send_inner(inner_packet("198.18.0.1", destination));
    }
    for (const std::string destination : {"ff02::2", "fe80::1", "::1"}) {
        world.send_inner(inner_packet("fd00:a::1", destination));
    }
    world.send_inner(inner_packet("192.168.1.2", "203.0.113.80"));  // not from an own VIP
    world.run_for(milliseconds{100});
    EXPECT_EQ(bound_data(world), 0U);
    EXPECT_EQ(world.node->counters().not_virtual, 8U);
}

// Nobody behind the relay speaks as another node.
TEST(ExitPath, brings_nothing_from_virtual_addresses_nor_to_others) {
    ReadyExit world;
    for (const Bytes& packet :
         {from_peer,
          inner_packet("198.18.0.1", "198.18.0.1"),
          inner_packet("fd00:a::2", "fd00:a::1"),
          inner_packet("127.0.0.1", "198.18.0.1"),
          inner_packet("224.0.0.1", "198.18.0.1")}) {
        world.peer_sends_data(packet);
    }
    world.peer_sends_data(inner_packet("203.0.113.80", "192.168.1.2"));
    world.run_for(milliseconds{100});
    EXPECT_TRUE(world.delivered.empty());
    EXPECT_EQ(world.node->counters().wrong_inner_source, 5U);
    EXPECT_EQ(world.node->counters().wrong_inner_destination, 1U);
}

TEST(ExitPath, leaves_virtual_destinations_to_their_own_paths) {
    ReadyExit world;
    world.is_refusing = true;
    world.send_inner(to_peer);
    world.run_for(milliseconds{50});
    ASSERT_EQ(world.dc.direction_requests.size(), 2U);
    EXPECT_FALSE(world.dc.direction_requests[1].second.exit());
    EXPECT_EQ(bound_data(world), 0U);
}

TEST(ExitPath, stays_however_long_nobody_uses_it) {
    ReadyExit world;
    world.run_for(std::chrono::hours{4});
    ASSERT_TRUE(world.path());
    EXPECT_EQ(world.asked_for_exit(), 1U);
}

TEST(ExitPath, is_asked_for_again_when_the_dc_has_released_it) {
    ReadyExit world;
    v1::Signal message;
    message.mutable_path_release()->set_path_id(FakeDc::path_number);
    message.mutable_path_release()->set_revision(1);
    world.is_refusing = true;
    world.dc_sends(std::move(message));
    world.run_for(seconds{1});
    EXPECT_FALSE(world.path());
    EXPECT_EQ(world.asked_for_exit(), 2U);
    EXPECT_FALSE(world.node->virtual_network().is_exit) << "the host's own routes are in force";
    world.run_for(seconds{3});
    EXPECT_EQ(world.asked_for_exit(), 2U);
    world.is_refusing = false;
    world.dc.on_direction_request = [&](const v1::DirectionRequest&) {
        v1::Signal answer;
        *answer.mutable_direction_response()->mutable_route() = world.dc.exit_direction(2);
        return answer;
    };
    world.run_for(seconds{3});
    EXPECT_EQ(world.asked_for_exit(), 3U);
    ASSERT_TRUE(world.path());
    EXPECT_TRUE(world.node->virtual_network().is_exit);
}

TEST(ExitPath, is_asked_for_more_and_more_seldom_where_the_dc_refuses) {
    ExitWorld world;
    world.is_refusing = true;
    world.start();
    world.run_for(std::chrono::minutes{5});
    EXPECT_GE(world.asked_for_exit(), 6U);
    EXPECT_LE(world.asked_for_exit(), 9U);
    EXPECT_EQ(
        std::count_if(
            world.log.begin(),
            world.log.end(),
            [](const std::string& line) { return line.find("no exit for you") != line.npos; }
        ),
        1
    );
}

TEST(ExitPath, is_complained_of_and_its_routes_stay_while_nothing_comes_back) {
    ReadyExit world;
    world.relay.answers_probes = false;
    const Instant end = world.now + seconds{4};
    while (world.now < end) {
        world.send_inner(to_host);
        world.run_for(milliseconds{10});
    }
    ASSERT_TRUE(world.path());
    EXPECT_FALSE(world.path()->is_ready);
    const v1::DirectionRequest& last = world.dc.direction_requests.back().second;
    EXPECT_TRUE(last.exit());
    EXPECT_EQ(last.reason(), v1::DIRECTION_FAILED);
    EXPECT_EQ(last.path_id(), FakeDc::path_number);
    EXPECT_TRUE(world.node->virtual_network().is_exit);
}

TEST(ExitPath, goes_with_its_routes_when_the_node_ends) {
    ReadyExit world;
    world.node->shutdown(world.now);
    world.drain();
    EXPECT_FALSE(world.node->virtual_network().is_exit);
    world.run_for(seconds{2});
    EXPECT_EQ(world.asked_for_exit(), 1U);
    ASSERT_TRUE(world.dc.requests.back().has_path_release());
    EXPECT_EQ(world.dc.requests.back().path_release().reason(), v1::RELEASE_SHUTDOWN);
}

TEST(ExitPath, of_an_earlier_run_is_given_back_by_one_that_wants_none) {
    ExitWorld world{false};
    world.start();
    const auto id = world.dc_directs(world.dc.exit_direction());
    world.run_for(milliseconds{200});
    EXPECT_EQ(world.dc.answers.at(id).status(), v1::STATUS_STALE);
    EXPECT_TRUE(world.dc.answers.at(id).route_response().is_released());
    EXPECT_FALSE(world.path());
}

TEST(ExitPath, a_bad_field_of_its_direction_changes_nothing) {
    ReadyExit world;
    using Change = void (*)(v1::RouteDirection&);
    const std::vector<Change> changes{
        [](auto& at) { at.set_kind(v1::ROUTE_DIRECT); },
        [](auto& at) { at.set_peer_fqdn("gn.example.test"); },
        [](auto& at) { at.set_peer_vipv4(as_text(ip("198.18.0.2").bytes())); },
        [](auto& at) { at.set_peer_vipv6(as_text(ip("fd00:a::2").bytes())); },
        [](auto& at) { at.set_peer_static_key(""); },
        [](auto& at) { at.clear_relay(); },
    };
    for (std::size_t i = 0; i < changes.size(); ++i) {
        v1::RouteDirection direction = world.dc.exit_direction(2);
        changes[i](direction);
        const auto id = world.dc_directs(direction);
        world.run_for(milliseconds{200});
        EXPECT_EQ(world.dc.answers.at(id).status(), v1::STATUS_BAD_REQUEST) << i;
        EXPECT_EQ(world.path()->revision, 1U);
    }
}

}  // namespace
}  // namespace ntm::client::testing
