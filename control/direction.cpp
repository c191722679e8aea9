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

Result<Secret32, std::string> read_secret(const std::string& bytes, const char* field) {
    if (bytes.size() != Secret32::size) {
        return Unexpected{std::string{field} + ": not 32 bytes"};
    }
    Secret32 secret{as_bytes(bytes).first<Secret32::size>()};
    if (secret.is_zero()) {
        return Unexpected{std::string{field} + ": all zero"};
    }
    return secret;
}

Result<LegOrder, std::string> make_leg(
    const v1::RelayLeg& leg, Result<Secret32, std::string> secret
) {
    if (!secret) {
        return Unexpected{secret.error()};
    }
    LegOrder order;
    order.secret = *std::move(secret);
    if (leg.has_proven()) {
        order.proven = read_address(leg.proven());
        if (!order.proven) {
            return Unexpected{std::string{"proven: not an address and port of a node"}};
        }
    }
    return order;
}

Result<LegOrder, std::string> check_leg(const v1::RelayDirection& direction, v1::PathRole role) {
    const v1::RelayLeg* const leg = find_leg(direction, role);
    if (leg == nullptr) {
        return Unexpected{std::string{"legs: not exactly one of each role"}};
    }
    return make_leg(*leg, read_secret(leg->leg_secret(), "leg_secret"));
}

// RS-S.
Result<PathOrder, std::string> check_switched(const v1::RelayDirection& direction) {
    if (direction.has_end()) {
        return Unexpected{std::string{"end: of a path that is to be switched"}};
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
    order.legs = {*std::move(initiator), *std::move(responder)};
    return order;
}

// RS-N.
Result<PathOrder, std::string> check_ended(
    const v1::RelayDirection& direction, const EndRules* rules
) {
    if (rules == nullptr) {
        return Unexpected{std::string{"mode: this relay has no NAPT, so it switches only"}};
    }
    if (direction.legs_size() != 1 || direction.legs(0).role() != v1::ROLE_INITIATOR) {
        return Unexpected{std::string{"legs: not the initiator's alone"}};
    }
    if (!direction.legs(0).leg_secret().empty()) {
        return Unexpected{std::string{"leg_secret: the path secret takes its place"}};
    }
    if (!direction.has_end()) {
        return Unexpected{std::string{"end: not there"}};
    }
    auto leg =
        make_leg(direction.legs(0), read_secret(direction.end().path_secret(), "path_secret"));
    auto end = check_end(direction.end(), *rules);
    if (!leg || !end) {
        return Unexpected{leg ? end.error() : leg.error()};
    }
    PathOrder order;
    order.legs[0] = *std::move(leg);
    order.end = *std::move(end);
    return order;
}

Result<PathOrder, std::string> check_by_mode(
    const v1::RelayDirection& direction, const EndRules* rules
) {
    switch (direction.mode()) {
        case v1::RELAY_SWITCH:
            return check_switched(direction);
        case v1::RELAY_END:
            return check_ended(direction, rules);
        default:
            return Unexpected{std::string{"mode: not one that this relay knows"}};
    }
}

}  // namespace

Result<PathOrder, std::string> check_direction(
    const v1::RelayDirection& direction, const EndRules* rules
) {
    if (direction.path_id() == 0) {
        return Unexpected{std::string{"path_id: zero"}};
    }
    if (direction.lifetime_seconds() == 0 ||
        direction.lifetime_seconds() > longest_lifetime_seconds) {
        return Unexpected{std::string{"lifetime_seconds: not from 1 s to 7 days"}};
    }
    auto order = check_by_mode(direction, rules);
    if (order) {
        order->id = PathId{direction.path_id()};
        order->revision = direction.revision();
        order->lifetime = std::chrono::seconds{direction.lifetime_seconds()};
    }
    return order;
}

v1::Address to_message(const Endpoint& endpoint) {
    v1::Address message;
    message.set_ip(as_text(endpoint.address.bytes()));
    message.set_port(endpoint.port.number);
    return message;
}

}  // namespace ntm::control
