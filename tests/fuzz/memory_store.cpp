// SPDX-License-Identifier: BSD-3-Clause
#include "tests/fuzz/memory_store.hpp"

namespace ntm::fuzz {

namespace {

dc::PathRecord copy_of(const dc::PathRecord& from) {
    dc::PathRecord made;
    made.id = from.id;
    made.revision = from.revision;
    made.kind = from.kind;
    made.reason = from.reason;
    made.relay = from.relay;
    made.relay_revision = from.relay_revision;
    made.path_secret = from.path_secret.clone();
    made.suite = from.suite;
    for (const Role role : {Role::initiator, Role::responder}) {
        const dc::PathEnd& end = from.end(role);
        made.end(role) = {end.node, end.boot_id, end.leg_secret.clone(), end.candidates};
    }
    made.is_directed = from.is_directed;
    made.is_direct_allowed = from.is_direct_allowed;
    made.created_unix_seconds = from.created_unix_seconds;
    return made;
}

std::string text_of(const dc::NodeRecord& node) {
    std::string text = node.fqdn + " " + IpAddress{node.vipv4}.text() + " " + node.boot_id.text() +
                       " " + std::to_string(node.registration_id) + " " +
                       (node.outside ? node.outside->text() : "-") + " " +
                       std::to_string(node.port.number);
    for (const InterfaceAddress& own : node.addresses) {
        text += " " + own.address.text() + "/" + std::to_string(own.prefix_length);
    }
    for (const crypto::Suite suite : node.suites) {
        text += " " + std::to_string(static_cast<int>(suite));
    }
    return text;
}

std::string text_of(const dc::RelayRecord& relay) {
    std::string text =
        relay.name + " " + relay.boot_id.text() + " " + std::to_string(relay.capacity_paths);
    for (const Endpoint& endpoint : relay.addresses) {
        text += " " + endpoint.text();
    }
    return text;
}

std::string text_of(const dc::PathRecord& path) {
    std::string text = std::to_string(path.revision) + " " + std::to_string(path.relay_revision) +
                       " " + std::to_string(static_cast<int>(path.kind)) +
                       (path.relay ? " " + path.relay->text() : "") +
                       as_text(path.path_secret.view()) + (path.is_directed ? " directed" : "") +
                       (path.is_direct_allowed ? " direct allowed" : "");
    for (const dc::PathEnd& end : path.ends) {
        text += end.node.text() + end.boot_id.text() + as_text(end.leg_secret.view());
        for (const dc::Candidate& candidate : end.candidates) {
            text += " " + candidate.endpoint.text() + (candidate.is_proven ? "!" : "");
        }
    }
    return text;
}

}  // namespace

Knowledge knowledge_of(const dc::Context& context) {
    Knowledge all;
    for (const auto& [name, node] : context.registry.nodes()) {
        all.nodes[node->record.key] = text_of(node->record);
    }
    for (const auto& [name, relay] : context.registry.relays()) {
        all.relays[relay->record.key] = text_of(relay->record);
    }
    for (const auto& [id, path] : context.paths.all()) {
        all.paths[id] = text_of(path->record);
    }
    return all;
}

Knowledge MemoryStore::knowledge() const {
    Knowledge all;
    for (const auto& [key, node] : kept_.nodes) {
        all.nodes[key] = text_of(node);
    }
    for (const auto& [key, relay] : kept_.relays) {
        all.relays[key] = text_of(relay);
    }
    for (const auto& [id, path] : kept_.paths) {
        all.paths[id] = text_of(path);
    }
    return all;
}

MemoryStore::Content MemoryStore::copy(const Content& from) {
    Content made{
        from.nodes, from.relays, {}, from.releases, from.general_nodes, from.next_address_number};
    for (const auto& [id, path] : from.paths) {
        made.paths[id] = copy_of(path);
    }
    return made;
}

MemoryStore::Result MemoryStore::commit() {
    if (!is_changed_) {
        return Nothing{};
    }
    if (health_ == dc::StoreHealth::failing) {
        ++failed_;
        return Unexpected{dc::StoreError{"the disk fails", true}};
    }
    kept_ = copy(latest_);
    is_changed_ = false;
    return Nothing{};
}

ntm::Result<dc::StoredState, dc::StoreError> MemoryStore::load() {
    latest_ = copy(kept_);
    is_changed_ = false;
    dc::StoredState state;
    for (const auto& [key, node] : kept_.nodes) {
        state.nodes.push_back(node);
    }
    for (const auto& [key, relay] : kept_.relays) {
        state.relays.push_back(relay);
    }
    for (const auto& [id, path] : kept_.paths) {
        state.paths.push_back(copy_of(path));
    }
    for (const auto& [key, release] : kept_.releases) {
        state.releases.push_back(release);
    }
    for (const auto& [key, node] : kept_.general_nodes) {
        state.general_nodes.push_back(node);
    }
    state.next_address_number = kept_.next_address_number;
    return state;
}

void MemoryStore::put_node(const dc::NodeRecord& node) {
    latest_.nodes.insert_or_assign(node.key, node);
    is_changed_ = true;
}

void MemoryStore::remove_node(const dc::PeerKey& key) {
    latest_.nodes.erase(key);
    is_changed_ = true;
}

void MemoryStore::put_relay(const dc::RelayRecord& relay) {
    latest_.relays.insert_or_assign(relay.key, relay);
    is_changed_ = true;
}

void MemoryStore::remove_relay(const dc::PeerKey& key) {
    latest_.relays.erase(key);
    is_changed_ = true;
}

void MemoryStore::put_path(const dc::PathRecord& path) {
    latest_.paths.insert_or_assign(path.id, copy_of(path));
    is_changed_ = true;
}

void MemoryStore::remove_path(PathId id) {
    latest_.paths.erase(id);
    is_changed_ = true;
}

void MemoryStore::put_release(const dc::ReleaseRecord& release) {
    latest_.releases.insert_or_assign({release.peer, release.path_id}, release);
    is_changed_ = true;
}

void MemoryStore::remove_release(const dc::PeerKey& peer, PathId id) {
    latest_.releases.erase({peer, id});
    is_changed_ = true;
}

void MemoryStore::put_general_node(const dc::GeneralNodeRecord& node) {
    latest_.general_nodes.insert_or_assign({node.asker, node.vipv4}, node);
    is_changed_ = true;
}

void MemoryStore::remove_general_node(const dc::PeerKey& asker, const Ipv4Address& vipv4) {
    latest_.general_nodes.erase({asker, vipv4});
    is_changed_ = true;
}

void MemoryStore::put_next_address_number(std::uint64_t number) {
    latest_.next_address_number = number;
    is_changed_ = true;
}

}  // namespace ntm::fuzz
