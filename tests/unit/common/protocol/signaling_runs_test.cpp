// SPDX-License-Identifier: BSD-3-Clause
// F-36: runs of one key that overlap: a copy on another host, and what an earlier run leaves under way.
// The run that began last stays.
#include "tests/unit/common/protocol/signaling_world.hpp"

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

class Runs : public NodeAndDc {
  protected:
    // Another process with the node's key.
    Host& start_copy() {
        Host& copy = world_.add({at("192.0.2.2:9770")}, node_keys_, false);
        copy.signaling->add_peer(dc_key(), PeerKind::dc);
        copy.signaling->set_endpoints(dc_key(), {dc_at_});
        return copy;
    }
    [[nodiscard]] bool gets_answer(Host& host, Duration limit = seconds{1}) {
        v1::Signal message;
        message.mutable_keep_alive();
        const auto id =
            host.signaling->send_request(dc_key(), message, OnNewBoot::resend, world_.now);
        return world_.run_until(
            [&] {
                const auto answers = host.all<AnswerReceived>();
                return std::ranges::any_of(answers, [&](const AnswerReceived& answer) {
                    return answer.id == id;
                });
            },
            limit
        );
    }
    // Nothing but what `is_late` names is lost; that comes when release() says so.
    void hold_back(std::function<bool(const Sent&)> is_late) {
        world_.filter = [this, is_late = std::move(is_late)](const Sent& sent) {
            const bool is_held = is_late(sent);
            if (is_held) {
                held_.push_back(sent);
            }
            return !is_held;
        };
    }
    void release() {
        world_.filter = [](const Sent&) {
            return true;
        };
        for (const Sent& late : held_) {
            world_.inject(late.from, late.to, late.payload);
        }
        world_.run_for(milliseconds{100});
    }
    static bool is_signal(const Sent& sent) { return (sent.payload[0] & 0x0f) == 2; }
    static bool is_message_2(const Sent& sent) {
        return (sent.payload[0] & 0x0f) == 3 && (sent.payload[1] & 4) != 0;
    }

    std::vector<Sent> held_;
};

TEST_F(Runs, OfTwoProcessesWithOneKeyThatWhichBeganLastStays) {
    ASSERT_TRUE(gets_answer(node_));
    Host& copy = start_copy();
    ASSERT_TRUE(gets_answer(copy));
    dc_.events.clear();
    for (int minute = 0; minute < 10; ++minute) {
        EXPECT_FALSE(gets_answer(node_, seconds{50}));
        EXPECT_TRUE(gets_answer(copy));
        world_.run_for(seconds{9});
    }
    EXPECT_TRUE(dc_.all<PeerConnected>().empty()) << "not even a session was lost";
    EXPECT_EQ(dc_.signaling->boot_id_of(node_key()), copy.signaling->boot_id());
    ASSERT_FALSE(dc_.all<PastRunHeard>().empty());
    EXPECT_EQ(dc_.all<PastRunHeard>()[0].source, node_at_);
    EXPECT_EQ(dc_.signaling->counters().past_run, dc_.all<PastRunHeard>().size());
}

TEST_F(Runs, TheEarlierOneComesBackWhenTheLaterHasGone) {
    ASSERT_TRUE(gets_answer(node_));
    Host& copy = start_copy();
    ASSERT_TRUE(gets_answer(copy));
    copy.signaling = std::make_unique<Signaling>(
        Signaling::Settings{node_keys_.clone(), {1}, Secret<16>{}}, world_.random
    );
    EXPECT_FALSE(gets_answer(node_, seconds{100}));
    world_.run_for(seconds{20});
    EXPECT_TRUE(gets_answer(node_));
    EXPECT_TRUE(gets_answer(node_));
}

TEST_F(Runs, AHandshakeOfAnEarlierRunThatIsConfirmedLateChangesNothing) {
    hold_back(is_signal);
    EXPECT_FALSE(gets_answer(node_, milliseconds{60}));
    ASSERT_FALSE(held_.empty());
    world_.filter = [](const Sent&) {
        return true;
    };
    restart_node();
    ASSERT_TRUE(gets_answer(node_));
    release();
    EXPECT_EQ(dc_.signaling->boot_id_of(node_key()), node_.signaling->boot_id());
    EXPECT_TRUE(gets_answer(node_, milliseconds{30})) << "on the session that stood";
}

TEST_F(Runs, AnAnswerOfAnEarlierRunToOurHandshakeThatComesLateChangesNothing) {
    hold_back(is_message_2);
    dc_.signaling->set_endpoints(node_key(), {node_at_});
    dc_.signaling->connect(node_key(), false, world_.now);
    world_.run_for(milliseconds{50});
    ASSERT_FALSE(held_.empty());
    world_.filter = [](const Sent&) {
        return true;
    };
    restart_node();
    ASSERT_TRUE(gets_answer(node_));
    release();
    EXPECT_EQ(dc_.signaling->boot_id_of(node_key()), node_.signaling->boot_id());
    EXPECT_TRUE(gets_answer(node_, milliseconds{30})) << "on the session that stood";
}

}  // namespace
}  // namespace ntm::protocol
