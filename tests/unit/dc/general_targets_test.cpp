// SPDX-License-Identifier: BSD-3-Clause
// Names that lead to nodes: what a node has to itself is no general node, what others may share is. Rows: S-8.
#include "tests/unit/dc/general_lab.hpp"

namespace ntm::dc::test {
namespace {

class GeneralTargetsTest : public GeneralLab {
  protected:
    static constexpr const char* server_name = "server.a.ntm.test";
    static constexpr const char* site = "site.example.test";

    GeneralTargetsTest() { register_server("203.0.113.7"); }
    void register_server(const std::string& address) {
        server.outside = endpoint(address + ":9770");
        const v1::Signal answer = world.register_node(server, server_name, {address + "/24"});
        ASSERT_EQ(answer.status(), v1::STATUS_OK) << answer.text();
    }
    v1::Signal ask_for(std::initializer_list<const char*> addresses) {
        for (const char* address : addresses) {
            world.hosts[site].push_back(ip(address));
        }
        return world.ask_direction(mn, site);
    }

    Peer& server = world.add_node(server_name, "203.0.113.7:9770");
};

TEST_F(GeneralTargetsTest, NodesOwnAddressIsLeftToTheResolversOfWhoAsks) {
    const v1::Signal answer = ask_for({"203.0.113.7"});
    EXPECT_EQ(answer.status(), v1::STATUS_UNKNOWN_NAME) << answer.text();
    EXPECT_TRUE(world.dc->context().paths.all().empty());
}

TEST_F(GeneralTargetsTest, NodesOwnAddressIsLeftOutBesideOthers) {
    const v1::Signal answer = ask_for({"203.0.113.7", "2001:db8::81"});
    EXPECT_EQ(answer.status(), v1::STATUS_OK) << answer.text();
    EXPECT_EQ(answer.direction_response().route().peer_vipv4(), "");
    EXPECT_NE(answer.direction_response().route().peer_vipv6(), "");
}

TEST_F(GeneralTargetsTest, NodesOwnAddressMayBeAllowed) {
    world.settings.general_allowed = {*Prefix::parse("203.0.113.0/24")};
    world.dc->set_policy(world.settings);
    EXPECT_EQ(ask_for({"203.0.113.7"}).status(), v1::STATUS_OK);
}

TEST_F(GeneralTargetsTest, AddressOfANatIsItsOrdinaryHostsToo) {
    EXPECT_EQ(ask_for({"192.0.2.1"}).status(), v1::STATUS_OK) << "mn is behind it";
}

TEST_F(GeneralTargetsTest, AddressOfARelayIsItsSubscribersToo) {
    EXPECT_EQ(ask_for({"198.51.100.20"}).status(), v1::STATUS_OK);
}

TEST_F(GeneralTargetsTest, WhatANodeSaysOfItselfTakesNoAddressFromAnybody) {
    EXPECT_EQ(world.register_node(cn, cn_name, {"203.0.113.81/24"}).status(), v1::STATUS_OK);
    EXPECT_EQ(ask_for({"203.0.113.81"}).status(), v1::STATUS_OK);
}

TEST_F(GeneralTargetsTest, AddressIsFreeWhenItsNodeHasMovedOrGone) {
    register_server("203.0.113.8");
    EXPECT_EQ(ask_for({"203.0.113.7"}).status(), v1::STATUS_OK);
    world.pass(61s);
    world.hosts["other.example.test"] = {ip("203.0.113.8")};
    EXPECT_EQ(world.register_node(mn, mn_name, {"10.0.0.2/24"}).status(), v1::STATUS_OK);
    EXPECT_EQ(world.ask_direction(mn, "other.example.test").status(), v1::STATUS_OK);
}

}  // namespace
}  // namespace ntm::dc::test
