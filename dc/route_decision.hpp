// SPDX-License-Identifier: BSD-3-Clause
// Which way the packets of a path go: a pure function of what the DC knows about both ends, written
// as a table over one address family (docs/protocol.md section 5, docs/architecture.md "Routes").
// The path director asks it for a new path and again whenever an end has moved.
#pragma once

#include "common/base/address.hpp"

#include <cstdint>
#include <optional>

namespace ntm::dc {

enum class RouteKind : std::uint8_t {
    direct = 0,
    relayed = 1,
    general = 2,  // ends at a relay, which goes on to a general node
    exit = 3,     // the same, to all of them
};

// How a node is attached in one address family.
enum class Finding : std::uint8_t {
    none = 0,        // it has no usable address of this family
    behind_nat = 1,  // the outside differs from what the node sees of itself
    global = 2,      // it can be reached at an address of its own
};

struct Reachability {
    Finding ipv4 = Finding::none;
    Finding ipv6 = Finding::none;
    // As the DC saw it last; tells whether two nodes sit behind one NAT.
    std::optional<IpAddress> outside;

    [[nodiscard]] Finding in(Family family) const noexcept {
        return family == Family::ipv4 ? ipv4 : ipv6;
    }
    [[nodiscard]] bool has(Family family) const noexcept { return in(family) != Finding::none; }
    [[nodiscard]] bool has_any() const noexcept { return has(Family::ipv4) || has(Family::ipv6); }
};

// Why a path is relayed, or not.
enum class RouteReason : std::uint8_t {
    reachable,          // direct: at least one end is global in a family that both have
    same_nat,           // both ends show the same outside address
    behind_two_nats,    // both are in one family, and neither can be reached from outside
    families_differ,    // no family that both have
    direct_has_failed,  // the nodes found nothing coming back on a direct tunnel
    no_node_there       // the other end is a general node, or all of them
};

struct RouteDecision {
    RouteKind kind = RouteKind::relayed;
    Family family = Family::ipv4;  // of a direct tunnel
    RouteReason reason = RouteReason::families_differ;
    friend bool operator==(const RouteDecision&, const RouteDecision&) = default;
};

[[nodiscard]] RouteDecision decide_route(
    const Reachability& initiator, const Reachability& responder, bool is_direct_allowed
) noexcept;

[[nodiscard]] const char* text_of(RouteKind kind) noexcept;
[[nodiscard]] const char* text_of(RouteReason reason) noexcept;
[[nodiscard]] const char* text_of(Finding finding) noexcept;

}  // namespace ntm::dc
