// SPDX-License-Identifier: BSD-3-Clause
// A relay that drains: nothing new comes to it. What it only passes on is moved at once; paths that end there
// stay for a time, since their connections end when they move. Rows: F-37.
#include "dc/admin_view.hpp"
#include "tests/unit/dc/general_lab.hpp"

namespace ntm::dc::test {
namespace {

class DrainTest : public GeneralLab {
  protected:
    DrainTest() {
        world.settings.drain_time = 10s;
        world.dc->set_policy(world.settings);
        route_ = reach();
        relayed_ = PathId{direct().path_id()};
        EXPECT_EQ(world.register_relay(second, "rs2").status(), v1::STATUS_OK);
    }
    void begin_draining() {
        world.draining.insert(&relay);
        world.pass(400ms);
    }
    [[nodiscard]] const Path& general_path() const {
        return *world.dc->context().paths.find(PathId{route_.path_id()});
    }
    [[nodiscard]] bool is_at(const Peer& peer) const {
        return general_path().record.relay == peer.key();
    }
    [[nodiscard]] admin::Json shown() const {
        return show_relays(*world.dc, world.now).at("relays").at(0);
    }

    Peer& second = world.add_relay("rs2", "198.51.100.30:9770");
    v1::RouteDirection route_;
    PathId relayed_;
};

TEST_F(DrainTest, KeepsPathsToGeneralNodesForItsTimeAndMovesThemThen) {
    begin_draining();
    world.pass(9500ms);
    EXPECT_TRUE(is_at(relay));
    EXPECT_EQ(general_path().record.revision, route_.revision()) << "nobody is told anything";
    world.pass(500ms);
    EXPECT_TRUE(is_at(second));
    EXPECT_TRUE(general_path().is_known_to_all());
    EXPECT_NE(mn.routes().back().path_secret(), route_.path_secret());
    EXPECT_EQ(lines_with("drained long enough").size(), 1U);
}

TEST_F(DrainTest, MovesOtherPathsAtOnce) {
    EXPECT_EQ(world.dc->context().paths.find(relayed_)->record.relay, relay.key());
    begin_draining();
    EXPECT_EQ(world.dc->context().paths.find(relayed_)->record.relay, second.key());
    EXPECT_TRUE(is_at(relay));
}

TEST_F(DrainTest, TakesNoNewPathButGoesOnWithThoseThatStay) {
    begin_draining();
    world.hosts["other.example.test"] = {ip("198.51.100.81")};
    EXPECT_EQ(reach("other.example.test").relay_name(), "rs2");
    EXPECT_EQ(reach().relay_name(), "rs1");
    mn.outside = endpoint("192.0.2.9:40000");
    EXPECT_EQ(world.register_node(mn, mn_name, {"10.0.9.2/24"}).status(), v1::STATUS_OK);
    EXPECT_TRUE(is_at(relay)) << "the node may roam meanwhile";
}

TEST_F(DrainTest, MovesThePathOfANodeThatComplains) {
    begin_draining();
    v1::Signal complaint = direction_request(gn_name);
    complaint.mutable_direction_request()->set_reason(v1::DIRECTION_FAILED);
    complaint.mutable_direction_request()->set_path_id(route_.path_id());
    complaint.mutable_direction_request()->set_revision(route_.revision());
    EXPECT_EQ(world.ask(mn, complaint).status(), v1::STATUS_OK);
    EXPECT_TRUE(is_at(second));
}

TEST_F(DrainTest, IsOverWhenTheRelaySaysSo) {
    begin_draining();
    EXPECT_EQ(shown().at("state"), "draining");
    EXPECT_EQ(shown().at("ends_leave_seconds"), 9);
    world.draining.clear();
    world.pass(20s);
    EXPECT_TRUE(is_at(relay));
    EXPECT_TRUE(shown().at("ends_leave_seconds").is_null());
}

TEST_F(DrainTest, GoesOnWhereTheRelayRegistersAgainInTheSameRun) {
    begin_draining();
    world.pass(5s);
    EXPECT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    world.pass(4500ms);
    EXPECT_TRUE(is_at(relay));
    world.pass(500ms);
    EXPECT_TRUE(is_at(second));
}

}  // namespace
}  // namespace ntm::dc::test
