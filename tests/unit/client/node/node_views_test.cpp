// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/node_views.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

using admin::Json;

std::vector<PathView> two_paths() {
    std::vector<PathView> paths(2);
    paths[0].path_id = PathId{0xa1};
    paths[0].peer_fqdn = "cn.b.ntm.test";
    paths[1].path_id = PathId{0xa2};
    paths[1].peer_fqdn = "third.b.ntm.test";
    return paths;
}

TEST(NodeViews, shows_a_path_by_its_id) {
    const auto answer = paths_json(two_paths(), {{"path_id", "a2"}});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->at("total"), 2);
    ASSERT_EQ(answer->at("paths").size(), 1U);
    EXPECT_EQ(answer->at("paths")[0].at("path_id"), "00000000000000a2");
    EXPECT_EQ(answer->at("paths")[0].at("peer"), "third.b.ntm.test");
}

TEST(NodeViews, shows_as_many_paths_as_asked_for) {
    const auto all = paths_json(two_paths(), Json::object());
    ASSERT_TRUE(all);
    EXPECT_EQ(all->at("paths").size(), 2U);
    const auto one = paths_json(two_paths(), {{"limit", 1}});
    ASSERT_TRUE(one);
    ASSERT_EQ(one->at("paths").size(), 1U);
    EXPECT_EQ(one->at("paths")[0].at("peer"), "cn.b.ntm.test");
    EXPECT_EQ(one->at("total"), 2);
}

TEST(NodeViews, kinds_are_called_as_the_dc_calls_them) {
    auto paths = two_paths();
    paths.emplace_back();
    paths[0].kind = RouteKind::relayed;
    paths[1].kind = RouteKind::direct;
    paths[2].kind = RouteKind::general;
    const auto answer = paths_json(paths, Json::object());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->at("paths")[0].at("kind"), "relayed");
    EXPECT_EQ(answer->at("paths")[1].at("kind"), "direct");
    EXPECT_EQ(answer->at("paths")[2].at("kind"), "general");
}

TEST(NodeViews, the_relay_is_shown_of_every_path_that_leads_to_one) {
    auto paths = two_paths();
    for (PathView& path : paths) {
        path.relay = "rs1";
    }
    paths[0].kind = RouteKind::general;
    paths[1].kind = RouteKind::direct;
    const auto answer = paths_json(paths, Json::object());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->at("paths")[0].at("relay"), "rs1");
    EXPECT_TRUE(answer->at("paths")[1].at("relay").is_null());
}

TEST(NodeViews, durations_say_their_unit_in_full) {
    auto paths = two_paths();
    paths[0].rtt = std::chrono::microseconds{1514};
    const auto answer = paths_json(paths, Json::object());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->at("paths")[0].at("rtt_milliseconds"), 1.514);
    EXPECT_TRUE(answer->at("paths")[1].at("rtt_milliseconds").is_null());
    EXPECT_TRUE(status_json({}).at("dc_rtt_milliseconds").is_null());
}

TEST(NodeViews, what_is_wrong_with_general_nodes_is_told) {
    NodeStatus status;
    EXPECT_TRUE(status_json(status).at("general_trouble").is_null());
    status.general_trouble = "no relay";
    EXPECT_EQ(status_json(status).at("general_trouble"), "no relay");
}

TEST(NodeViews, an_unknown_path_is_an_error) {
    for (const char* id : {"a3", "cn.b.ntm.test"}) {
        const auto answer = paths_json(two_paths(), {{"path_id", id}});
        ASSERT_FALSE(answer) << id;
        EXPECT_EQ(answer.error().code, "unknown_path");
    }
}

}  // namespace
}  // namespace ntm::client::testing
