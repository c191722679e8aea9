// SPDX-License-Identifier: BSD-3-Clause
// A node of a direct path moves: its Registration and the proof of its new address come in either
// order, and in between nothing is decided on half of the move.
#include "dc/reachability.hpp"
#include "tests/unit/dc/lab.hpp"

#include <set>

namespace ntm::dc::test {
namespace {

class NodeMovesTest : public Lab {
  protected:
    static constexpr const char* server_name = "server.a.ntm.test";

    // A direct path between mn, behind a NAT, and the server, which is not.
    void SetUp() override {
        ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
        static_cast<void>(world.register_node(server, server_name, {"192.0.2.7/24"}));
        static_cast<void>(world.register_node(mn, mn_name, {"10.0.0.2/24"}));
        const auto route = world.ask_direction(mn, server_name).direction_response().route();
        ASSERT_EQ(route.kind(), v1::ROUTE_DIRECT);
        forget_requests();
    }
    void announce(Peer& peer, std::string_view outside) {
        peer.outside = endpoint(outside);
        peer.signaling->announce_move(world.dc_keys.public_key(), world.now);
    }
    // Its Registration arrives, and nothing of the DC's gets through to the peer.
    void send_registration(Peer& peer, std::string_view address) {
        v1::Signal request;
        v1::RegistrationRequest& body = *request.mutable_registration_request();
        body.set_fqdn(server_name);
        body.set_port(9770);
        body.add_addresses()->set_ip(as_text(IpAddress::parse(address)->bytes()));
        body.mutable_addresses(0)->set_prefix_length(24);
        peer.signaling->send_request(
            world.dc_keys.public_key(), request, protocol::OnNewBoot::resend, world.now
        );
        for (Datagram& sent : peer.signaling->take_datagrams()) {
            world.dc->handle_datagram(
                {world.dc_at, peer.outside, std::move(sent.payload)}, world.now
            );
        }
    }
    [[nodiscard]] const NodeRecord& record_of(const Peer& peer) const {
        return world.dc->context().registry.find_node(peer.key())->record;
    }
    // The path is direct, and mn has been told where the server is and nothing else.
    void expect_told_once(const Endpoint& where) const {
        EXPECT_EQ(world.only_path().record.kind, RouteKind::direct);
        EXPECT_EQ(find_reachability(record_of(server)).ipv4, Finding::global);
        ASSERT_EQ(mn.routes().size(), 1U);
        const v1::RouteDirection told = mn.routes().back();
        EXPECT_EQ(told.kind(), v1::ROUTE_DIRECT);
        ASSERT_EQ(told.candidates_size(), 1);
        EXPECT_EQ(from_wire(told.candidates(0).address()), where);
        EXPECT_TRUE(told.candidates(0).is_proven());
    }

    Peer& server = world.add_node(server_name, "192.0.2.7:9770");
};

TEST_F(NodeMovesTest, StaysDirectWhereTheRegistrationComesBeforeTheProof) {
    announce(server, "203.0.113.77:9770");
    static_cast<void>(world.register_node(server, server_name, {"203.0.113.77/24"}));
    world.pass(1s);
    expect_told_once(server.outside);
}

TEST_F(NodeMovesTest, StaysDirectWhereTheProofComesBeforeTheRegistration) {
    announce(server, "203.0.113.77:9770");
    world.pass(100ms);
    EXPECT_TRUE(mn.routes().empty());
    static_cast<void>(world.register_node(server, server_name, {"203.0.113.77/24"}));
    world.pass(1s);
    expect_told_once(server.outside);
}

TEST_F(NodeMovesTest, IsAskedForAPathBetweenRegistrationAndProof) {
    // Nothing comes through to the server's new address: it can not prove it.
    announce(server, "203.0.113.77:9770");
    send_registration(server, "203.0.113.77");
    server.is_reachable = false;
    const auto route = world.ask_direction(mn, server_name).direction_response().route();
    EXPECT_EQ(route.kind(), v1::ROUTE_DIRECT);
    server.is_reachable = true;
    world.pass(2s);
    expect_told_once(server.outside);
}

TEST_F(NodeMovesTest, TakesARelayWhenTheMoveLeadsBehindANat) {
    announce(server, "203.0.113.77:41000");
    world.pass(100ms);
    static_cast<void>(world.register_node(server, server_name, {"10.7.0.2/24"}));
    world.pass(1s);
    EXPECT_EQ(find_reachability(record_of(server)).ipv4, Finding::behind_nat);
    EXPECT_EQ(world.only_path().record.kind, RouteKind::relayed);
}

TEST_F(NodeMovesTest, TakesTheRegistrationThoughTheNatHasChangedItsMappingSince) {
    announce(server, "203.0.113.77:41000");
    send_registration(server, "10.7.0.2");
    announce(server, "203.0.113.77:42000");
    world.pass(1s);
    EXPECT_EQ(record_of(server).outside, server.outside);
    EXPECT_EQ(find_reachability(record_of(server)).ipv4, Finding::behind_nat);
    EXPECT_EQ(world.only_path().record.kind, RouteKind::relayed);
}

TEST_F(NodeMovesTest, BelievesAKeepAliveWhereNoRegistrationFollows) {
    announce(server, "203.0.113.77:41000");
    world.pass(100ms);
    EXPECT_NE(record_of(server).outside, server.outside);
    v1::Signal keep_alive;
    keep_alive.mutable_keep_alive();
    static_cast<void>(world.ask(server, keep_alive));
    EXPECT_EQ(record_of(server).outside, server.outside);
    EXPECT_EQ(world.only_path().record.kind, RouteKind::relayed);
}

// mn had the address when it moved: what is new is where mn is, and in which order it is told.
TEST_F(NodeMovesTest, NamesTheSameAddressesToAnEndThatMovesToTheOtherFamily) {
    static_cast<void>(world.register_node(server, server_name, {"192.0.2.7/24", "2001:db8:7::7/64"})
    );
    const auto named = [](const v1::RouteDirection& route) {
        std::set<std::string> addresses;
        for (const v1::Candidate& candidate : route.candidates()) {
            addresses.insert(from_wire(candidate.address())->text());
        }
        return addresses;
    };
    const std::set<std::string> of_both{"192.0.2.7:9770", "[2001:db8:7::7]:9770"};
    const auto route = world.ask_direction(mn, server_name).direction_response().route();
    EXPECT_EQ(named(route), of_both);
    mn.outside = endpoint("[2001:db8:6::1]:9770");
    mn.dc_at = world.dc_at_ipv6;
    static_cast<void>(world.register_node(mn, mn_name, {"2001:db8:6::1/64"}));
    world.pass(1s);
    EXPECT_EQ(world.only_path().record.kind, RouteKind::direct);
    ASSERT_FALSE(mn.routes().empty());
    EXPECT_EQ(named(mn.routes().back()), of_both);
    EXPECT_EQ(named(server.routes().back()), std::set<std::string>{"[2001:db8:6::1]:9770"});
}

}  // namespace
}  // namespace ntm::dc::test
