// SPDX-License-Identifier: BSD-3-Clause
// A Route Direction, checked as a whole before anything is changed (docs/protocol.md sections 4 to
// 7): holding one means that every field has been found fit for use.
#pragma once

#include "common/base/address.hpp"
#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/base/secret.hpp"
#include "common/base/time.hpp"
#include "common/crypto/aead.hpp"
#include "common/crypto/x25519.hpp"
#include "common/protocol/ntm.pb.h"

#include <optional>
#include <string>
#include <vector>

namespace ntm::client {

enum class RouteKind : std::uint8_t { direct, relayed, general };

struct PeerCandidate {
    Endpoint endpoint;
    bool is_proven = false;
};

struct RouteDirection {
    PathId path_id;
    std::uint32_t revision = 0;
    Role role = Role::initiator;  // this node's
    std::string peer_fqdn;
    std::optional<IpAddress> peer_vipv4;
    std::optional<IpAddress> peer_vipv6;
    crypto::PublicKey peer_key;
    RouteKind kind = RouteKind::relayed;
    bool is_exit = false;  // general, to all general nodes: the peer has neither name nor VIPs
    std::string relay_name;
    std::vector<Endpoint> relay;
    std::vector<PeerCandidate> candidates;
    Secret32 leg_secret;
    Secret32 path_secret;
    crypto::Suite suite = crypto::Suite::aes_128_gcm;
    Duration lifetime{0};
    std::uint16_t inner_mtu = 0;

    // For people.
    [[nodiscard]] std::string peer_name() const { return is_exit ? "everywhere" : peer_fqdn; }
    // The tunnel leads to a relay, whether it goes on from there or ends.
    [[nodiscard]] bool is_by_relay() const noexcept { return kind != RouteKind::direct; }
    [[nodiscard]] bool is_peer_vip(const IpAddress& address) const noexcept {
        return peer_vipv4 == address || peer_vipv6 == address;
    }
    // What protects LEG packets: a relayed path's leg secret, else the path secret.
    [[nodiscard]] const Secret32& secret_of_leg() const noexcept {
        return kind == RouteKind::relayed ? leg_secret : path_secret;
    }
    // Whether a binding made under the other holds under this one.
    [[nodiscard]] bool has_same_legs(const RouteDirection& other) const noexcept {
        return kind == other.kind && role == other.role && relay_name == other.relay_name &&
               secret_of_leg() == other.secret_of_leg();
    }
};

// What this node accepts.
struct DirectionRules {
    BootId boot_id;
    std::vector<crypto::Suite> suites;
    std::vector<Prefix> virtual_prefixes;  // a peer's VIPs lie in them; none before the grant
    std::vector<IpAddress> own_vips;       // and are none of these
};

struct DirectionRefusal {
    v1::Status status = v1::STATUS_BAD_REQUEST;
    std::string text;
};

[[nodiscard]] Result<RouteDirection, DirectionRefusal> parse_direction(
    const v1::RouteDirection& message, const DirectionRules& rules
);

// Lower case, without a last dot.
[[nodiscard]] std::string normalized_name(std::string_view name);

// A real address and port that a packet may be sent to; nothing if it is malformed, or one that no
// tunnel can end at.
[[nodiscard]] std::optional<Endpoint> usable_endpoint(const v1::Address& message);

}  // namespace ntm::client
