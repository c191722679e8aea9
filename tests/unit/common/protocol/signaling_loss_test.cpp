// SPDX-License-Identifier: BSD-3-Clause
// Requests and answers of Signaling over a network that loses, doubles and reorders.
#include "tests/unit/common/protocol/signaling_world.hpp"

#include <set>

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

// Loss, duplication and reordering at once, over many seeds.
class LossyExchange : public NodeAndDc, public testing::WithParamInterface<std::uint64_t> {
  protected:
    LossyExchange() : NodeAndDc{GetParam()} {}
};

TEST_P(LossyExchange, EveryRequestIsDoneOnceAndAnswered) {
    world_.loss_percent = 25;
    world_.duplicate_percent = 20;
    world_.most_jitter = milliseconds{80};
    dc_.signaling->set_endpoints(node_key(), {node_at_});
    std::set<std::uint64_t> asked;
    std::set<std::uint64_t> directed;
    for (int round = 0; round < 30; ++round) {
        asked.insert(ask_dc());
        directed.insert(direct_node());
        world_.run_for(milliseconds{100});
    }
    world_.run_for(seconds{10});
    EXPECT_TRUE(node_.all<RequestFailed>().empty()) << "seed " << GetParam();
    EXPECT_TRUE(dc_.all<RequestFailed>().empty()) << "seed " << GetParam();
    const auto ids = [](const auto& events) {
        std::multiset<std::uint64_t> found;
        for (const auto& event : events) {
            found.insert(event.id);
        }
        return found;
    };
    const auto all = [](const std::set<std::uint64_t>& set) {
        return std::multiset<std::uint64_t>{set.begin(), set.end()};
    };
    EXPECT_EQ(ids(dc_.all<RequestReceived>()), all(asked)) << "seed " << GetParam();
    EXPECT_EQ(ids(node_.all<RequestReceived>()), all(directed)) << "seed " << GetParam();
    EXPECT_EQ(ids(node_.all<AnswerReceived>()), all(asked)) << "seed " << GetParam();
    EXPECT_EQ(ids(dc_.all<AnswerReceived>()), all(directed)) << "seed " << GetParam();
    EXPECT_LE(node_.signaling->session_ids().size(), 8U);
}

TEST_P(LossyExchange, NeitherEndIsEverCutOffByRestarts) {
    world_.loss_percent = 10;
    world_.most_jitter = milliseconds{30};
    dc_.signaling->set_endpoints(node_key(), {node_at_});
    for (int round = 0; round < 6; ++round) {
        const auto id = ask_dc();
        ASSERT_TRUE(world_.run_until([&] { return is_answered(id); }, seconds{3}))
            << "seed " << GetParam() << " round " << round;
        if (round % 2 == 0) {
            restart_dc();
        } else {
            restart_node();
        }
        dc_.signaling->set_endpoints(node_key(), {node_at_});
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LossyExchange, testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace ntm::protocol
