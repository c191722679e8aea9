// SPDX-License-Identifier: BSD-3-Clause
// S-5, F-9: how many handshakes with a token are opened, of a source and beside one that sends very many.
#include "common/protocol/handshake_gate.hpp"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

using namespace std::chrono_literals;

class HandshakeGateTest : public testing::Test {
  protected:
    static constexpr std::uint32_t per_second = 500;

    // Of `count` that come from there at once.
    std::uint32_t open(const IpAddress& source, std::uint32_t count) {
        std::uint32_t opened = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            opened += gate_.may_open_proven(source, now_) ? 1 : 0;
        }
        return opened;
    }
    static IpAddress host(std::uint32_t number) {
        return Ipv4Address::from_host(0x0a000000 + number);
    }

    SeededRandom random_{1};
    HandshakeGate gate_{per_second, random_};
    Instant now_{1000s};
    const IpAddress carrier_ = host(0);
};

// F-9: behind a carrier's one address.
TEST_F(HandshakeGateTest, TenThousandBehindOneAddressComeInWithinTenSeconds) {
    std::uint32_t waiting = 10'000;
    const Instant start = now_;
    while (waiting > 0 && now_ < start + 10s) {
        waiting -= open(carrier_, waiting);
        now_ = now_ + 100ms;
    }
    EXPECT_EQ(waiting, 0U);
}

TEST_F(HandshakeGateTest, TenThousandAtAddressesOfTheirOwnComeInWithinTenSeconds) {
    std::uint32_t next = 0;
    const Instant start = now_;
    while (next < 10'000 && now_ < start + 10s) {
        while (next < 10'000 && open(host(1 + next), 1) == 1) {
            ++next;
        }
        now_ = now_ + 100ms;
    }
    EXPECT_EQ(next, 10'000U);
}

TEST_F(HandshakeGateTest, OneAddressTakesNothingFromOthers) {
    for (int turn = 0; turn < 100; ++turn) {
        static_cast<void>(open(carrier_, 10'000));
        // A thousand a second, which is all that there is for others.
        for (std::uint32_t other = 0; other < 90; ++other) {
            ASSERT_EQ(open(host(1 + other), 1), 1U) << "turn " << turn;
        }
        now_ = now_ + 100ms;
    }
}

TEST_F(HandshakeGateTest, AllTogetherHaveFourTimesWhatTheUnprovenHave) {
    std::uint32_t opened = 0;
    for (int turn = 0; turn <= 100; ++turn) {
        for (std::uint32_t source = 0; source < 200; ++source) {
            opened += open(host(source), 10);
        }
        now_ = now_ + 100ms;
    }
    EXPECT_NEAR(opened, 11 * 4 * per_second, 10);
}

}  // namespace
}  // namespace ntm::protocol
