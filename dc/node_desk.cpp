// SPDX-License-Identifier: BSD-3-Clause
// Registration and Keep Alive.
#include "dc/node_desk.hpp"

#include "common/base/names.hpp"
#include "dc/directions.hpp"
#include "dc/reachability.hpp"
#include "dc/suite_choice.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ntm::dc {

namespace {

constexpr int most_addresses = 32;
constexpr int most_relays_named = 8;

std::uint32_t in_seconds(Duration duration) {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(duration).count()
    );
}

void fill_prefix(v1::Prefix& to, const Prefix& from) {
    to.set_ip(as_text(from.address.bytes()));
    to.set_length(from.length);
}

// Nothing if an address is malformed.
std::optional<std::vector<InterfaceAddress>> asked_addresses(
    const v1::RegistrationRequest& asked, const VirtualBlocks& blocks
) {
    std::vector<InterfaceAddress> addresses;
    for (const v1::NodeAddress& own : asked.addresses()) {
        const auto address = IpAddress::from_bytes(as_bytes(own.ip()));
        if (!address || own.prefix_length() > address->bytes().size() * 8) {
            return std::nullopt;
        }
        if (is_real(*address, blocks)) {
            addresses.push_back({*address, static_cast<std::uint8_t>(own.prefix_length())});
        }
    }
    return addresses;
}

}  // namespace

void NodeDesk::handle(Node& node, const protocol::RequestReceived& request, Instant now) {
    using Body = v1::Signal::BodyCase;
    const Body body = request.message.body_case();
    if (body == Body::kRegistrationRequest) {
        handle_registration(node, request, now);
        return;
    }
    if (node.record.boot_id != request.boot_id) {
        context_.refuse(request, v1::STATUS_STALE, "this run of the node must register first", now);
        return;
    }
    node.last_heard = now;
    switch (body) {
        case Body::kKeepAlive:
            return handle_keep_alive(node, request, now);
        case Body::kDirectionRequest:
            return handle_direction(node, request, now);
        case Body::kPathRelease:
            return handle_release(node, request, now);
        default:
            context_.refuse(request, v1::STATUS_NOT_PERMITTED, "a node may not send this", now);
    }
}

void NodeDesk::handle_connected(Node& node, BootId boot_id) {
    // Another run registers first, and its paths get new secrets then.
    if (node.record.boot_id == boot_id) {
        director_.deliver_to(node);
    }
}

// Where a node is and the addresses that it registers change together: half of a move looks like a
// NAT, and would take a direct path away for good. A NAT may have changed its mapping since the node
// registered from behind it: that is the same place.
void NodeDesk::handle_moved(Node& node, const Endpoint& endpoint, Instant now) {
    const bool is_claimed = node.claim && node.claim->source.address == endpoint.address;
    if (is_claimed || !is_leaving_own_address(node.record, endpoint)) {
        settle_at(node, endpoint, is_claimed, now);
    }
}

void NodeDesk::settle_at(Node& node, const Endpoint& endpoint, bool is_claim_taken, Instant now) {
    NodeRecord& record = node.record;
    const bool has_claim = is_claim_taken && node.claim;
    if (record.outside == endpoint && !has_claim) {
        return;
    }
    record.outside = endpoint;
    if (has_claim) {
        record.addresses = std::move(node.claim->addresses);
        record.port = node.claim->port;
        node.claim.reset();
    }
    context_.registry.note_address(node);
    context_.store.put_node(record);
    director_.plan_again(node, now);
}

void NodeDesk::handle_registration(
    Node& node, const protocol::RequestReceived& request, Instant now
) {
    const v1::RegistrationRequest& asked = request.message.registration_request();
    if (!node.budgets.registrations.take(now)) {
        context_.refuse(request, v1::STATUS_BUSY, "too many Registrations", now);
        return;
    }
    if (context_.signaling.boot_id_of(node.record.key) != request.boot_id) {
        context_.refuse(request, v1::STATUS_STALE, "from an earlier run of the node", now);
        return;
    }
    if (normalise_fqdn(asked.fqdn()) != node.record.fqdn) {
        const std::string text = "this key belongs to " + node.record.fqdn;
        if (node.lines.refusals.take(now)) {
            context_.warn("a node asked for a name that is not its own: " + text);
        }
        context_.refuse(request, v1::STATUS_NOT_PERMITTED, text, now);
        return;
    }
    if (asked.port() == 0 || asked.port() > 65535) {
        context_.refuse(request, v1::STATUS_BAD_REQUEST, "port is not from 1 to 65535", now);
        return;
    }
    const bool is_too_long = asked.addresses_size() > most_addresses;
    if (is_too_long || !asked_addresses(asked, context_.settings.blocks)) {
        const char* text = is_too_long ? "too many addresses" : "an address is malformed";
        context_.refuse(request, v1::STATUS_BAD_REQUEST, text, now);
        return;
    }
    node.last_heard = now;
    const bool is_same_run = node.record.boot_id == request.boot_id;
    if (is_same_run && request.id < node.record.registration_id) {
        answer_registration(node, request, now);
        return;
    }
    take_registration(node, request, now);
}

void NodeDesk::take_registration(
    Node& node, const protocol::RequestReceived& request, Instant now
) {
    const v1::RegistrationRequest& asked = request.message.registration_request();
    NodeRecord& record = node.record;
    const bool is_new_run = record.boot_id != request.boot_id;
    const auto addresses = asked_addresses(asked, context_.settings.blocks).value();
    const Port port{static_cast<std::uint16_t>(asked.port())};
    // Whoever replays a packet from elsewhere does not move the node: only what is proven counts.
    const auto proven = context_.signaling.proven_endpoint_of(record.key);
    const bool is_settled = !record.outside || proven == request.source;
    const bool has_moved = record.addresses != addresses || record.port != port ||
                           (is_settled && record.outside != request.source);
    record.boot_id = request.boot_id;
    record.registration_id = request.id;
    record.suites = suites_named(asked.suites());
    node.claim.reset();
    if (is_settled) {
        record.outside = request.source;
        record.addresses = addresses;
        record.port = port;
        context_.registry.note_address(node);
    } else {
        node.claim = Node::Claim{request.source, addresses, port};
    }
    context_.store.put_node(record);
    answer_registration(node, request, now);
    if (is_new_run) {
        if (node.lines.registrations.take(now)) {
            context_.inform(record.fqdn + " registered from " + request.source.text());
        }
        director_.rekey(node, now);
        return;
    }
    if (has_moved && node.lines.moves.take(now)) {
        context_.inform(record.fqdn + " moved to " + request.source.text());
    }
    if (has_moved && is_settled) {
        director_.plan_again(node, now);
    }
    director_.deliver_to(node);
}

void NodeDesk::answer_registration(
    const Node& node, const protocol::RequestReceived& request, Instant now
) {
    const Settings& settings = context_.settings;
    v1::Signal message;
    v1::RegistrationResponse& response = *message.mutable_registration_response();
    response.set_vipv4(as_text(node.record.vipv4.bytes));
    response.set_vipv4_prefix_length(settings.blocks.ipv4.length);
    response.set_vipv6(as_text(node.record.vipv6.bytes));
    response.set_vipv6_prefix_length(settings.blocks.ipv6.length);
    *response.mutable_outside() = to_wire(request.source);
    response.set_keep_alive_seconds(in_seconds(settings.timing.keep_alive));
    response.set_lifetime_seconds(in_seconds(settings.timing.registration_lifetime));
    fill_prefix(*response.add_virtual_prefixes(), settings.blocks.ipv4);
    fill_prefix(*response.add_virtual_prefixes(), settings.blocks.ipv6);
    fill_relays(response);
    context_.signaling.send_answer(request, std::move(message), now);
}

// Relays that are away are named too: at a restart of the DC they come back within a second.
void NodeDesk::fill_relays(v1::RegistrationResponse& response) const {
    for (const bool is_alive : {true, false}) {
        for (const auto& [name, relay] : context_.registry.relays()) {
            const bool is_wanted = relay->is_alive == is_alive && !relay->is_draining;
            const bool is_full = response.relays_size() >= most_relays_named;
            if (!is_wanted || is_full || relay->record.addresses.empty()) {
                continue;
            }
            v1::RelayCandidate& candidate = *response.add_relays();
            candidate.set_name(name);
            for (const Endpoint& endpoint : relay->record.addresses) {
                *candidate.add_addresses() = to_wire(endpoint);
            }
        }
    }
}

void NodeDesk::handle_keep_alive(
    Node& node, const protocol::RequestReceived& request, Instant now
) {
    note_rtts(node, request.message.keep_alive());
    // By then the node has said all that it has to say.
    if (context_.signaling.proven_endpoint_of(node.record.key) == request.source) {
        settle_at(node, request.source, true, now);
    }
    v1::Signal message;
    *message.mutable_keep_alive_ack()->mutable_outside() = to_wire(request.source);
    context_.signaling.send_answer(request, std::move(message), now);
    director_.deliver_to(node);
}

void NodeDesk::note_rtts(Node& node, const v1::KeepAlive& report) {
    for (const v1::RelayRtt& measured : report.rtts()) {
        if (context_.registry.find_relay_by_name(measured.name()) != nullptr) {
            node.relay_rtts.insert_or_assign(
                measured.name(), std::chrono::microseconds{measured.rtt_microseconds()}
            );
        }
    }
}

}  // namespace ntm::dc
