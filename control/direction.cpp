// SPDX-License-Identifier: BSD-3-Clause
#include "control/direction.hpp"

#include <chrono>

namespace ntm::control {

namespace {

constexpr std::uint32_t longest_lifetime_seconds = 7 * 24 * 3600;

// A node's outside address as the relay may send to it.
std::optional<Endpoint> read_address(const v1::Address& message) {
    const auto address = IpAddress::from_bytes(as_bytes(message.ip()));
    if (!address || address->is_unspecified() || address->is_loopback() ||
        address->is_multicast() || message.port() == 0 || message.port() > 65535) {
        return std::nullopt;
    }
    return Endpoint{*address, Port{static_cast<std::uint16_t>(message.port())}};
}

// The leg of one role; nothing if there is not exactly one.
const v1::RelayLeg* find_leg(const v1::RelayDirection& direction, v1::PathRole role) {
    const v1::RelayLeg* found = nullptr;
    for (const v1::RelayLeg& leg : direction.legs()) {
        if (leg.role() != role) {
            continue;
        }
        if (found != nullptr) {
            return nullptr;
        }
        found = &leg;
    }
    return found;
}

Result<LegOrder, std::string> check_leg(const v1::RelayDirection& direction, v1::PathRole role) {
    const v1::RelayLeg* const leg = find_leg(direction, role);
    if (leg == nullptr) {
        return Unexpected{std::string{"legs: not exactly one of each role"}};
    }
    if (leg->leg_secret().size() != Secret32::size) {
        return Unexpected{std::string{"leg_secret: not 32 bytes"}};
    }
    LegOrder order;
    order.secret = Secret32{as_bytes(leg->leg_secret()).first<Secret32::size>()};
    if (order.secret.is_zero()) {
        return Unexpected{std::string{"leg_secret: all zero"}};
    }
    if (leg->has_proven()) {
        order.proven = read_address(leg->proven());
        if (!order.proven) {
            return Unexpected{std::string{"proven: not an address and port of a node"}};
        }
    }
    return order;
}

}  // namespace

Result<PathOrder, std::string> check_direction(const v1::RelayDirection& direction) {
    if (direction.path_id() == 0) {
        return Unexpected{std::string{"path_id: zero"}};
    }
    if (direction.mode() != v1::RELAY_SWITCH) {
        return Unexpected{std::string{"mode: this relay switches only"}};
    }
    if (direction.lifetime_seconds() == 0 ||
        direction.lifetime_seconds() > longest_lifetime_seconds) {
        return Unexpected{std::string{"lifetime_seconds: not from 1 s to 7 days"}};
    }
    if (direction.legs_size() != 2) {
        return Unexpected{std::string{"legs: not two"}};
    }
    auto initiator = check_leg(direction, v1::ROLE_INITIATOR);
    auto responder = check_leg(direction, v1::ROLE_RESPONDER);
    if (!initiator || !responder) {
        return Unexpected{initiator ? responder.error() : initiator.error()};
    }
    PathOrder order;
    order.id = PathId{direction.path_id()};
    order.revision = direction.revision();
    order.legs = {*std::move(initiator), *std::move(responder)};
    order.lifetime = std::chrono::seconds{direction.lifetime_seconds()};
    return order;
}

v1::Address to_message(const Endpoint& endpoint) {
    v1::Address message;
    message.set_ip(as_text(endpoint.address.bytes()));
    message.set_port(endpoint.port.number);
    return message;
}

}  // namespace ntm::control
