// SPDX-License-Identifier: BSD-3-Clause
// Which cipher suite paths get, and what inner MTU with it (docs/protocol.md section 3).
#include "dc/suite_choice.hpp"
#include "tests/unit/dc/lab.hpp"

namespace ntm::dc::test {
namespace {

using crypto::Suite;

constexpr v1::Suite gcm = v1::SUITE_AES_128_GCM;
constexpr v1::Suite chacha = v1::SUITE_CHACHA20_POLY1305;
constexpr v1::Suite cbc = v1::SUITE_AES_128_CBC_HMAC_SHA_256;

class SuitesTest : public StoredLab {
  protected:
    static constexpr const char* gn_name = "www.example.test";

    SuitesTest() {
        world.settings.general_blocks =
            GeneralBlocks{*Prefix::parse("198.18.64.0/24"), *Prefix::parse("fd00:a::1:0:0/112")};
        EXPECT_TRUE(world.restart_dc());
        world.hosts[gn_name] = {*IpAddress::parse("198.51.100.80")};
        world.zones["example.test"] = {"v=spf1 -all"};
    }
    void register_all_with(
        const std::vector<v1::Suite>& nodes, const std::vector<v1::Suite>& relays
    ) {
        world.suites_of_nodes = nodes;
        world.suites_of_relays = relays;
        register_all();
    }
    v1::RouteDirection reach() {
        const v1::Signal answer = world.ask_direction(mn, gn_name);
        EXPECT_EQ(answer.status(), v1::STATUS_OK) << answer.text();
        return answer.direction_response().route();
    }
};

TEST(SuiteChoice, IsTheFirstOfTheAskersThatAllTake) {
    const std::vector<Suite> asker{Suite::none, Suite::chacha20_poly1305, Suite::aes_128_gcm};
    const std::vector<Suite> other{Suite::aes_128_gcm, Suite::chacha20_poly1305, Suite::none};
    EXPECT_EQ(choose_suite(asker, other, other), Suite::none);
    EXPECT_EQ(choose_suite(asker, other, crypto::usual_suites()), Suite::chacha20_poly1305);
    EXPECT_EQ(choose_suite(asker, {Suite::aes_128_gcm}, other), Suite::aes_128_gcm);
    EXPECT_EQ(choose_suite(asker, {Suite::aes_128_cbc_hmac_md5}, other), std::nullopt);
    EXPECT_EQ(choose_suite(asker, other, {}), std::nullopt);
}

TEST(SuiteChoice, LeavesPacketsOnTheWireAsLongAsTheyAre) {
    EXPECT_EQ(inner_mtu_of(Suite::aes_128_gcm, 1400), 1400U);
    EXPECT_EQ(inner_mtu_of(Suite::chacha20_poly1305, 1400), 1400U);
    EXPECT_EQ(inner_mtu_of(Suite::none, 1400), 1400U);
    EXPECT_EQ(inner_mtu_of(Suite::aes_128_cbc_hmac_sha_256, 1400), 1375U);
    EXPECT_EQ(inner_mtu_of(Suite::aes_128_cbc_hmac_md5, 8900), 8879U);
    EXPECT_EQ(inner_mtu_of(Suite::aes_128_cbc_hmac_sha_256, 1290), 1280U) << "what IPv6 needs";
}

TEST_F(SuitesTest, BetweenNodesTheInnerMtuIsTheSuites) {
    register_all_with({cbc, gcm}, {gcm});
    EXPECT_EQ(direct().suite(), cbc) << "a relay between them does not see it";
    EXPECT_EQ(direct().inner_mtu(), 1375U);
}

TEST_F(SuitesTest, AnEndingRelayHasToTakeItToo) {
    register_all_with({chacha, cbc, gcm}, {gcm, cbc});
    const v1::RouteDirection route = reach();
    EXPECT_EQ(route.suite(), cbc);
    EXPECT_EQ(route.inner_mtu(), 1375U);
    EXPECT_EQ(relay.directions().back().end().suite(), cbc);
}

TEST_F(SuitesTest, WhatIsNotAllowedByNameIsNotChosen) {
    register_all_with({v1::SUITE_NONE, v1::SUITE_AES_128_CBC_HMAC_MD5, gcm}, {v1::SUITE_NONE, gcm});
    EXPECT_EQ(reach().suite(), gcm);
    EXPECT_EQ(direct().suite(), gcm);
}

TEST_F(SuitesTest, WhatIsAllowedByNameIsChosen) {
    world.settings.suites = {Suite::none};
    EXPECT_TRUE(world.restart_dc());
    register_all_with({gcm, v1::SUITE_NONE}, {v1::SUITE_NONE});
    EXPECT_EQ(reach().suite(), v1::SUITE_NONE);
    EXPECT_EQ(direct().suite(), v1::SUITE_NONE);
}

TEST_F(SuitesTest, WithoutOneInCommonARelayCanNotEndThePath) {
    register_all_with({chacha}, {gcm});
    EXPECT_EQ(world.ask_direction(mn, gn_name).status(), v1::STATUS_NO_RELAY);
    Peer& second = world.add_relay("rs2", "198.51.100.21:9770");
    world.suites_of_relays = {cbc, chacha};
    ASSERT_EQ(world.register_relay(second, "rs2").status(), v1::STATUS_OK);
    EXPECT_EQ(reach().relay_name(), "rs2");
    EXPECT_EQ(reach().suite(), chacha);
}

TEST_F(SuitesTest, ARelayThatNamesNoneTakesTheDefault) {
    register_all_with({chacha, gcm}, {});
    EXPECT_EQ(reach().suite(), gcm);
}

TEST_F(SuitesTest, ARelayThatComesBackWithOthersEndsItsPathsByThese) {
    register_all_with({gcm, chacha}, {gcm});
    EXPECT_EQ(reach().suite(), gcm);
    relay.restart();
    world.suites_of_relays = {chacha};
    ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    world.settle();
    EXPECT_EQ(relay.directions().back().end().suite(), chacha);
    EXPECT_EQ(mn.routes().back().suite(), chacha);
}

TEST_F(SuitesTest, ANodeThatComesBackWithOthersHasItsPathsByThese) {
    register_all_with({gcm, chacha}, {gcm, chacha});
    EXPECT_EQ(direct().suite(), gcm);
    mn.restart();
    world.suites_of_nodes = {chacha};
    ASSERT_EQ(world.register_node(mn, mn_name, {"10.0.0.2/24"}).status(), v1::STATUS_OK);
    world.settle();
    EXPECT_EQ(mn.routes().back().suite(), chacha);
    EXPECT_EQ(cn.routes().back().suite(), chacha);
}

}  // namespace
}  // namespace ntm::dc::test
