// SPDX-License-Identifier: BSD-3-Clause
#include "dc/route_decision.hpp"

#include <gtest/gtest.h>

namespace ntm::dc {
namespace {

Reachability reach(Finding ipv4, Finding ipv6, const char* outside = "192.0.2.1") {
    return {ipv4, ipv6, IpAddress::parse(outside)};
}

constexpr auto none = Finding::none;
constexpr auto nat = Finding::behind_nat;
constexpr auto global = Finding::global;

struct Cell {
    const char* name;
    Reachability initiator;
    Reachability responder;
    RouteDecision expected;
};

const RouteDecision direct_4{RouteKind::direct, Family::ipv4, RouteReason::reachable};
const RouteDecision direct_6{RouteKind::direct, Family::ipv6, RouteReason::reachable};
RouteDecision relayed(RouteReason reason) {
    return {RouteKind::relayed, Family::ipv4, reason};
}

// The table of docs/architecture.md, row by row.
const Cell cells[] = {
    {"global 4 to global 4", reach(global, none), reach(global, none), direct_4},
    {"global 4 to another NAT", reach(global, none), reach(nat, none), direct_4},
    {"global 4 to IPv6 only",
     reach(global, none),
     reach(none, global),
     relayed(RouteReason::families_differ)},
    {"global 4 to dual stack", reach(global, none), reach(nat, global), direct_4},
    {"NAT to the same NAT", reach(nat, none), reach(nat, none), relayed(RouteReason::same_nat)},
    {"NAT to global 4", reach(nat, none), reach(global, none), direct_4},
    {"NAT to another NAT",
     reach(nat, none),
     reach(nat, none, "192.0.2.2"),
     relayed(RouteReason::behind_two_nats)},
    {"NAT to IPv6 only",
     reach(nat, none),
     reach(none, global),
     relayed(RouteReason::families_differ)},
    {"NAT to dual stack, global 4", reach(nat, none), reach(global, global), direct_4},
    {"NAT to dual stack behind a NAT",
     reach(nat, none),
     reach(nat, global, "192.0.2.2"),
     relayed(RouteReason::behind_two_nats)},
    {"IPv6 only to IPv6 only", reach(none, global), reach(none, global), direct_6},
    {"IPv6 only to dual stack", reach(none, global), reach(nat, global), direct_6},
    {"IPv6 only to a NAT",
     reach(none, global),
     reach(nat, none),
     relayed(RouteReason::families_differ)},
    {"dual stack to dual stack", reach(global, global), reach(global, global), direct_6},
    {"dual stack to IPv6 behind a NAT", reach(nat, global), reach(none, nat), direct_6},
};

TEST(RouteDecision, AnswersEveryCellOfTheTable) {
    for (const Cell& cell : cells) {
        EXPECT_EQ(decide_route(cell.initiator, cell.responder, true), cell.expected) << cell.name;
    }
}

TEST(RouteDecision, DoesNotDependOnWhoBegan) {
    for (const Cell& cell : cells) {
        EXPECT_EQ(decide_route(cell.responder, cell.initiator, true), cell.expected) << cell.name;
    }
}

TEST(RouteDecision, TakesARelayOnceADirectTunnelHasFailed) {
    for (const Cell& cell : cells) {
        const auto decision = decide_route(cell.initiator, cell.responder, false);
        EXPECT_EQ(decision.kind, RouteKind::relayed) << cell.name;
        if (cell.expected.kind == RouteKind::direct) {
            EXPECT_EQ(decision.reason, RouteReason::direct_has_failed) << cell.name;
        }
    }
}

}  // namespace
}  // namespace ntm::dc
