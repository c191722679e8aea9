// SPDX-License-Identifier: BSD-3-Clause
// What operators add to and take from a coordinator.
#include "common/base/names.hpp"
#include "dc/coordinator_parts.hpp"

namespace ntm::dc {

namespace {

std::string list(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

// Whom the key belongs to, if that is known.
std::optional<std::string> owner_of(const Context& context, const PeerKey& key) {
    if (key == context.signaling.own_key()) {
        return "this DC";
    }
    if (const Node* node = context.registry.find_node(key)) {
        return "node " + node->record.fqdn;
    }
    if (const Relay* relay = context.registry.find_relay(key)) {
        return "relay " + relay->record.name;
    }
    return std::nullopt;
}

}  // namespace

Result<Nothing, std::string> Coordinator::add_node(
    std::string_view text, const PeerKey& key, Instant now
) {
    const Context& context = parts_->context;
    const auto fqdn = normalise_fqdn(text);
    if (!fqdn) {
        return Unexpected{"\"" + std::string{text} + "\" is not a host name"};
    }
    if (!is_under(*fqdn, context.settings.zones)) {
        return Unexpected{
            *fqdn + " is not under a zone of this DC (" + list(context.settings.zones) + ")"};
    }
    if (context.registry.find_node_by_fqdn(*fqdn) != nullptr) {
        return Unexpected{"node " + *fqdn + " is there already; remove it first"};
    }
    if (const auto owner = owner_of(context, key)) {
        return Unexpected{"this key belongs to " + *owner};
    }
    if (const auto trouble = parts_->why_full()) {
        return Unexpected{*trouble};
    }
    const auto addresses = parts_->pool.take();
    if (!addresses) {
        return Unexpected{
            "all " + std::to_string(parts_->pool.capacity()) + " addresses of " +
            context.settings.blocks.ipv4.text() + " are given"};
    }
    NodeRecord record;
    record.key = key;
    record.fqdn = *fqdn;
    record.vipv4 = addresses->ipv4;
    record.vipv6 = addresses->ipv6;
    context.store.put_node(record);
    context.store.put_next_address_number(parts_->pool.next_number());
    static_cast<void>(parts_->registry.add_node(std::move(record)));
    parts_->signaling.add_peer(key, protocol::PeerKind::node);
    parts_->settle(now);
    return Nothing{};
}

Result<Nothing, std::string> Coordinator::remove_node(std::string_view text, Instant now) {
    const auto fqdn = normalise_fqdn(text);
    Node* node = fqdn ? parts_->registry.find_node_by_fqdn(*fqdn) : nullptr;
    if (node == nullptr) {
        return Unexpected{"there is no node \"" + std::string{text} + "\""};
    }
    if (parts_->stall) {
        return Unexpected{*parts_->why_full()};
    }
    const PeerKey key = node->record.key;
    parts_->director.release_all_of(key, now);
    parts_->general_addresses.forget(key);
    parts_->pool.give_back({node->record.vipv4, node->record.vipv6});
    parts_->context.store.remove_node(key);
    parts_->registry.remove_node(key);
    parts_->signaling.remove_peer(key);
    parts_->settle(now);
    return Nothing{};
}

Result<Nothing, std::string> Coordinator::add_relay(
    std::string_view name, const PeerKey& key, Instant now
) {
    if (!is_label(name)) {
        return Unexpected{
            "\"" + std::string{name} + "\" is not a name for a relay (letters, digits, hyphens)"};
    }
    if (parts_->registry.find_relay_by_name(name) != nullptr) {
        return Unexpected{"relay " + std::string{name} + " is there already; remove it first"};
    }
    if (const auto owner = owner_of(parts_->context, key)) {
        return Unexpected{"this key belongs to " + *owner};
    }
    if (const auto trouble = parts_->why_full()) {
        return Unexpected{*trouble};
    }
    RelayRecord record;
    record.key = key;
    record.name = std::string{name};
    parts_->context.store.put_relay(record);
    static_cast<void>(parts_->registry.add_relay(std::move(record)));
    parts_->signaling.add_peer(key, protocol::PeerKind::relay);
    parts_->settle(now);
    return Nothing{};
}

Result<Nothing, std::string> Coordinator::remove_relay(std::string_view name, Instant now) {
    Relay* relay = parts_->registry.find_relay_by_name(name);
    if (relay == nullptr) {
        return Unexpected{"there is no relay \"" + std::string{name} + "\""};
    }
    if (parts_->stall) {
        return Unexpected{*parts_->why_full()};
    }
    const PeerKey key = relay->record.key;
    relay->is_alive = false;
    relay->is_expected = false;
    parts_->director.release_all_of(key, now);
    parts_->context.store.remove_relay(key);
    parts_->registry.remove_relay(key);
    parts_->signaling.remove_peer(key);
    parts_->settle(now);
    return Nothing{};
}

}  // namespace ntm::dc
