// SPDX-License-Identifier: BSD-3-Clause
// The usual cast of a coordinator's test: one relay, and two nodes behind two NATs.
#pragma once

#include "dc/directions.hpp"
#include "tests/unit/dc/dc_world.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace ntm::dc::test {

class Lab : public testing::Test {
  protected:
    static constexpr const char* mn_name = "mn.a.ntm.test";
    static constexpr const char* cn_name = "cn.b.ntm.test";

    void register_all() {
        ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
        ASSERT_EQ(world.register_node(mn, mn_name, {"10.0.0.2/24"}).status(), v1::STATUS_OK);
        ASSERT_EQ(world.register_node(cn, cn_name, {"10.1.0.2/24"}).status(), v1::STATUS_OK);
    }
    // mn asks for cn; its Route Direction.
    v1::RouteDirection direct() {
        const v1::Signal answer = world.ask_direction(mn, cn_name);
        EXPECT_EQ(answer.status(), v1::STATUS_OK) << answer.text();
        return answer.direction_response().route();
    }
    static v1::Signal release(const v1::RouteDirection& route, v1::ReleaseReason reason) {
        v1::Signal message;
        message.mutable_path_release()->set_path_id(route.path_id());
        message.mutable_path_release()->set_revision(route.revision());
        message.mutable_path_release()->set_reason(reason);
        return message;
    }
    // The DC's lines since the last call that have this in them.
    [[nodiscard]] std::vector<std::string> lines_with(std::string_view part) {
        std::vector<std::string> lines;
        for (const Notice& notice : world.dc->take_notices()) {
            if (notice.text.find(part) != std::string::npos) {
                lines.push_back(notice.text);
            }
        }
        return lines;
    }
    void forget_requests() {
        for (const auto& peer : world.peers) {
            peer->requests.clear();
        }
    }

    World world;
    Peer& relay = world.add_relay("rs1", "198.51.100.20:9770");
    Peer& mn = world.add_node(mn_name, "192.0.2.1:40000");
    Peer& cn = world.add_node(cn_name, "192.0.2.2:50000");
};

// The cast of Lab, provisioned anew in a store that can be opened again.
class StoredLab : public Lab {
  protected:
    StoredLab() {
        std::string pattern = testing::TempDir() + "ntm_dc_XXXXXX";
        folder_ = mkdtemp(pattern.data());
        world.store_file = folder_ + "/dc.sqlite";
        EXPECT_TRUE(world.restart_dc());
        EXPECT_TRUE(world.dc->add_node(mn_name, mn.key(), world.now));
        EXPECT_TRUE(world.dc->add_node(cn_name, cn.key(), world.now));
        EXPECT_TRUE(world.dc->add_relay("rs1", relay.key(), world.now));
        world.settle();
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string folder_;
};

}  // namespace ntm::dc::test
