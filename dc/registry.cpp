// SPDX-License-Identifier: BSD-3-Clause
#include "dc/registry.hpp"

namespace ntm::dc {

namespace {

template <typename Map, typename Key>
auto* find_in(Map& map, const Key& key) {
    const auto at = map.find(key);
    return at == map.end() ? nullptr : &*at->second;
}

}  // namespace

void Registry::set_limits(const Limits& limits) {
    limits_ = limits;
    for (const auto& [name, node] : nodes_) {
        node->budgets = Node::Budgets{limits_};
    }
}

bool Registry::add_node(NodeRecord record) {
    const bool is_vip_known =
        nodes_by_vip_.contains(record.vipv4) || nodes_by_vip_.contains(record.vipv6);
    if (is_key_known(record.key) || nodes_.contains(record.fqdn) || is_vip_known) {
        return false;
    }
    auto node = std::make_unique<Node>(std::move(record), limits_);
    nodes_by_key_.emplace(node->record.key, node.get());
    nodes_by_vip_.emplace(node->record.vipv4, node.get());
    nodes_by_vip_.emplace(node->record.vipv6, node.get());
    const std::string fqdn = node->record.fqdn;
    nodes_.emplace(fqdn, std::move(node));
    return true;
}

void Registry::remove_node(const PeerKey& key) {
    const Node* node = find_node(key);
    if (node == nullptr) {
        return;
    }
    nodes_by_key_.erase(node->record.key);
    nodes_by_vip_.erase(node->record.vipv4);
    nodes_by_vip_.erase(node->record.vipv6);
    const std::string fqdn = node->record.fqdn;
    nodes_.erase(fqdn);
}

Node* Registry::find_node(const PeerKey& key) noexcept {
    return find_in(nodes_by_key_, key);
}

Node* Registry::find_node_by_fqdn(std::string_view fqdn) {
    return find_in(nodes_, fqdn);
}

Node* Registry::find_node_by_vip(const IpAddress& vip) {
    return find_in(nodes_by_vip_, vip);
}

bool Registry::add_relay(RelayRecord record) {
    if (is_key_known(record.key) || relays_.contains(record.name)) {
        return false;
    }
    auto relay = std::make_unique<Relay>(std::move(record));
    relays_by_key_.emplace(relay->record.key, relay.get());
    const std::string name = relay->record.name;
    relays_.emplace(name, std::move(relay));
    return true;
}

void Registry::remove_relay(const PeerKey& key) {
    const Relay* relay = find_relay(key);
    if (relay == nullptr) {
        return;
    }
    relays_by_key_.erase(key);
    const std::string name = relay->record.name;
    relays_.erase(name);
}

Relay* Registry::find_relay(const PeerKey& key) noexcept {
    return find_in(relays_by_key_, key);
}

Relay* Registry::find_relay_by_name(std::string_view name) {
    return find_in(relays_, name);
}

bool Registry::is_key_known(const PeerKey& key) const {
    return nodes_by_key_.contains(key) || relays_by_key_.contains(key);
}

}  // namespace ntm::dc
