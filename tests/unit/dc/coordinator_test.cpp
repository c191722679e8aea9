// SPDX-License-Identifier: BSD-3-Clause
#include "dc/directions.hpp"
#include "tests/unit/dc/dc_world.hpp"

#include <gtest/gtest.h>

namespace ntm::dc::test {
namespace {

TEST(Coordinator, RegistersANodeWithVirtualAddressesAndTheOutsideAddressSeen) {
    World world;
    Peer& node = world.add_node("mn.a.ntm.test", "192.0.2.1:40000");
    const v1::Signal answer = world.register_node(node, "mn.a.ntm.test", {"10.0.0.2/24"});
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
}

TEST(Coordinator, DirectsAPathThroughARelayToBothEnds) {
    World world;
    Peer& relay = world.add_relay("rs1", "198.51.100.20:9770");
    Peer& mn = world.add_node("mn.a.ntm.test", "192.0.2.1:40000");
    Peer& cn = world.add_node("cn.b.ntm.test", "192.0.2.2:50000");
    ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    ASSERT_EQ(world.register_node(mn, "mn.a.ntm.test", {"10.0.0.2/24"}).status(), v1::STATUS_OK);
    ASSERT_EQ(world.register_node(cn, "cn.b.ntm.test", {"10.1.0.2/24"}).status(), v1::STATUS_OK);
    const v1::Signal answer = world.ask_direction(mn, "cn.b.ntm.test");
    ASSERT_EQ(answer.status(), v1::STATUS_OK) << answer.text();
    EXPECT_EQ(relay.directions().size(), 1U);
    EXPECT_EQ(cn.routes().size(), 1U);
}

}  // namespace
}  // namespace ntm::dc::test
