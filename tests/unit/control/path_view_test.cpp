// SPDX-License-Identifier: BSD-3-Clause
#include "control/path_view.hpp"

#include <gtest/gtest.h>

namespace ntm::control {

namespace {

using admin::Json;

constexpr Instant start{std::chrono::seconds{1000}};
constexpr Instant now{std::chrono::seconds{1060}};
const relay::PathView seen{{{10, 1000, 1050}, {20, 2000, 0}}};

Endpoint at(const char* text) {
    return *Endpoint::parse(text);
}

RelayedPath switched() {
    RelayedPath path;
    path.id = PathId{7};
    path.revision = 3;
    path.directed = start;
    path.expires = now + std::chrono::seconds{40};
    bind(path.legs[0], {at("192.0.2.1:40000"), at("198.51.100.20:9770")}, start);
    path.legs[0].next_hop = 4;
    return path;
}

RelayedPath ended() {
    RelayedPath path = switched();
    path.end = std::make_unique<RelayEnd>();
    path.end->number = 5;
    path.end->keys = std::make_shared<tables::EndKeys>();
    path.end->subscriber.fqdn = "mn.a.ntm.test";
    path.end->subscriber.vipv4 = IpAddress::parse("198.18.0.1")->ipv4();
    path.end->general_nodes = {
        {*IpAddress::parse("198.18.64.1"), *IpAddress::parse("203.0.113.80"), 4}};
    return path;
}

Json view(const RelayedPath& path) {
    return path_view(path, "a", seen, now);
}

TEST(PathView, SwitchedPathHasTwoLegsAndNoSubscriber) {
    RelayedPath path = switched();
    Json json = view(path);
    EXPECT_EQ(json["path_id"], "0000000000000007");
    EXPECT_EQ(json["dc"], "a");
    EXPECT_EQ(json["kind"], "relayed");
    EXPECT_EQ(json["revision"], 3U);
    EXPECT_EQ(json["open"], false);
    EXPECT_EQ(json["age_seconds"], 60.0);
    EXPECT_EQ(json["expires_seconds"], 40.0);
    EXPECT_FALSE(json.contains("subscriber"));
    ASSERT_EQ(json["legs"].size(), 2U);
    EXPECT_EQ(json["legs"][0]["role"], "initiator");
    EXPECT_EQ(json["legs"][0]["outer_address"], "192.0.2.1:40000");
    EXPECT_EQ(json["legs"][0]["has_route"], true);
    EXPECT_EQ(json["legs"][0]["idle_seconds"], 10);
    EXPECT_EQ(json["legs"][1]["role"], "responder");
    EXPECT_EQ(json["legs"][1]["bound"], false);
    EXPECT_EQ(json["legs"][1]["packets_received"], 20U);
    EXPECT_TRUE(json["legs"][1]["idle_seconds"].is_null());
    bind(path.legs[1], {at("192.0.2.2:40000"), at("198.51.100.20:9770")}, start);
    EXPECT_EQ(view(path)["open"], true);
}

TEST(PathView, EndedPathHasOneLegItsSubscriberAndItsGeneralNodes) {
    Json json = view(ended());
    EXPECT_EQ(json["kind"], "general");
    EXPECT_EQ(json["open"], true);
    EXPECT_EQ(json["subscriber"], "mn.a.ntm.test");
    EXPECT_EQ(json["subscriber_number"], 5U);
    EXPECT_EQ(json["subscriber_addresses"], Json::array({"198.18.0.1"}));
    EXPECT_EQ(json["suite"], "aes-128-gcm");
    EXPECT_EQ(json["exit"], false);
    ASSERT_EQ(json["general_nodes"].size(), 1U);
    EXPECT_EQ(json["general_nodes"][0]["virtual_address"], "198.18.64.1");
    EXPECT_EQ(json["general_nodes"][0]["real_address"], "203.0.113.80");
    EXPECT_EQ(json["general_nodes"][0]["has_route"], true);
    EXPECT_EQ(json["packets_from_general_nodes"], 20U);
    EXPECT_EQ(json["bytes_from_general_nodes"], 2000U);
    ASSERT_EQ(json["legs"].size(), 1U);
    EXPECT_EQ(json["legs"][0]["role"], "initiator");
}

TEST(PathView, PathWithoutGeneralNodesIsAnExit) {
    RelayedPath path = ended();
    path.end->general_nodes.clear();
    path.end->exit_hops[0] = 3;
    const Json json = view(path);
    EXPECT_EQ(json["exit"], true);
    EXPECT_EQ(json["exit_has_route"]["ipv4"], true);
    EXPECT_EQ(json["exit_has_route"]["ipv6"], false);
}

}  // namespace

}  // namespace ntm::control
