// SPDX-License-Identifier: BSD-3-Clause
#include "dc/route_decision.hpp"

#include <array>

namespace ntm::dc {

namespace {

enum class InFamily : std::uint8_t { impossible, direct, relayed };

// Rows: the initiator; columns: the responder; both none, behind a NAT, global. A node behind a NAT
// sends the first packet to a global one, whoever began. Two nodes behind NATs take a relay.
using FamilyTable = std::array<std::array<InFamily, 3>, 3>;
constexpr FamilyTable family_table = {{
    {InFamily::impossible, InFamily::impossible, InFamily::impossible},
    {InFamily::impossible, InFamily::relayed, InFamily::direct},
    {InFamily::impossible, InFamily::direct, InFamily::direct},
}};

InFamily look_up(Finding initiator, Finding responder) noexcept {
    return family_table[static_cast<std::size_t>(initiator)][static_cast<std::size_t>(responder)];
}

}  // namespace

RouteDecision decide_route(
    const Reachability& initiator, const Reachability& responder, bool is_direct_allowed
) noexcept {
    const InFamily by_ipv6 = look_up(initiator.ipv6, responder.ipv6);
    const InFamily by_ipv4 = look_up(initiator.ipv4, responder.ipv4);
    const bool can_be_direct = by_ipv6 == InFamily::direct || by_ipv4 == InFamily::direct;
    if (can_be_direct && is_direct_allowed) {
        const Family family = by_ipv6 == InFamily::direct ? Family::ipv6 : Family::ipv4;
        return {RouteKind::direct, family, RouteReason::reachable};
    }
    if (can_be_direct) {
        return {RouteKind::relayed, Family::ipv4, RouteReason::direct_has_failed};
    }
    if (by_ipv4 == InFamily::impossible && by_ipv6 == InFamily::impossible) {
        return {RouteKind::relayed, Family::ipv4, RouteReason::families_differ};
    }
    const bool is_same_nat = initiator.outside && initiator.outside == responder.outside;
    return {
        RouteKind::relayed,
        Family::ipv4,
        is_same_nat ? RouteReason::same_nat : RouteReason::behind_two_nats};
}

const char* text_of(RouteKind kind) noexcept {
    switch (kind) {
        case RouteKind::direct:
            return "direct";
        case RouteKind::relayed:
            return "relayed";
        case RouteKind::general:
            return "general";
        case RouteKind::exit:
            return "exit";
    }
    return "unknown";
}

const char* text_of(RouteReason reason) noexcept {
    switch (reason) {
        case RouteReason::reachable:
            return "an end can be reached from outside";
        case RouteReason::same_nat:
            return "both ends are behind the same NAT";
        case RouteReason::behind_two_nats:
            return "both ends are behind NATs";
        case RouteReason::families_differ:
            return "the ends have no address family in common";
        case RouteReason::direct_has_failed:
            return "nothing came back on the direct tunnel";
        case RouteReason::no_node_there:
            return "the other end is no node";
    }
    return "unknown";
}

const char* text_of(Finding finding) noexcept {
    switch (finding) {
        case Finding::none:
            return "none";
        case Finding::behind_nat:
            return "behind_nat";
        case Finding::global:
            return "global";
    }
    return "unknown";
}

}  // namespace ntm::dc
