// SPDX-License-Identifier: BSD-3-Clause
// Of END probes (docs/protocol.md section 5): when a path in use is told to be silent.
#include "client/node/path_probe.hpp"

#include <gtest/gtest.h>

namespace ntm::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PathProbeTest : public testing::Test {
  protected:
    // How often silence was told within this time.
    std::size_t silences_within(Duration duration) {
        std::size_t silences = 0;
        for (const Instant end = now_ + duration; now_ < end; now_ += milliseconds{10}) {
            silences += probe_.handle_timeout(random_, now_).is_silent;
        }
        return silences;
    }

    SeededRandom random_{1};
    Instant now_{seconds{100}};
    PathProbe probe_;
};

TEST_F(PathProbeTest, tells_silence_every_300_ms_until_2_s_after_the_last_use) {
    probe_.note_received(now_);
    EXPECT_EQ(silences_within(milliseconds{290}), 0U);
    EXPECT_EQ(silences_within(milliseconds{20}), 1U);
    EXPECT_EQ(silences_within(milliseconds{1700}), 5U);
    EXPECT_EQ(silences_within(seconds{60}), 0U);
}

TEST_F(PathProbeTest, a_packet_or_an_answer_ends_silence) {
    probe_.note_received(now_);
    const auto nonce = probe_.handle_timeout(random_, now_).probe;
    ASSERT_TRUE(nonce);
    EXPECT_EQ(silences_within(milliseconds{200}), 0U);
    ASSERT_TRUE(probe_.handle_answer(*nonce, now_));
    EXPECT_EQ(silences_within(milliseconds{290}), 0U);
    probe_.note_received(now_);
    EXPECT_EQ(silences_within(milliseconds{290}), 0U);
}

// A path that nothing has come by yet is being set up, and one that is down is asked for at the DC.
TEST_F(PathProbeTest, tells_none_before_the_first_packet_and_none_once_the_path_is_down) {
    probe_.note_sent(now_);
    EXPECT_EQ(silences_within(milliseconds{900}), 0U);
    probe_.note_received(now_);
    while (!probe_.is_down()) {
        probe_.note_sent(now_);
        static_cast<void>(silences_within(milliseconds{10}));
    }
    probe_.note_sent(now_);
    EXPECT_EQ(silences_within(seconds{3}), 0U);
}

}  // namespace
}  // namespace ntm::client
