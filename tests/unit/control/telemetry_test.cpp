// SPDX-License-Identifier: BSD-3-Clause
#include "control/telemetry.hpp"

#include <gtest/gtest.h>

namespace ntm::control {

namespace {

TEST(Telemetry, TellsWhySignallingRefused) {
    const protocol::SignalingCounters counters{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const admin::Json expected{
        {"received", 1U},
        {"bad_handshake", 2U},
        {"unknown_session", 3U},
        {"bad_tag", 4U},
        {"replayed", 5U},
        {"malformed", 6U},
        {"token_demanded", 7U},
        {"handshake_limited", 8U},
        {"handshake_repeated", 9U},
        {"past_run", 10U}};
    EXPECT_EQ(signaling_json(counters), expected);
}

}  // namespace

}  // namespace ntm::control
