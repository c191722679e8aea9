// SPDX-License-Identifier: BSD-3-Clause
// S-13: peers with good keys that start anew, drain or move again and again cause few lines in the log, and
// the DC does not go over all their paths each time.
#include "dc/line_limit.hpp"
#include "tests/unit/dc/lab.hpp"

namespace ntm::dc::test {
namespace {

TEST(LineLimit, GivesSomeAtOnceAndThenOneInItsTime) {
    LineLimit limit{5s, 3};
    const Instant start{1000s};
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(limit.take(start));
    }
    EXPECT_FALSE(limit.take(start + 4999ms));
    EXPECT_TRUE(limit.take(start + 5s));
    EXPECT_FALSE(limit.take(start + 5s));
    EXPECT_TRUE(limit.take(start + 10s));
}

class RestlessPeersTest : public Lab {
  protected:
    static constexpr std::size_t most_lines = 5;

    v1::Status tell_status(bool is_draining) {
        v1::Signal status;
        *status.mutable_rs_status()->mutable_fence() = world.fence(relay);
        status.mutable_rs_status()->set_is_draining(is_draining);
        return world.ask(relay, status).status();
    }
};

TEST_F(RestlessPeersTest, ANodeThatStartsAnewAgainAndAgainCausesFewLines) {
    register_all();
    static_cast<void>(world.dc->take_notices());
    for (int i = 0; i < 8; ++i) {
        mn.restart();
        ASSERT_EQ(world.register_node(mn, mn_name, {"10.0.0.2/24"}).status(), v1::STATUS_OK);
    }
    const std::size_t lines = lines_with("registered from").size();
    EXPECT_GT(lines, 0U);
    EXPECT_LE(lines, most_lines);
}

TEST_F(RestlessPeersTest, ARelayThatRegistersAgainAndAgainIsToldToWait) {
    register_all();
    static_cast<void>(direct());
    static_cast<void>(world.dc->take_notices());
    std::size_t taken = 0;
    std::size_t busy = 0;
    const Instant start = world.now;
    for (int i = 0; i < 100; ++i) {
        relay.restart();
        const v1::Status status = world.register_relay(relay, "rs1").status();
        taken += status == v1::STATUS_OK ? 1 : 0;
        busy += status == v1::STATUS_BUSY ? 1 : 0;
    }
    ASSERT_LT(world.now, start + 5s);
    EXPECT_EQ(taken + busy, 100U);
    EXPECT_GT(taken, 0U);
    EXPECT_LE(taken, Relay::upheavals_burst + 5);
    const auto lines = lines_with("relay rs1");
    EXPECT_LE(lines.size(), 4 * most_lines);
    world.pass(2s);
    relay.restart();
    EXPECT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
}

TEST_F(RestlessPeersTest, ARelayThatChangesItsMindAgainAndAgainMovesFewPaths) {
    register_all();
    static_cast<void>(direct());
    Peer& second = world.add_relay("rs2", "198.51.100.30:9770");
    static_cast<void>(world.register_relay(second, "rs2"));
    static_cast<void>(world.dc->take_notices());
    world.relays.clear();
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(tell_status(i % 2 == 0), v1::STATUS_OK);
    }
    EXPECT_LE(lines_with("drains").size(), most_lines);
    const Relay& known = *world.dc->context().registry.find_relay(relay.key());
    // What it is denied it gets with a later status.
    const bool was_draining = known.is_draining;
    ASSERT_EQ(tell_status(!was_draining), v1::STATUS_OK);
    EXPECT_EQ(known.is_draining, was_draining);
    world.now = world.now + 1s;
    ASSERT_EQ(tell_status(!was_draining), v1::STATUS_OK);
    EXPECT_NE(known.is_draining, was_draining);
}

TEST_F(RestlessPeersTest, ARelayThatComesAndGoesCausesFewLines) {
    register_all();
    static_cast<void>(world.dc->take_notices());
    for (int i = 0; i < 8; ++i) {
        relay.is_reachable = false;
        world.pass(1100ms);
        relay.is_reachable = true;
        world.pass(400ms);
    }
    EXPECT_TRUE(world.dc->context().registry.find_relay(relay.key())->is_alive);
    // Of being silent and of being heard again; one more in each five seconds.
    EXPECT_LE(lines_with("relay rs1 is").size(), 2 * (most_lines + 2));
}

TEST_F(RestlessPeersTest, ARelayThatNamesOtherAddressesInEachAnswerChangesFewPaths) {
    register_all();
    std::uint32_t answers = 0;
    relay.respond = [&](const v1::Signal& request) {
        v1::Signal answer = relay_responses(request, v1::STATUS_OK);
        if (request.has_relay_directions()) {
            const std::string other = "198.51.100.20:" + std::to_string(1000 + ++answers);
            *answer.mutable_relay_responses()->add_addresses() = to_wire(endpoint(other));
        }
        return answer;
    };
    v1::Signal complaint = direction_request(cn_name);
    complaint.mutable_direction_request()->set_path_id(direct().path_id());
    complaint.mutable_direction_request()->set_reason(v1::DIRECTION_FAILED);
    for (int i = 0; i < 40; ++i) {
        complaint.mutable_direction_request()->set_revision(world.only_path().record.revision);
        static_cast<void>(world.ask(mn, complaint));
        world.pass(50ms);
    }
    EXPECT_GE(answers, 40U);
    EXPECT_LE(world.only_path().record.revision, Relay::upheavals_burst + 10);
}

}  // namespace
}  // namespace ntm::dc::test
