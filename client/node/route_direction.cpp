// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/route_direction.hpp"

#include <algorithm>

namespace ntm::client {

namespace {

constexpr int most_candidates = 8;
constexpr std::uint32_t least_mtu = 1280;
constexpr std::uint32_t most_mtu = 9000;
constexpr std::uint32_t most_lifetime_seconds = 7 * 24 * 3600;
constexpr std::size_t longest_name = 253;

using Checked = std::optional<DirectionRefusal>;

Checked bad(std::string text) {
    return DirectionRefusal{v1::STATUS_BAD_REQUEST, std::move(text)};
}

std::optional<Secret32> secret_from(const std::string& bytes) {
    if (bytes.size() != Secret32::size) {
        return std::nullopt;
    }
    Secret32 secret{as_bytes(bytes).first<Secret32::size>()};
    if (secret.is_zero()) {
        return std::nullopt;
    }
    return secret;
}

Checked check_fence(const v1::RouteDirection& message, const DirectionRules& rules) {
    if (message.node_boot_id() != rules.boot_id.value) {
        return DirectionRefusal{v1::STATUS_STALE, "meant for another run of this node"};
    }
    if (rules.virtual_prefixes.empty()) {
        return DirectionRefusal{v1::STATUS_BUSY, "the Registration Response has not come yet"};
    }
    if (message.path_id() == 0) {
        return bad("path_id is zero");
    }
    if (message.role() != v1::ROLE_INITIATOR && message.role() != v1::ROLE_RESPONDER) {
        return bad("role is neither initiator nor responder");
    }
    return std::nullopt;
}

// A VIP is the peer's only if it lies in a block of the DC that vouches for it.
bool may_be_peer_vip(const IpAddress& vip, const DirectionRules& rules) {
    const auto is_own = std::find(rules.own_vips.begin(), rules.own_vips.end(), vip);
    return is_own == rules.own_vips.end() && is_in_any(rules.virtual_prefixes, vip);
}

Checked read_peer_key(const v1::RouteDirection& message, RouteDirection& into) {
    const auto key = crypto::PublicKey::from_bytes(as_bytes(message.peer_static_key()));
    if (!key) {
        return bad("peer_static_key is not 32 bytes");
    }
    into.peer_key = *key;
    return std::nullopt;
}

Checked read_exit(const v1::RouteDirection& message, RouteDirection& into) {
    into.is_exit = true;
    if (message.kind() != v1::ROUTE_GENERAL) {
        return bad("an exit is a general route");
    }
    if (!message.peer_fqdn().empty() || !message.peer_vipv4().empty() ||
        !message.peer_vipv6().empty()) {
        return bad("an exit has no peer with a name or a virtual address");
    }
    return read_peer_key(message, into);
}

Checked read_peer(
    const v1::RouteDirection& message, const DirectionRules& rules, RouteDirection& into
) {
    if (message.exit()) {
        return read_exit(message, into);
    }
    into.peer_fqdn = normalized_name(message.peer_fqdn());
    if (into.peer_fqdn.empty() || into.peer_fqdn.size() > longest_name) {
        return bad("peer_fqdn is not a name");
    }
    if (!message.peer_vipv4().empty()) {
        into.peer_vipv4 = IpAddress::from_bytes(as_bytes(message.peer_vipv4()));
        if (!into.peer_vipv4 || !into.peer_vipv4->is_ipv4() ||
            !may_be_peer_vip(*into.peer_vipv4, rules)) {
            return bad("peer_vipv4 is no virtual address of a peer");
        }
    }
    if (!message.peer_vipv6().empty()) {
        into.peer_vipv6 = IpAddress::from_bytes(as_bytes(message.peer_vipv6()));
        if (!into.peer_vipv6 || !into.peer_vipv6->is_ipv6() ||
            !may_be_peer_vip(*into.peer_vipv6, rules)) {
            return bad("peer_vipv6 is no virtual address of a peer");
        }
    }
    if (!into.peer_vipv4 && !into.peer_vipv6) {
        return bad("the peer has no virtual address");
    }
    return read_peer_key(message, into);
}

Checked read_relay(const v1::RouteDirection& message, RouteDirection& into) {
    for (const v1::Address& address : message.relay()) {
        const auto endpoint = usable_endpoint(address);
        if (!endpoint) {
            return bad("relay is not an address");
        }
        const bool is_second =
            std::any_of(into.relay.begin(), into.relay.end(), [&](const Endpoint& other) {
                return other.address.family() == endpoint->address.family();
            });
        if (is_second) {
            return bad("relay has two addresses of a family");
        }
        into.relay.push_back(*endpoint);
    }
    if (into.relay.empty()) {
        return bad("a route by a relay needs the relay's address");
    }
    into.relay_name =
        message.relay_name().empty() ? into.relay.front().text() : message.relay_name();
    return std::nullopt;
}

Checked read_relayed(const v1::RouteDirection& message, RouteDirection& into) {
    into.kind = RouteKind::relayed;
    auto secret = secret_from(message.leg_secret());
    if (!secret) {
        return bad("leg_secret is not 32 bytes");
    }
    into.leg_secret = std::move(*secret);
    return read_relay(message, into);
}

Checked read_general(const v1::RouteDirection& message, RouteDirection& into) {
    into.kind = RouteKind::general;
    if (message.role() != v1::ROLE_INITIATOR) {
        return bad("the responder of a general route is its relay");
    }
    if (!message.leg_secret().empty()) {
        return bad("a general route has no leg_secret");
    }
    return read_relay(message, into);
}

Checked read_direct(const v1::RouteDirection& message, RouteDirection& into) {
    into.kind = RouteKind::direct;
    if (message.candidates_size() > most_candidates) {
        return bad("more than 8 candidates");
    }
    for (const v1::Candidate& candidate : message.candidates()) {
        const auto endpoint = usable_endpoint(candidate.address());
        if (!endpoint) {
            return bad("a candidate is not an address");
        }
        into.candidates.push_back({*endpoint, candidate.is_proven()});
    }
    return std::nullopt;
}

Checked read_tunnel_end(const v1::RouteDirection& message, RouteDirection& into) {
    switch (message.kind()) {
        case v1::ROUTE_DIRECT:
            return read_direct(message, into);
        case v1::ROUTE_RELAYED:
            return read_relayed(message, into);
        case v1::ROUTE_GENERAL:
            return read_general(message, into);
        default:
            return bad("kind is neither direct nor relayed nor general");
    }
}

Checked read_keys(
    const v1::RouteDirection& message, const DirectionRules& rules, RouteDirection& into
) {
    auto secret = secret_from(message.path_secret());
    if (!secret) {
        return bad("path_secret is not 32 bytes");
    }
    into.path_secret = std::move(*secret);
    const auto is_suite = [&](crypto::Suite suite) {
        return static_cast<int>(suite) == static_cast<int>(message.suite());
    };
    const auto suite = std::find_if(rules.suites.begin(), rules.suites.end(), is_suite);
    if (suite == rules.suites.end()) {
        return DirectionRefusal{
            v1::STATUS_NOT_PERMITTED,
            "suite " + std::to_string(static_cast<int>(message.suite())) + " is not allowed here"};
    }
    into.suite = *suite;
    return std::nullopt;
}

Checked read_limits(const v1::RouteDirection& message, RouteDirection& into) {
    if (message.lifetime_seconds() == 0) {
        return bad("lifetime_seconds is zero");
    }
    into.lifetime =
        std::chrono::seconds{std::min(message.lifetime_seconds(), most_lifetime_seconds)};
    if (message.inner_mtu() < least_mtu) {
        return bad("inner_mtu is below 1280");
    }
    into.inner_mtu = static_cast<std::uint16_t>(std::min(message.inner_mtu(), most_mtu));
    return std::nullopt;
}

}  // namespace

Result<RouteDirection, DirectionRefusal> parse_direction(
    const v1::RouteDirection& message, const DirectionRules& rules
) {
    RouteDirection direction;
    Checked refusal = check_fence(message, rules);
    if (!refusal) {
        refusal = read_peer(message, rules, direction);
    }
    if (!refusal) {
        refusal = read_tunnel_end(message, direction);
    }
    if (!refusal) {
        refusal = read_keys(message, rules, direction);
    }
    if (!refusal) {
        refusal = read_limits(message, direction);
    }
    if (refusal) {
        return Unexpected{std::move(*refusal)};
    }
    direction.path_id = PathId{message.path_id()};
    direction.revision = message.revision();
    direction.role = message.role() == v1::ROLE_RESPONDER ? Role::responder : Role::initiator;
    return direction;
}

std::string normalized_name(std::string_view name) {
    if (!name.empty() && name.back() == '.') {
        name.remove_suffix(1);
    }
    std::string normalized{name};
    for (char& letter : normalized) {
        if (letter >= 'A' && letter <= 'Z') {
            letter = static_cast<char>(letter - 'A' + 'a');
        }
    }
    return normalized;
}

std::optional<Endpoint> usable_endpoint(const v1::Address& message) {
    const auto ip = IpAddress::from_bytes(as_bytes(message.ip()));
    if (!ip || message.port() == 0 || message.port() > 65535 || ip->is_unspecified() ||
        ip->is_loopback() || ip->is_multicast() || ip->is_link_local()) {
        return std::nullopt;
    }
    return Endpoint{*ip, Port{static_cast<std::uint16_t>(message.port())}};
}

}  // namespace ntm::client
