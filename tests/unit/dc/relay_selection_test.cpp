// SPDX-License-Identifier: BSD-3-Clause
#include "dc/relay_selection.hpp"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::dc {
namespace {

using namespace std::chrono_literals;

constexpr Families ipv4_only{true, false};
constexpr Families ipv6_only{false, true};
constexpr Families both{true, true};

RelayOption good(const char* name) {
    RelayOption relay;
    relay.name = name;
    relay.is_alive = true;
    relay.families = both;
    relay.capacity_paths = 1000;
    return relay;
}

std::string chosen(
    const std::vector<RelayOption>& relays, Families initiator = both, Families responder = both
) {
    const auto best = select_relay(relays, initiator, responder);
    return best ? relays[*best].name : "";
}

TEST(RelaySelection, TakesNoRelayThatCanNotServe) {
    std::vector<RelayOption> relays(5, good("x"));
    relays[0].is_alive = false;
    relays[1].is_draining = true;
    relays[2].is_excluded = true;
    relays[3].paths = 1000;
    relays[4].capacity_paths = 0;
    EXPECT_EQ(chosen(relays), "");
}

TEST(RelaySelection, NeedsAFamilyInCommonWithEachEnd) {
    std::vector<RelayOption> relays{good("x")};
    relays[0].families = ipv4_only;
    EXPECT_EQ(chosen(relays, ipv4_only, both), "x");
    EXPECT_EQ(chosen(relays, ipv4_only, ipv6_only), "");
    EXPECT_EQ(chosen(relays, ipv6_only, ipv4_only), "");
    relays[0].families = both;
    EXPECT_EQ(chosen(relays, ipv4_only, ipv6_only), "x");
}

TEST(RelaySelection, PrefersTheLeastSumOfRoundTrips) {
    std::vector<RelayOption> relays{good("a"), good("b"), good("c")};
    relays[0].initiator_rtt = 10ms;
    relays[0].responder_rtt = 50ms;
    relays[1].initiator_rtt = 20ms;
    relays[1].responder_rtt = 30ms;
    relays[2].initiator_rtt = 1ms;  // the other half is not known
    EXPECT_EQ(chosen(relays), "b");
}

TEST(RelaySelection, SparesLoadedRelays) {
    std::vector<RelayOption> relays{good("a"), good("b")};
    relays[0].initiator_rtt = relays[0].responder_rtt = 1ms;
    relays[0].busiest_worker_permille = 900;
    EXPECT_EQ(chosen(relays), "b");
    relays[0].busiest_worker_permille = 899;
    EXPECT_EQ(chosen(relays), "a");
    relays[0].paths = 900;
    EXPECT_EQ(chosen(relays), "b");
}

TEST(RelaySelection, TakesTheEmptierThenTheFirstName) {
    std::vector<RelayOption> relays{good("b"), good("a")};
    EXPECT_EQ(chosen(relays), "a");
    relays[1].paths = 10;
    EXPECT_EQ(chosen(relays), "b");
}

}  // namespace
}  // namespace ntm::dc
