// SPDX-License-Identifier: BSD-3-Clause
// One path through the relay as the control thread knows it: what it hands to RelayTable::Writer,
// which makes the compact RelayEntry of it that workers read (docs/protocol.md sections 5 and 7).
#pragma once

#include "common/base/address.hpp"
#include "common/base/ids.hpp"
#include "common/crypto/aead.hpp"
#include "common/crypto/replay_window.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

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

// The number that the control thread gives a subscriber of the RS-N while it has paths here; small
// ones first, so that workers find him by it in an array.
using SubscriberNumber = std::uint32_t;

// The keys of DATA on a path that ends here (docs/protocol.md section 6), and how far they are used up:
// that is the business of the worker which the subscriber is assigned to. One object for each path
// secret as long as the process runs: another one would use its counters again. To seal takes one cache
// line, and so does to open what comes in order.
struct EndKeys {
    struct alignas(64) Sealing {
        crypto::AeadKey key;  // of the responder
        std::uint64_t next_counter = 0;
    };
    struct alignas(64) Opening {
        crypto::ReplayWindow received;  // whose edge lies beside the key
        crypto::AeadKey key;            // of the initiator
    };
    Sealing sealing;
    Opening opening;
    SubscriberNumber subscriber = 0;  // whose they are as long as they count
};

// RS-N: the responder is this relay.
struct PathEnd {
    struct GeneralNode {
        IpAddress virtual_address;
        IpAddress real_address;  // of the same family
        NextHopIndex next_hop = no_next_hop;
        friend bool operator==(const GeneralNode&, const GeneralNode&) = default;
    };
    SubscriberNumber subscriber = 0;
    std::shared_ptr<EndKeys> keys;
    std::vector<GeneralNode> general_nodes;  // one of each family at most; none: an exit path
    // Of an exit path, whatever its packets' destinations: IPv4, IPv6.
    std::array<NextHopIndex, 2> exit_hops{no_next_hop, no_next_hop};
    friend bool operator==(const PathEnd&, const PathEnd&) = default;
};

struct RelayPath {
    PathId id;
    std::array<RelayLeg, 2> legs;  // by Role; RS-N: the responder's stays unbound
    std::optional<PathEnd> end{};  // RS-N

    [[nodiscard]] RelayLeg& leg(Role role) noexcept { return legs[static_cast<std::size_t>(role)]; }
    [[nodiscard]] const RelayLeg& leg(Role role) const noexcept {
        return legs[static_cast<std::size_t>(role)];
    }
    friend bool operator==(const RelayPath&, const RelayPath&) = default;
};

}  // namespace ntm::tables
