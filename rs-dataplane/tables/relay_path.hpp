// SPDX-License-Identifier: BSD-3-Clause
// One path through the relay as the control thread knows it: what it hands to RelayTable::Writer,
// which makes the compact RelayEntry of it that workers read (docs/protocol.md sections 5 and 7).
#pragma once

#include "common/base/address.hpp"
#include "common/base/ids.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace ntm::tables {

// Index into Settings::next_hops.
using NextHopIndex = std::uint16_t;
inline constexpr NextHopIndex no_next_hop = 0xffff;

// One side of a relayed path.
struct RelayLeg {
    bool is_bound = false;
    Endpoint remote;  // the node's outside address, valid when bound
    Endpoint local;   // the relay's address and port that it asked, valid when bound
    // Where the node was before its last move: its DATA is taken until the control thread replaces
    // the path without it, 2 s later. Same family or not; came to `previous_local`.
    std::optional<Endpoint> previous_remote;
    Endpoint previous_local;
    // Towards `remote`. Without one, what goes to this leg is dropped as no_route.
    NextHopIndex next_hop = no_next_hop;

    friend bool operator==(const RelayLeg&, const RelayLeg&) = default;
};

struct RelayPath {
    PathId id;
    std::array<RelayLeg, 2> legs;  // by Role

    [[nodiscard]] RelayLeg& leg(Role role) noexcept { return legs[static_cast<std::size_t>(role)]; }
    [[nodiscard]] const RelayLeg& leg(Role role) const noexcept {
        return legs[static_cast<std::size_t>(role)];
    }
    friend bool operator==(const RelayPath&, const RelayPath&) = default;
};

}  // namespace ntm::tables
