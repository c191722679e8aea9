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

// Where the path is to end at the relay.
TEST(RelaySelection, TakesARelayWithAFullNaptOnlyWhereNoOtherHasRoom) {
    std::vector<RelayOption> relays{good("a"), good("b")};
    relays[0].initiator_rtt = relays[0].responder_rtt = 1ms;
    relays[0].napt_permille = 899;
    EXPECT_EQ(chosen(relays), "a");
    relays[0].napt_permille = 900;
    EXPECT_EQ(chosen(relays), "b") << "as it is with other loads";
    relays[1].busiest_worker_permille = 1000;
    EXPECT_EQ(chosen(relays), "a") << "both are loaded, and this is nearer";
    relays[0].napt_permille = 1000;
    EXPECT_EQ(chosen(relays), "b") << "a loaded one serves, a full one does not";
    relays[1].is_draining = true;
    EXPECT_EQ(chosen(relays), "a") << "ports come free again";
}

TEST(RelaySelection, TakesTheEmptierNaptWhereAllElseIsAlike) {
    std::vector<RelayOption> relays{good("a"), good("b")};
    relays[0].napt_permille = 500;
    relays[0].paths = 10;
    relays[1].paths = 400;
    EXPECT_EQ(chosen(relays), "b");
}

v1::NaptLoad load(std::uint32_t ports_ipv4, std::uint32_t ports_ipv6) {
    v1::NaptLoad load;
    load.mutable_ports_ipv4()->set_used(ports_ipv4);
    load.mutable_ports_ipv4()->set_capacity(1000);
    load.mutable_ports_ipv6()->set_used(ports_ipv6);
    load.mutable_ports_ipv6()->set_capacity(1000);
    load.mutable_mappings()->set_used(200);
    load.mutable_mappings()->set_capacity(2000);
    load.mutable_sessions()->set_used(200);
    load.mutable_sessions()->set_capacity(2000);
    return load;
}

TEST(NaptFill, IsThatOfPortsOfTheGeneralNodesFamilies) {
    EXPECT_EQ(fill_permille(load(300, 700), ipv4_only), 300U);
    EXPECT_EQ(fill_permille(load(300, 700), ipv6_only), 700U);
    EXPECT_EQ(fill_permille(load(300, 700), both), 700U);
    EXPECT_EQ(fill_permille(load(1000, 0), ipv4_only), 1000U);
    EXPECT_EQ(fill_permille(load(4000000000, 0), ipv4_only), 1000U);
}

TEST(NaptFill, IsThatOfTheTablesWhereTheseAreFuller) {
    v1::NaptLoad sessions = load(300, 300);
    sessions.mutable_sessions()->set_used(1000);
    EXPECT_EQ(fill_permille(sessions, both), 500U);
    v1::NaptLoad mappings = load(300, 300);
    mappings.mutable_mappings()->set_used(1999);
    EXPECT_EQ(fill_permille(mappings, both), 999U);
}

// An exit path, say, at a relay with public addresses of one family.
TEST(NaptFill, LeavesOutAFamilyWithoutPorts) {
    v1::NaptLoad one = load(300, 0);
    one.mutable_ports_ipv6()->set_capacity(0);
    EXPECT_EQ(fill_permille(one, both), 300U);
    EXPECT_EQ(fill_permille(one, ipv6_only), 1000U) << "it has nothing to give";
}

TEST(RelaySelection, TakesTheEmptierThenTheFirstName) {
    std::vector<RelayOption> relays{good("b"), good("a")};
    EXPECT_EQ(chosen(relays), "a");
    relays[1].paths = 10;
    EXPECT_EQ(chosen(relays), "b");
}

}  // namespace
}  // namespace ntm::dc
