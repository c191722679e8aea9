// SPDX-License-Identifier: BSD-3-Clause
#include "dc/registry.hpp"

#include "dc/reachability.hpp"

#include <algorithm>

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
    note_address(*node);
    const std::string fqdn = node->record.fqdn;
    nodes_.emplace(fqdn, std::move(node));
    return true;
}

void Registry::remove_node(const PeerKey& key) {
    Node* node = find_node(key);
    if (node == nullptr) {
        return;
    }
    forget_address(*node);
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

void Registry::note_address(Node& node) {
    forget_address(node);
    node.noted_address = find_own_address(node.record);
    if (node.noted_address) {
        nodes_by_address_.emplace(*node.noted_address, &node);
    }
}

void Registry::forget_address(Node& node) {
    if (!node.noted_address) {
        return;
    }
    const auto [first, last] = nodes_by_address_.equal_range(*node.noted_address);
    nodes_by_address_.erase(std::find_if(first, last, [&](const auto& noted) {
        return noted.second == &node;
    }));
    node.noted_address.reset();
}

bool Registry::is_of_node(const IpAddress& address, Instant now, Duration lifetime) const {
    const auto [first, last] = nodes_by_address_.equal_range(address);
    return std::any_of(first, last, [&](const auto& noted) {
        return noted.second->is_registered(now, lifetime);
    });
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
