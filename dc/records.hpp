// SPDX-License-Identifier: BSD-3-Clause
// What a DC knows and must still know after a restart: one struct for each table of the store.
// The coordinator's parts change them in memory and hand each changed record to the Store, which
// has it on disk before any answer leaves.
#pragma once

#include "common/base/address.hpp"
#include "common/base/ids.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/aead.hpp"
#include "common/protocol/ntm.pb.h"
#include "common/protocol/signaling.hpp"
#include "dc/route_decision.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ntm::dc {

using protocol::PeerKey;

struct NodeRecord {
    PeerKey key;
    std::string fqdn;  // lower case, no dot at the end
    Ipv4Address vipv4;
    Ipv6Address vipv6;
    // Of the run that registered last, and that Registration's id; zero: never registered.
    BootId boot_id;
    std::uint64_t registration_id = 0;
    std::optional<Endpoint> outside;  // where its signalling came from last
    std::vector<InterfaceAddress> addresses;
    Port port;
    std::vector<crypto::Suite> suites;  // in the node's order of preference
};

struct RelayRecord {
    PeerKey key;
    std::string name;
    BootId boot_id;                    // of the run that registered last; zero: never
    std::vector<Endpoint> addresses;   // for nodes, at most one of each family
    std::uint64_t capacity_paths = 0;  // as registered
};

// Where a direct tunnel's other end may be.
struct Candidate {
    Endpoint endpoint;
    bool is_proven = false;
    friend bool operator==(const Candidate&, const Candidate&) = default;
};

// One end of a path.
struct PathEnd {
    PeerKey node;
    BootId boot_id;  // of the one run that the path secret is for
    Secret32 leg_secret;
    std::vector<Candidate> candidates;  // direct: what this end is told of the other
};

struct PathRecord {
    PathId id;
    std::uint32_t revision = 1;
    RouteKind kind = RouteKind::relayed;
    RouteReason reason = RouteReason::families_differ;
    std::optional<PeerKey> relay;
    // At which the relay's own part (leg secrets) changed last: nodes' keys change without it.
    std::uint32_t relay_revision = 1;
    Secret32 path_secret;
    crypto::Suite suite = crypto::Suite::aes_128_gcm;
    // By Role. Where a path ends at a relay, its responder is no node: it has the relay's run that the
    // path secret is for. What lies behind is the GeneralNodeRecord with this path, or by an exit path
    // all general nodes.
    std::array<PathEnd, 2> ends;
    // Whether Route Directions have left: before that, no node has heard of the path.
    bool is_directed = false;
    bool is_direct_allowed = true;          // until a direct tunnel has failed
    std::int64_t created_unix_seconds = 0;  // for people only

    [[nodiscard]] PathEnd& end(Role role) noexcept { return ends[static_cast<std::size_t>(role)]; }
    [[nodiscard]] const PathEnd& end(Role role) const noexcept {
        return ends[static_cast<std::size_t>(role)];
    }
    [[nodiscard]] bool ends_at_relay() const noexcept {
        return kind == RouteKind::general || kind == RouteKind::exit;
    }
    // Those of its ends that are nodes.
    [[nodiscard]] std::span<const Role> node_roles() const noexcept {
        static constexpr std::array roles{Role::initiator, Role::responder};
        return std::span{roles}.first(ends_at_relay() ? 1 : 2);
    }
};

// What stands for a general node towards one node, which asked for it: a virtual address for each
// real one. As long as the record is there, these virtual addresses mean these real ones.
struct GeneralNodeRecord {
    PeerKey asker;
    Ipv4Address vipv4;
    Ipv6Address vipv6;
    std::string fqdn;  // lower case, no dot at the end
    std::optional<Ipv4Address> real_ipv4;
    std::optional<Ipv6Address> real_ipv6;
    PathId path;  // from the asker; zero: none
};

// A Path Release that its receiver has not acknowledged yet.
struct ReleaseRecord {
    PeerKey peer;
    PathId path_id;
    std::uint32_t revision = 0;
    v1::ReleaseReason reason = v1::RELEASE_IDLE;
};

}  // namespace ntm::dc
