// SPDX-License-Identifier: BSD-3-Clause
#include "dc/directions.hpp"

#include "dc/suite_choice.hpp"

#include <algorithm>
#include <chrono>

namespace ntm::dc {

namespace {

std::string to_field(ByteView bytes) {
    return as_text(bytes);
}

v1::PathRole wire_role(Role role) {
    return role == Role::initiator ? v1::ROLE_INITIATOR : v1::ROLE_RESPONDER;
}

std::uint32_t lifetime_seconds(const Context& context) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(context.settings.timing.path_lifetime);
    return static_cast<std::uint32_t>(seconds.count());
}

bool serves(const std::vector<Endpoint>& addresses, Family family) {
    return std::ranges::any_of(addresses, [&](const Endpoint& own) {
        return own.address.family() == family;
    });
}

void fill_relay(v1::RouteDirection& direction, const Relay& relay, v1::RouteKind kind) {
    direction.set_kind(kind);
    direction.set_relay_name(relay.record.name);
    for (const Endpoint& endpoint : relay.record.addresses) {
        *direction.add_relay() = to_wire(endpoint);
    }
}

void fill_candidates(v1::RouteDirection& direction, const std::vector<Candidate>& candidates) {
    direction.set_kind(v1::ROUTE_DIRECT);
    for (const Candidate& candidate : candidates) {
        v1::Candidate& named = *direction.add_candidates();
        *named.mutable_address() = to_wire(candidate.endpoint);
        named.set_is_proven(candidate.is_proven);
    }
}

void fill_peer(v1::RouteDirection& direction, const NodeRecord& peer) {
    direction.set_peer_vipv4(to_field(peer.vipv4.bytes));
    direction.set_peer_vipv6(to_field(peer.vipv6.bytes));
    direction.set_peer_fqdn(peer.fqdn);
    direction.set_peer_static_key(to_field(peer.key.bytes));
}

// Virtual addresses of families that the relay has, too: a program is not to wait for the other.
void fill_general_node(
    v1::RouteDirection& direction, const GeneralNodeRecord& peer, const Relay& relay
) {
    if (peer.real_ipv4 && serves(relay.record.addresses, Family::ipv4)) {
        direction.set_peer_vipv4(to_field(peer.vipv4.bytes));
    }
    if (peer.real_ipv6 && serves(relay.record.addresses, Family::ipv6)) {
        direction.set_peer_vipv6(to_field(peer.vipv6.bytes));
    }
    direction.set_peer_fqdn(peer.fqdn);
}

void fill_what_lies_behind(
    v1::RouteDirection& direction,
    const PathRecord& record,
    const Relay& relay,
    const Context& context
) {
    direction.set_peer_static_key(to_field(relay.record.key.bytes));
    direction.set_exit(record.kind == RouteKind::exit);
    if (const GeneralNodeRecord* general = context.general.find_of(record.id)) {
        fill_general_node(direction, *general, relay);
    }
}

void add_general_node(v1::RelayEnd& end, ByteView virtual_ip, ByteView real_ip) {
    v1::GeneralNode& node = *end.add_general_nodes();
    node.set_virtual_ip(to_field(virtual_ip));
    node.set_real_ip(to_field(real_ip));
}

// One without general nodes is an exit path: the record of one that is not has its general node.
void fill_end(v1::RelayEnd& end, const PathRecord& record, const Context& context) {
    end.set_path_secret(to_field(record.path_secret.view()));
    end.set_suite(static_cast<v1::Suite>(record.suite));
    end.set_most_ports(context.settings.limits.subscriber_ports);
    end.set_most_sessions(context.settings.limits.subscriber_sessions);
    if (const Node* node = context.registry.find_node(record.end(Role::initiator).node)) {
        end.set_subscriber_fqdn(node->record.fqdn);
        end.set_subscriber_key(to_field(node->record.key.bytes));
        end.set_subscriber_vipv4(to_field(node->record.vipv4.bytes));
        end.set_subscriber_vipv6(to_field(node->record.vipv6.bytes));
    }
    if (const GeneralNodeRecord* peer = context.general.find_of(record.id)) {
        if (peer->real_ipv4) {
            add_general_node(end, peer->vipv4.bytes, peer->real_ipv4->bytes);
        }
        if (peer->real_ipv6) {
            add_general_node(end, peer->vipv6.bytes, peer->real_ipv6->bytes);
        }
    }
}

// The family that the DC sees the node in is of use where the relay has it too.
void fill_proven(
    v1::RelayLeg& leg, const PeerKey& node, const Relay* relay, const Context& context
) {
    const auto proven = context.signaling.proven_endpoint_of(node);
    const bool is_useful = proven && relay != nullptr && !proven->address.is_loopback() &&
                           serves(relay->record.addresses, proven->address.family());
    if (is_useful) {
        *leg.mutable_proven() = to_wire(*proven);
    }
}

void fill_leg(v1::RelayLeg& leg, const PathRecord& record, Role role, const Context& context) {
    const PathEnd& end = record.end(role);
    leg.set_leg_secret(to_field(end.leg_secret.view()));
    context.key_log.note_leg_secret(record.id, record.relay_revision, role, end.leg_secret);
}

}  // namespace

v1::Address to_wire(const Endpoint& endpoint) {
    v1::Address address;
    address.set_ip(to_field(endpoint.address.bytes()));
    address.set_port(endpoint.port.number);
    return address;
}

std::optional<Endpoint> from_wire(const v1::Address& address) {
    const auto ip = IpAddress::from_bytes(as_bytes(address.ip()));
    if (!ip || address.port() == 0 || address.port() > 65535) {
        return std::nullopt;
    }
    if (ip->is_unspecified() || ip->is_multicast()) {
        return std::nullopt;
    }
    return Endpoint{*ip, Port{static_cast<std::uint16_t>(address.port())}};
}

std::optional<std::vector<Endpoint>> read_relay_addresses(
    const google::protobuf::RepeatedPtrField<v1::Address>& addresses
) {
    std::vector<Endpoint> endpoints;
    for (const v1::Address& address : addresses) {
        const auto endpoint = from_wire(address);
        if (!endpoint || serves(endpoints, endpoint->address.family())) {
            return std::nullopt;
        }
        endpoints.push_back(*endpoint);
    }
    if (endpoints.empty()) {
        return std::nullopt;
    }
    std::ranges::sort(endpoints, {}, [](const Endpoint& own) { return own.address.is_ipv6(); });
    return endpoints;
}

v1::RelayDirection build_relay_direction(const Path& path, const Context& context) {
    const PathRecord& record = path.record;
    v1::RelayDirection direction;
    direction.set_path_id(record.id.value);
    direction.set_revision(record.relay_revision);
    direction.set_mode(path.ends_at_relay() ? v1::RELAY_END : v1::RELAY_SWITCH);
    direction.set_lifetime_seconds(lifetime_seconds(context));
    const Relay* relay = context.registry.find_relay(*record.relay);
    for (const Role role : record.node_roles()) {
        v1::RelayLeg& leg = *direction.add_legs();
        leg.set_role(wire_role(role));
        if (!path.ends_at_relay()) {
            fill_leg(leg, record, role, context);
        }
        fill_proven(leg, record.end(role).node, relay, context);
    }
    if (path.ends_at_relay()) {
        fill_end(*direction.mutable_end(), record, context);
    }
    return direction;
}

v1::RouteDirection build_route_direction(const Path& path, Role role, const Context& context) {
    const PathRecord& record = path.record;
    const PathEnd& end = record.end(role);
    v1::RouteDirection direction;
    direction.set_path_id(record.id.value);
    direction.set_revision(record.revision);
    direction.set_role(wire_role(role));
    if (const Node* peer = context.registry.find_node(record.end(other(role)).node)) {
        fill_peer(direction, peer->record);
    }
    const Relay* relay = record.relay ? context.registry.find_relay(*record.relay) : nullptr;
    if (relay == nullptr) {
        fill_candidates(direction, end.candidates);
    } else if (path.ends_at_relay()) {
        fill_relay(direction, *relay, v1::ROUTE_GENERAL);
        fill_what_lies_behind(direction, record, *relay, context);
    } else {
        fill_relay(direction, *relay, v1::ROUTE_RELAYED);
        direction.set_leg_secret(to_field(end.leg_secret.view()));
        context.key_log.note_leg_secret(record.id, record.revision, role, end.leg_secret);
    }
    direction.set_path_secret(to_field(record.path_secret.view()));
    context.key_log.note_path_secret(record.id, record.revision, record.suite, record.path_secret);
    direction.set_suite(static_cast<v1::Suite>(record.suite));
    direction.set_lifetime_seconds(lifetime_seconds(context));
    direction.set_inner_mtu(inner_mtu_of(record.suite, context.settings.inner_mtu));
    direction.set_node_boot_id(end.boot_id.value);
    return direction;
}

}  // namespace ntm::dc
