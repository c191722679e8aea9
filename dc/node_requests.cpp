// SPDX-License-Identifier: BSD-3-Clause
// Direction Request and Path Release of a node.
#include "common/base/names.hpp"
#include "dc/node_desk.hpp"
#include "dc/reachability.hpp"
#include "dc/suite_choice.hpp"

#include <algorithm>

namespace ntm::dc {

void NodeDesk::handle_direction(Node& node, const protocol::RequestReceived& request, Instant now) {
    const v1::DirectionRequest& asked = request.message.direction_request();
    if (!node.budgets.requests.take(now)) {
        context_.refuse(request, v1::STATUS_BUSY, "too many Direction Requests a second", now);
        return;
    }
    const int ways =
        (asked.fqdn().empty() ? 0 : 1) + (asked.vip().empty() ? 0 : 1) + (asked.exit() ? 1 : 0);
    if (ways != 1) {
        const char* text = "exactly one of fqdn, vip and exit is needed";
        context_.refuse(request, v1::STATUS_BAD_REQUEST, text, now);
        return;
    }
    if (asked.exit()) {
        general_.handle_exit(node, request, now);
        return;
    }
    Node* peer = find_peer(asked);
    if (peer == nullptr) {
        general_.handle(node, request, now);
        return;
    }
    if (peer == &node) {
        answer_own_name(node, request, now);
        return;
    }
    direct(node, *peer, request, now);
}

Node* NodeDesk::find_peer(const v1::DirectionRequest& asked) const {
    if (!asked.vip().empty()) {
        const auto vip = IpAddress::from_bytes(as_bytes(asked.vip()));
        return vip ? context_.registry.find_node_by_vip(*vip) : nullptr;
    }
    const auto fqdn = normalise_fqdn(asked.fqdn());
    return fqdn ? context_.registry.find_node_by_fqdn(*fqdn) : nullptr;
}

void NodeDesk::direct(
    Node& node, Node& peer, const protocol::RequestReceived& request, Instant now
) {
    const Duration lifetime = context_.settings.timing.registration_lifetime;
    const auto refuse = [&](v1::Status status, const std::string& text) {
        context_.refuse(request, status, text, now);
    };
    if (!peer.budgets.calls.take(now)) {
        return refuse(v1::STATUS_BUSY, peer.record.fqdn + " is called too often");
    }
    if (!peer.is_registered(now, lifetime)) {
        return refuse(v1::STATUS_UNREACHABLE, peer.record.fqdn + " is not registered");
    }
    const bool can_both_send =
        find_reachability(node.record).has_any() && find_reachability(peer.record).has_any();
    if (!can_both_send) {
        return refuse(v1::STATUS_UNREACHABLE, "an end has no usable address");
    }
    const auto suite =
        choose_suite(node.record.suites, peer.record.suites, context_.settings.suites);
    if (!suite) {
        return refuse(v1::STATUS_UNREACHABLE, "the nodes have no cipher suite in common");
    }
    if (context_.paths.find_between(node.record.key, peer.record.key) == nullptr) {
        for (const Node* end : {&node, &peer}) {
            if (const auto why = context_.why_no_other_path(end->record.key)) {
                return refuse(v1::STATUS_BUSY, *why);
            }
        }
    }
    director_.direct(PathDirector::Order{node, peer, *suite}, request, now);
}

// No path leads to oneself: Path ID and revision stay zero.
void NodeDesk::answer_own_name(
    const Node& node, const protocol::RequestReceived& request, Instant now
) {
    v1::Signal message;
    v1::RouteDirection& route = *message.mutable_direction_response()->mutable_route();
    route.set_peer_vipv4(as_text(node.record.vipv4.bytes));
    route.set_peer_vipv6(as_text(node.record.vipv6.bytes));
    route.set_peer_fqdn(node.record.fqdn);
    context_.signaling.send_answer(request, std::move(message), now);
}

void NodeDesk::handle_release(Node& node, const protocol::RequestReceived& request, Instant now) {
    const v1::PathRelease& asked = request.message.path_release();
    if (!node.budgets.releases.take(now)) {
        context_.refuse(request, v1::STATUS_BUSY, "too many Path Releases a second", now);
        return;
    }
    Path* path = context_.paths.find(PathId{asked.path_id()});
    const bool is_end =
        path != nullptr && context_.paths.of_node(node.record.key).contains(path->record.id);
    if (!is_end) {
        context_.refuse(request, v1::STATUS_UNKNOWN_PATH, "no such path", now);
        return;
    }
    // A later revision is on its way to the node: what it gave up is not what stands.
    if (asked.revision() < path->record.revision) {
        context_.refuse(request, v1::STATUS_STALE, "the path has a later revision", now);
        return;
    }
    director_.release(*path, asked.reason(), node.record.key, now);
    v1::Signal message;
    static_cast<void>(message.mutable_path_release_ack());
    context_.signaling.send_answer(request, std::move(message), now);
}

}  // namespace ntm::dc
