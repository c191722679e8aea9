// SPDX-License-Identifier: BSD-3-Clause
// Direct paths (docs/protocol.md section 5): Requests from either end, bound by proof or by token.
#include "tests/unit/client/node/node_world.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

const Bytes to_peer = inner_packet("198.18.0.1", "198.18.0.2");
const PathId path_id{FakeDc::path_number};
const Endpoint peer_at{Ipv4Address{{192, 0, 2, 50}}, Port{9770}};
const Endpoint third{Ipv4Address{{192, 0, 2, 77}}, Port{9770}};
const Endpoint elsewhere{Ipv4Address{{192, 0, 2, 99}}, Port{1234}};

struct Direct : NodeWorld {
    explicit Direct(bool is_proven) {
        start();
        dc_directs(dc.direct_direction({{peer_at, is_proven}}));
        run_for(milliseconds{30});
    }
    void directs(std::uint32_t revision, const std::vector<PeerCandidate>& candidates) {
        v1::RouteDirection direction = dc.direct_direction(candidates);
        direction.set_revision(revision);
        dc_directs(direction);
        run_for(milliseconds{30});
    }
    [[nodiscard]] std::vector<v1::TunnelRequest> requests(std::optional<Endpoint> to = {}) {
        std::vector<v1::TunnelRequest> found;
        for (const auto& [when, datagram] : sent) {
            const bool is_there = !to || datagram.remote == *to;
            if (is_there && datagram.payload[0] == 0x11 && (datagram.payload[1] & 0x04) == 0) {
                found.push_back(protocol::open_leg(secret(0x22), datagram.payload)->request());
            }
        }
        return found;
    }
    [[nodiscard]] std::optional<v1::TunnelResponse> last_response() {
        for (auto at = sent.rbegin(); at != sent.rend(); ++at) {
            const Bytes& payload = at->second.payload;
            if (payload[0] == 0x11 && (payload[1] & 0x04) != 0) {
                return protocol::open_leg(secret(0x22), payload)->response();
            }
        }
        return std::nullopt;
    }
    void receive(const v1::Leg& leg, Role role, const Endpoint& from) {
        receive(protocol::seal_leg(secret(0x22), path_id, role, leg, random), from);
    }
    void receive(Bytes payload, const Endpoint& from) {
        node->handle_datagram({here, from, std::move(payload)}, now);
        drain();
    }
    // The own addresses that Requests have gone out from.
    [[nodiscard]] std::set<IpAddress> asked_from() {
        std::set<IpAddress> found;
        for (const auto& [when, datagram] : sent) {
            if (datagram.payload[0] == 0x11 && (datagram.payload[1] & 0x04) == 0) {
                found.insert(datagram.local.address);
            }
        }
        return found;
    }
    void peer_requests(const Endpoint& from, const std::string& token = "") {
        v1::Leg leg;
        leg.mutable_request()->set_nonce("peernonc");
        leg.mutable_request()->set_token(token);
        protocol::pad_tunnel_request(*leg.mutable_request());
        run_for(milliseconds{1});
        receive(leg, Role::responder, from);
    }
    void peer_responds(const std::string& nonce, bool is_bound, const std::string& token) {
        v1::Leg leg;
        leg.mutable_response()->set_nonce(nonce);
        leg.mutable_response()->set_bound(is_bound);
        leg.mutable_response()->set_token(token);
        receive(leg, Role::initiator, peer_at);
    }

    Endpoint here = testing::at("192.168.1.2:9770");  // where packets come in
};

TEST(DirectLegs, the_peers_request_from_its_proven_address_makes_the_path_ready) {
    Direct world{true};
    EXPECT_FALSE(world.path()->is_ready);
    world.peer_requests(peer_at);
    EXPECT_TRUE(world.path()->is_ready);
    EXPECT_TRUE(world.last_response()->bound());
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.remote, peer_at);
}

TEST(DirectLegs, an_unproven_source_needs_the_token_that_it_was_given) {
    Direct world{false};
    world.peer_requests(peer_at);
    EXPECT_FALSE(world.path()->is_ready);
    EXPECT_FALSE(world.last_response()->bound());
    const std::string token = world.last_response()->token();
    world.peer_requests(elsewhere, token);
    EXPECT_FALSE(world.path()->is_ready);
    world.peer_requests(peer_at, token);
    EXPECT_TRUE(world.path()->is_ready);
}

TEST(DirectLegs, a_replayed_request_moves_nothing) {
    Direct world{true};
    world.peer_requests(peer_at);
    v1::Leg leg;
    leg.mutable_request()->set_nonce("peernonc");
    const Bytes sealed =
        protocol::seal_leg(secret(0x22), path_id, Role::responder, leg, world.random);
    world.receive(sealed, elsewhere);
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.remote, peer_at);
}

TEST(DirectLegs, the_peer_moves_with_a_token_made_after_its_last_binding) {
    Direct world{true};
    world.peer_requests(elsewhere);
    const std::string old_token = world.last_response()->token();
    world.run_for(milliseconds{10});
    world.peer_requests(peer_at);
    world.peer_requests(elsewhere, old_token);
    EXPECT_FALSE(world.last_response()->bound());
    world.peer_requests(elsewhere, world.last_response()->token());
    EXPECT_TRUE(world.last_response()->bound());
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.remote, elsewhere);
}

// This end has found it elsewhere in between, and sends there.
TEST(DirectLegs, the_peer_comes_back_to_where_it_was_bound_with_a_token) {
    Direct world{true};
    world.peer_requests(elsewhere);
    world.peer_requests(elsewhere, world.last_response()->token());
    ASSERT_TRUE(world.last_response()->bound());
    world.directs(2, {{peer_at, true}, {third, true}});
    world.peer_responds(world.requests().back().nonce(), true, "");
    world.send_inner(to_peer);
    ASSERT_EQ(world.sent.back().second.remote, third);
    world.run_for(milliseconds{10});
    world.peer_requests(elsewhere);
    EXPECT_FALSE(world.last_response()->bound());
    world.peer_requests(elsewhere, world.last_response()->token());
    EXPECT_TRUE(world.last_response()->bound());
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.remote, elsewhere);
}

// The peer has moved, and bound its new place here by Request and token; then its DC tells.
TEST(DirectLegs, a_higher_revision_keeps_what_is_bound_and_data_goes_on) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.peer_requests(elsewhere);
    world.peer_requests(elsewhere, world.last_response()->token());
    ASSERT_TRUE(world.last_response()->bound());
    world.directs(2, {{elsewhere, true}});
    EXPECT_TRUE(world.path()->is_ready);
    world.sent.clear();
    world.send_inner(to_peer);
    ASSERT_EQ(world.sent.size(), 1U);
    EXPECT_EQ(world.sent[0].second.payload[0], 0x10);
    EXPECT_EQ(world.sent[0].second.remote, elsewhere);
    EXPECT_TRUE(world.requests().empty());
}

TEST(DirectLegs, a_higher_revision_has_the_new_address_asked_while_the_old_one_serves) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.sent.clear();
    world.directs(2, {{elsewhere, true}});
    ASSERT_FALSE(world.requests().empty());
    EXPECT_EQ(world.sent[0].second.remote, elsewhere);
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.remote, peer_at);
    world.peer_responds(world.requests().back().nonce(), true, "");
    world.send_inner(to_peer);
    EXPECT_EQ(world.sent.back().second.remote, elsewhere);
}

TEST(DirectLegs, no_revision_makes_an_old_token_good_again) {
    Direct world{true};
    world.peer_requests(elsewhere);
    const std::string old_token = world.last_response()->token();
    world.peer_requests(peer_at);
    world.directs(2, {{peer_at, true}});
    world.peer_requests(elsewhere, old_token);
    EXPECT_FALSE(world.last_response()->bound());
    EXPECT_EQ(world.path()->way->remote, peer_at);
}

// By way of a relay and back: the path secret stays, so the Request of before is authentic.
TEST(DirectLegs, legs_made_anew_take_no_token_from_before) {
    Direct world{true};
    world.peer_requests(elsewhere);
    const std::string old_token = world.last_response()->token();
    world.peer_requests(peer_at);
    world.dc_directs(world.dc.relayed_direction(2));
    world.run_for(milliseconds{100});
    world.directs(3, {{peer_at, true}});
    world.peer_requests(elsewhere, old_token);
    EXPECT_FALSE(world.last_response()->bound());
    EXPECT_FALSE(world.path()->is_ready);
    world.peer_requests(elsewhere, world.last_response()->token());
    EXPECT_TRUE(world.last_response()->bound());
}

TEST(DirectLegs, an_answer_is_never_longer_than_the_request) {
    Direct world{true};
    v1::Leg leg;
    leg.mutable_request()->set_nonce("peernonc");
    world.sent.clear();
    world.receive(leg, Role::responder, peer_at);
    for (const auto& [when, datagram] : world.sent) {
        EXPECT_EQ(datagram.payload[1] & 0x04, 0) << "an answer to an unpadded request";
    }
}

TEST(DirectLegs, ones_own_request_bound_at_the_peer_makes_the_path_ready) {
    Direct world{true};
    ASSERT_FALSE(world.requests().empty());
    world.peer_responds(world.requests().back().nonce(), false, "0123456789abcdef");
    EXPECT_FALSE(world.path()->is_ready);
    EXPECT_EQ(world.requests().back().token(), "0123456789abcdef");
    world.peer_responds(world.requests().back().nonce(), true, "");
    EXPECT_TRUE(world.path()->is_ready);
}

TEST(DirectLegs, at_most_three_requests_go_to_an_unproven_candidate_that_is_silent) {
    Direct world{false};
    world.run_for(seconds{8});
    EXPECT_EQ(world.requests().size(), 3U);
}

TEST(DirectLegs, packets_and_moves_give_a_silent_unproven_candidate_no_more_requests) {
    Direct world{false};
    for (int i = 0; i < 60; ++i) {
        world.send_inner(to_peer);
        world.run_for(seconds{1});
    }
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(seconds{5});
    EXPECT_EQ(world.requests().size(), 3U);
}

TEST(DirectLegs, a_proven_candidate_is_asked_until_it_answers) {
    Direct world{true};
    world.run_for(seconds{8});
    EXPECT_GT(world.requests().size(), 10U);
}

// Proven or not: a firewall before the peer lets neither through. A query waits for 4.5 s.
TEST(DirectLegs, after_two_seconds_of_silence_the_dc_is_asked_once_and_the_peer_on) {
    for (const bool is_proven : {true, false}) {
        Direct world{is_proven};
        world.run_for(milliseconds{1900});
        EXPECT_TRUE(world.dc.direction_requests.empty());
        world.run_for(milliseconds{200});
        ASSERT_EQ(world.dc.direction_requests.size(), 1U);
        EXPECT_EQ(world.dc.direction_requests.front().second.reason(), v1::DIRECTION_FAILED);
        const std::size_t asked = world.requests().size();
        world.run_for(seconds{5});
        EXPECT_EQ(world.requests().size() > asked, is_proven);
        EXPECT_EQ(world.dc.direction_requests.size(), 1U);
    }
}

TEST(DirectLegs, the_complaint_names_the_revision_that_failed) {
    Direct world{true};
    world.directs(7, {{peer_at, true}});
    world.run_for(seconds{3});
    ASSERT_EQ(world.dc.direction_requests.size(), 1U);
    EXPECT_EQ(world.dc.direction_requests.front().second.revision(), 7U);
}

TEST(DirectLegs, a_candidate_that_comes_late_has_two_seconds_of_its_own) {
    Direct world{true};
    world.peer_responds(world.requests().back().nonce(), false, "");
    world.run_for(seconds{5});
    world.directs(2, {{elsewhere, true}});
    world.run_for(milliseconds{1900});
    EXPECT_TRUE(world.dc.direction_requests.empty());
    world.run_for(milliseconds{200});
    EXPECT_EQ(world.dc.direction_requests.size(), 1U);
}

// The silence is this node's own.
TEST(DirectLegs, who_has_moved_to_where_nothing_works_complains_of_nobody) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.unplugged.insert(ip("10.0.0.7"));
    world.set_addresses({real("10.0.0.7/24", 3)});
    world.run_for(seconds{4});
    world.unplugged.clear();
    world.run_for(milliseconds{500});
    EXPECT_TRUE(world.dc.direction_requests.empty());
}

TEST(DirectLegs, a_peer_that_answers_and_binds_nothing_has_ten_seconds) {
    Direct world{true};
    world.peer_responds(world.requests().back().nonce(), false, "");
    world.run_for(seconds{9});
    EXPECT_TRUE(world.dc.direction_requests.empty());
    world.run_for(seconds{2});
    EXPECT_FALSE(world.dc.direction_requests.empty());
}

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

TEST(DirectLegs, an_empty_packet_every_15_seconds_keeps_nats_open) {
    Direct world{true};
    world.peer_requests(peer_at);
    world.sent.clear();
    world.run_for(seconds{46});
    const auto empty = std::count_if(world.sent.begin(), world.sent.end(), [](const auto& at) {
        return at.second.payload[0] == 0x10 && at.second.payload.size() == 32;
    });
    EXPECT_EQ(empty, 3);
}

}  // namespace
}  // namespace ntm::client::testing
