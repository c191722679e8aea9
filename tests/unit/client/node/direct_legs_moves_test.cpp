// SPDX-License-Identifier: BSD-3-Clause
// Direct paths (docs/protocol.md section 5): this node moves, or finds that the way may have changed, and asks the peer.
#include "tests/unit/client/node/direct_world.hpp"

#include <set>

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

TEST(DirectLegs, a_move_of_this_node_asks_from_the_new_address_and_data_follows_the_token) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.sent.clear();
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.send_inner(to_peer);
    world.run_for(milliseconds{1});
    ASSERT_FALSE(world.requests().empty());
    EXPECT_EQ(world.requests().back().token(), "");
    world.here = at("10.0.0.7:9770");
    world.peer_responds(world.requests().back().nonce(), false, "0123456789abcdef");
    EXPECT_EQ(world.requests().back().token(), "0123456789abcdef");
    world.run_for(milliseconds{6});
    const auto data = std::find_if(world.sent.begin(), world.sent.end(), [](const auto& at) {
        return at.second.payload[0] == 0x10;
    });
    ASSERT_NE(data, world.sent.end());
    EXPECT_EQ(data->second.local.address, ip("10.0.0.7"));
    EXPECT_EQ(data->second.remote, peer_at);
}

// Whichever family it has; an answer by the old way would end the attempt.
TEST(DirectLegs, a_newer_interface_takes_over_in_the_other_family_and_the_old_way_is_not_asked) {
    const Endpoint peer_by_ipv6 = at("[2001:db8:50::1]:9770");
    Direct world{true};
    world.directs(2, {{peer_at, true}, {peer_by_ipv6, false}});
    world.peer_requests(peer_at);
    ASSERT_EQ(world.path()->way->local, ip("192.168.1.2"));
    world.sent.clear();
    world.set_addresses({real("192.168.1.2/24"), real("2001:db8:6::7/64", 3)});
    world.run_for(milliseconds{1});
    EXPECT_EQ(world.asked_from(), std::set{ip("2001:db8:6::7")});
    ASSERT_FALSE(world.requests(peer_by_ipv6).empty());
    EXPECT_EQ(world.path()->way->local, ip("192.168.1.2"));
    world.here = at("[2001:db8:6::7]:9770");
    world.peer_responds(world.requests(peer_by_ipv6).back().nonce(), true, "");
    EXPECT_EQ(world.path()->way->local, ip("2001:db8:6::7"));
    EXPECT_EQ(world.path()->way->remote, peer_by_ipv6);
}

TEST(DirectLegs, a_newer_interface_of_a_family_in_which_the_peer_has_no_address_changes_nothing) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.sent.clear();
    world.set_addresses({real("192.168.1.2/24"), real("2001:db8:6::7/64", 3)});
    world.run_for(milliseconds{1});
    EXPECT_EQ(world.asked_from(), std::set<IpAddress>{});
    EXPECT_EQ(world.path()->way->local, ip("192.168.1.2"));
}

TEST(DirectLegs, an_address_of_the_other_family_serves_as_soon_as_there_is_no_other) {
    const Endpoint peer_by_ipv6 = at("[2001:db8:50::1]:9770");
    Direct world{true};
    world.directs(2, {{peer_at, true}, {peer_by_ipv6, false}});
    world.peer_requests(peer_at);
    world.sent.clear();
    world.set_addresses({real("2001:db8:6::7/64", 3)});
    world.run_for(milliseconds{1});
    ASSERT_EQ(world.requests(peer_by_ipv6).size(), 1U);
    world.here = at("[2001:db8:6::7]:9770");
    world.peer_responds(world.requests().back().nonce(), false, "0123456789abcdef");
    EXPECT_EQ(world.requests(peer_by_ipv6).back().token(), "0123456789abcdef");
}

// This node was stopped, and finds it in its sockets.
TEST(DirectLegs, a_request_to_an_address_that_is_gone_binds_nothing) {
    Direct world{true};
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.peer_requests(peer_at);  // to 192.168.1.2
    EXPECT_FALSE(world.path()->is_ready);
    EXPECT_FALSE(world.last_response());
    EXPECT_EQ(world.node->counters().to_former_address, 1U);
}

// It may have found this node at any of the addresses that it is told of.
TEST(DirectLegs, the_peer_is_asked_when_an_address_goes_at_which_it_found_this_node) {
    Direct world{true};
    world.peer_requests(peer_at);  // to 192.168.1.2
    world.set_addresses({real("192.168.1.2/24"), real("10.0.0.7/24", 3)});
    world.peer_responds(world.requests().back().nonce(), true, "");
    ASSERT_EQ(world.path()->way->local, ip("10.0.0.7"));
    world.run_for(seconds{1});
    world.sent.clear();
    world.set_addresses({real("10.0.0.7/24", 3)});
    ASSERT_FALSE(world.requests().empty());
    const auto is_request = [](const auto& each) {
        return each.second.payload[0] == 0x11;
    };
    const auto request = std::find_if(world.sent.begin(), world.sent.end(), is_request);
    EXPECT_EQ(request->second.local.address, ip("10.0.0.7"));
}

// It was stopped, and answers what has waited in its sockets.
TEST(DirectLegs, a_peer_that_answers_too_late_is_asked_again) {
    for (const bool is_proven : {true, false}) {
        Direct world{is_proven};
        world.peer_requests(elsewhere);
        world.peer_requests(elsewhere, world.last_response()->token());
        world.set_addresses({real("192.168.1.2/24"), real("10.0.0.7/24", 3)});
        world.run_for(seconds{12});
        const std::string nonce = world.requests(peer_at).back().nonce();
        world.sent.clear();
        world.peer_responds(nonce, false, "");
        world.peer_responds(nonce, false, "");
        world.run_for(milliseconds{1});
        EXPECT_EQ(world.requests(peer_at).size(), 1U);
    }
}

// S-4: an answer recorded earlier is none to what is asked now.
TEST(DirectLegs, an_answer_to_no_request_has_nobody_asked) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.set_addresses({real("192.168.1.2/24"), real("10.0.0.7/24", 3)});
    world.run_for(seconds{12});
    world.sent.clear();
    world.peer_responds("87654321", false, "");
    world.run_for(milliseconds{1});
    EXPECT_TRUE(world.requests().empty());
}

TEST(DirectLegs, an_answer_counts_as_late_once) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.set_addresses({real("192.168.1.2/24"), real("10.0.0.7/24", 3)});
    world.run_for(seconds{12});
    const std::string nonce = world.requests().back().nonce();
    world.peer_responds(nonce, false, "");
    world.run_for(seconds{12});
    world.sent.clear();
    world.peer_responds(nonce, false, "");
    world.run_for(milliseconds{1});
    EXPECT_TRUE(world.requests().empty());
}

// The way that this node sends on is not the one that the peer may use.
TEST(DirectLegs, the_peer_is_asked_when_a_relay_sees_anew_an_address_at_which_it_found_this_node) {
    Direct world{true};
    world.peer_requests(peer_at);  // to 192.168.1.2
    world.set_addresses({real("192.168.1.2/24"), real("10.0.0.7/24", 3)});
    world.run_for(milliseconds{1});
    world.here = at("10.0.0.7:9770");
    world.peer_responds(world.requests().back().nonce(), true, "");
    ASSERT_EQ(world.path()->way->local, ip("10.0.0.7"));
    world.run_for(seconds{1});
    world.sent.clear();
    world.dc_delay = seconds{1000};
    world.nat[at("192.168.1.2:9770")] = at("192.0.2.1:4444");
    EXPECT_TRUE(world.run_until_true([&] { return !world.requests().empty(); }, seconds{61}));
}

// It may have bound what it was asked from, and its answer was lost.
TEST(DirectLegs, the_peer_is_asked_when_an_address_goes_that_it_was_asked_from) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.set_addresses({real("192.168.1.2/24"), real("10.0.0.7/24", 3)});
    world.run_for(seconds{1});
    world.sent.clear();
    world.set_addresses({real("192.168.1.2/24")});
    world.run_for(milliseconds{1});
    EXPECT_EQ(world.asked_from(), std::set{ip("192.168.1.2")});
}

// The peer does not answer what comes from the newer address, so the older one serves on.
TEST(DirectLegs, a_doubted_way_in_use_is_asked_on_besides_the_newest) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.set_addresses({real("192.168.1.2/24"), real("10.0.0.7/24", 3)});
    world.run_for(seconds{12});
    ASSERT_EQ(world.path()->way->local, ip("192.168.1.2"));
    world.sent.clear();
    world.nat[at("192.168.1.2:9770")] = at("192.0.2.1:4444");
    EXPECT_TRUE(world.run_until_true([&] { return !world.requests().empty(); }));
    EXPECT_EQ(world.asked_from(), (std::set{ip("192.168.1.2"), ip("10.0.0.7")}));
}

// The peer, which the DC tells of the new address, can not come through the NAT by itself.
TEST(DirectLegs, another_outside_address_that_the_dc_probes_has_the_peer_asked) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.run_for(seconds{3});
    world.relay.is_up = false;
    world.sent.clear();
    world.nat[at("192.168.1.2:9770")] = at("192.0.2.1:4444");
    world.query(2, "nobody.b.ntm.test");
    world.run_for(milliseconds{300});
    EXPECT_FALSE(world.requests().empty());
}

// This node sends by IPv4; the peer may use the IPv6 address that it has bound.
TEST(DirectLegs, the_peer_is_asked_when_the_dc_doubts_the_family_that_only_the_peer_uses) {
    const Endpoint peer_v6 = at("[2001:db8::50]:9770");
    Direct world{true};
    world.set_addresses({real("192.168.1.2/24"), real("2001:db8:6::7/64")});
    world.directs(2, {{peer_v6, true}});
    world.here = at("[2001:db8:6::7]:9770");
    world.peer_requests(peer_v6);
    world.directs(3, {{peer_v6, true}, {peer_at, true}});
    world.here = at("192.168.1.2:9770");
    world.peer_responds(world.requests(peer_at).back().nonce(), true, "");
    ASSERT_EQ(world.path()->way->remote, peer_at);
    ASSERT_EQ(world.node->status().dc, dc_v6());
    world.run_for(seconds{3});
    world.relay.is_up = false;
    world.sent.clear();
    world.nat[at("[2001:db8:6::7]:9770")] = at("[2001:db8:6::7]:4444");
    world.query(2, "nobody.b.ntm.test");
    world.run_for(milliseconds{300});
    EXPECT_FALSE(world.requests().empty());
}

}  // namespace
}  // namespace ntm::client::testing
