// SPDX-License-Identifier: BSD-3-Clause
// All paths of this DC with what only memory knows of them: who waits for them and which party has
// which revision. Found by Path ID, by the pair of nodes, by node and by relay; a general node knows
// its path itself (dc/general_addresses).
#pragma once

#include "common/base/time.hpp"
#include "dc/records.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ntm::dc {

// A Direction Request that will be answered when the path stands.
struct Waiter {
    protocol::RequestReceived request;
    Role role = Role::initiator;
};

struct Delivery {
    std::uint32_t revision = 0;  // that the node has acknowledged, or was answered with at first
    Instant valid_until;         // the node holds the path no longer than this
    // The Route Direction under way.
    std::optional<std::uint64_t> request;
    std::uint32_t requested_revision = 0;
    std::uint32_t tries_in_vain = 0;  // of a node that was busy or late, since it last took one
};

struct Path {
    PathRecord record;
    // By the relay's present run, at relay_revision. Direct paths need nobody's word.
    bool is_accepted = false;
    bool is_restoring = false;           // counted in its relay's to_restore
    std::uint32_t asked_revision = 0;    // of the Relay Direction under way; 0: none is
    std::vector<PeerKey> left_relays;    // to be released when both ends have gone on
    std::array<Delivery, 2> deliveries;  // by Role
    std::vector<Waiter> waiters;
    std::vector<PeerKey> refused_by;    // relays, since the path last stood
    std::uint32_t corrections = 0;      // revisions raised after the relay, since then
    std::uint32_t draws = 0;            // of another Path ID because a relay held it
    std::optional<Instant> wait_until;  // for a relay, while there is none
    Instant renew_at;
    std::optional<Instant> resend_at;  // of Directions to ends that were busy

    [[nodiscard]] Delivery& delivery(Role role) noexcept {
        return deliveries[static_cast<std::size_t>(role)];
    }
    [[nodiscard]] Role role_of(const PeerKey& node) const noexcept {
        return record.end(Role::initiator).node == node ? Role::initiator : Role::responder;
    }
    [[nodiscard]] bool is_relayed() const noexcept { return record.kind == RouteKind::relayed; }
    [[nodiscard]] bool ends_at_relay() const noexcept { return record.ends_at_relay(); }
    [[nodiscard]] bool needs_relay() const noexcept { return record.kind != RouteKind::direct; }
    [[nodiscard]] bool is_known_to_all() const noexcept {
        return std::ranges::all_of(record.node_roles(), [this](Role role) {
            return deliveries[static_cast<std::size_t>(role)].revision == record.revision;
        });
    }
    // Nodes may be told of it.
    [[nodiscard]] bool stands() const noexcept { return !needs_relay() || is_accepted; }
};

class PathTable {
  public:
    using Ids = std::set<PathId>;

    [[nodiscard]] Path& add(PathRecord record);
    void remove(PathId id);
    [[nodiscard]] Path* find(PathId id) noexcept;
    [[nodiscard]] Path* find_between(const PeerKey& a, const PeerKey& b) noexcept;
    [[nodiscard]] Path* find_exit(const PeerKey& node) noexcept;
    // Moves the path in the index; all else of the record changes in place.
    void set_relay(Path& path, const std::optional<PeerKey>& relay);

    [[nodiscard]] const Ids& of_node(const PeerKey& node) const noexcept;
    [[nodiscard]] const Ids& of_relay(const PeerKey& relay) const noexcept;
    [[nodiscard]] const std::map<PathId, std::unique_ptr<Path>>& all() const noexcept {
        return paths_;
    }

  private:
    using Pair = std::pair<PeerKey, PeerKey>;
    [[nodiscard]] static Pair pair_of(const PeerKey& a, const PeerKey& b) noexcept;

    std::map<PathId, std::unique_ptr<Path>> paths_;
    std::map<Pair, PathId> by_pair_;
    std::map<PeerKey, PathId> exits_;  // by node, which has one at most
    std::unordered_map<PeerKey, Ids> by_node_;
    std::unordered_map<PeerKey, Ids> by_relay_;
};

}  // namespace ntm::dc
