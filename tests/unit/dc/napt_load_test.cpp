// SPDX-License-Identifier: BSD-3-Clause
// How full a relay's NAPT is, as it says in RS Status: which relay paths to general nodes get by it,
// and what an operator sees of it.
#include "dc/admin_view.hpp"
#include "tests/unit/dc/general_lab.hpp"

namespace ntm::dc::test {
namespace {

v1::NaptLoad load(std::uint32_t ports_ipv4, std::uint32_t ports_ipv6) {
    v1::NaptLoad load;
    const auto fill = [](v1::NaptLoad::Fill& part, std::uint32_t used, std::uint32_t capacity) {
        part.set_used(used);
        part.set_capacity(capacity);
    };
    fill(*load.mutable_ports_ipv4(), ports_ipv4, 16384);
    fill(*load.mutable_ports_ipv6(), ports_ipv6, 16384);
    fill(*load.mutable_mappings(), 7, 65536);
    fill(*load.mutable_sessions(), 9, 32768);
    return load;
}

class NaptLoadTest : public GeneralLab {
  protected:
    NaptLoadTest() {
        world.hosts[ipv4_only] = {ip("198.51.100.81")};
        world.hosts[ipv6_only] = {ip("2001:db8::81")};
        EXPECT_EQ(world.register_relay(second, "rs2").status(), v1::STATUS_OK);
    }
    // Of rs1, which is taken where all is alike.
    void tell(const v1::NaptLoad& load) {
        world.napt_loads[&relay] = load;
        world.pass(400ms);
    }
    static constexpr const char* ipv4_only = "four.example.test";
    static constexpr const char* ipv6_only = "six.example.test";
    Peer& second = world.add_relay("rs2", "198.51.100.30:9770");
};

TEST_F(NaptLoadTest, APathToAGeneralNodeGoesWhereThereArePortsOfItsFamily) {
    tell(load(16384, 0));
    EXPECT_EQ(reach(ipv4_only).relay_name(), "rs2");
    EXPECT_EQ(reach(ipv6_only).relay_name(), "rs1");
}

TEST_F(NaptLoadTest, WhereNoneHasPortsAPathIsDirectedAllTheSame) {
    tell(load(16384, 16384));
    world.napt_loads[&second] = load(16384, 16384);
    world.pass(400ms);
    EXPECT_EQ(reach(ipv4_only).relay_name(), "rs1");
}

TEST_F(NaptLoadTest, PathsThatStandStay) {
    const v1::RouteDirection before = reach();
    ASSERT_EQ(before.relay_name(), "rs1");
    tell(load(16384, 16384));
    EXPECT_EQ(reach().revision(), before.revision());
    mn.outside = endpoint("192.0.2.9:40000");
    EXPECT_EQ(world.register_node(mn, mn_name, {"10.0.9.2/24"}).status(), v1::STATUS_OK);
    EXPECT_EQ(reach().relay_name(), "rs1");
}

TEST_F(NaptLoadTest, PathsBetweenNodesDoNotMind) {
    tell(load(16384, 16384));
    EXPECT_EQ(direct().relay_name(), "rs1");
}

TEST_F(NaptLoadTest, AnOperatorSeesIt) {
    tell(load(16384, 256));
    const admin::Json relays = show_relays(*world.dc, world.now).at("relays");
    EXPECT_EQ(
        relays.at(0).at("napt"),
        admin::Json::array(
            {{{"of", "ports IPv4"}, {"used", 16384}, {"capacity", 16384}},
             {{"of", "ports IPv6"}, {"used", 256}, {"capacity", 16384}},
             {{"of", "mappings"}, {"used", 7}, {"capacity", 65536}},
             {{"of", "sessions"}, {"used", 9}, {"capacity", 32768}}}
        )
    );
    EXPECT_FALSE(relays.at(1).contains("napt")) << "of one that has not told";
}

}  // namespace
}  // namespace ntm::dc::test
