// SPDX-License-Identifier: BSD-3-Clause
#include "dc/path_table.hpp"

namespace ntm::dc {

namespace {

const PathTable::Ids no_ids;

void erase_from(std::unordered_map<PeerKey, PathTable::Ids>& index, const PeerKey& key, PathId id) {
    const auto at = index.find(key);
    if (at == index.end()) {
        return;
    }
    at->second.erase(id);
    if (at->second.empty()) {
        index.erase(at);
    }
}

const PathTable::Ids& find_ids(
    const std::unordered_map<PeerKey, PathTable::Ids>& index, const PeerKey& key
) noexcept {
    const auto at = index.find(key);
    return at == index.end() ? no_ids : at->second;
}

}  // namespace

Path& PathTable::add(PathRecord record) {
    auto path = std::make_unique<Path>();
    path->record = std::move(record);
    const PathRecord& added = path->record;
    for (const Role role : added.node_roles()) {
        by_node_[added.end(role).node].insert(added.id);
    }
    if (added.relay) {
        by_relay_[*added.relay].insert(added.id);
    }
    if (added.kind == RouteKind::exit) {
        exits_[added.end(Role::initiator).node] = added.id;
    } else if (!path->ends_at_relay()) {
        by_pair_[pair_of(added.ends[0].node, added.ends[1].node)] = added.id;
    }
    return *paths_.insert_or_assign(added.id, std::move(path)).first->second;
}

void PathTable::remove(PathId id) {
    const auto at = paths_.find(id);
    if (at == paths_.end()) {
        return;
    }
    const PathRecord& record = at->second->record;
    for (const Role role : record.node_roles()) {
        erase_from(by_node_, record.end(role).node, id);
    }
    if (record.relay) {
        erase_from(by_relay_, *record.relay, id);
    }
    const auto is_its = [id](const auto& entry) {
        return entry.second == id;
    };
    const auto pair = by_pair_.find(pair_of(record.ends[0].node, record.ends[1].node));
    if (pair != by_pair_.end() && is_its(*pair)) {
        by_pair_.erase(pair);
    }
    const auto exit = exits_.find(record.end(Role::initiator).node);
    if (exit != exits_.end() && is_its(*exit)) {
        exits_.erase(exit);
    }
    paths_.erase(at);
}

Path* PathTable::find(PathId id) noexcept {
    const auto at = paths_.find(id);
    return at == paths_.end() ? nullptr : at->second.get();
}

Path* PathTable::find_between(const PeerKey& a, const PeerKey& b) noexcept {
    const auto at = by_pair_.find(pair_of(a, b));
    return at == by_pair_.end() ? nullptr : find(at->second);
}

Path* PathTable::find_exit(const PeerKey& node) noexcept {
    const auto at = exits_.find(node);
    return at == exits_.end() ? nullptr : find(at->second);
}

void PathTable::set_relay(Path& path, const std::optional<PeerKey>& relay) {
    if (path.record.relay) {
        erase_from(by_relay_, *path.record.relay, path.record.id);
    }
    path.record.relay = relay;
    if (relay) {
        by_relay_[*relay].insert(path.record.id);
    }
}

const PathTable::Ids& PathTable::of_node(const PeerKey& node) const noexcept {
    return find_ids(by_node_, node);
}

const PathTable::Ids& PathTable::of_relay(const PeerKey& relay) const noexcept {
    return find_ids(by_relay_, relay);
}

PathTable::Pair PathTable::pair_of(const PeerKey& a, const PeerKey& b) noexcept {
    return a < b ? Pair{a, b} : Pair{b, a};
}

}  // namespace ntm::dc
