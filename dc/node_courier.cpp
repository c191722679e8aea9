// SPDX-License-Identifier: BSD-3-Clause
#include "dc/node_courier.hpp"

#include "dc/directions.hpp"

#include <utility>

namespace ntm::dc {

namespace {
constexpr std::size_t most_under_way = 16;  // messages to one node
}

void NodeCourier::want(Path& path, Role role) {
    const Delivery& delivery = path.delivery(role);
    const std::uint32_t wanted = path.record.revision;
    if (delivery.revision == wanted) {
        return;
    }
    if (delivery.request && delivery.requested_revision == wanted) {
        return;
    }
    cancel(path, role);
    const PeerKey& node = path.record.end(role).node;
    lanes_[node].waiting.push_back(path.record.id);
    to_pump_.insert(node);
}

void NodeCourier::cancel(Path& path, Role role) {
    Delivery& delivery = path.delivery(role);
    if (!delivery.request) {
        return;
    }
    const PeerKey& node = path.record.end(role).node;
    context_.signaling.cancel_request(node, *delivery.request);
    lanes_[node].under_way.erase(*delivery.request);
    to_pump_.insert(node);
    delivery.request.reset();
}

void NodeCourier::drop(const PeerKey& node) {
    lanes_.erase(node);
}

std::optional<NodeReport> NodeCourier::take_answer(const protocol::AnswerReceived& answer) {
    auto report = take_failure({answer.peer, answer.id});
    if (!report) {
        return std::nullopt;
    }
    report->is_answered = true;
    report->status = answer.message.status();
    report->text = answer.message.text();
    report->held_revision = answer.message.route_response().revision();
    report->is_released = answer.message.route_response().is_released();
    return report;
}

std::optional<NodeReport> NodeCourier::take_failure(const protocol::RequestFailed& failure) {
    const auto lane = lanes_.find(failure.peer);
    if (lane == lanes_.end()) {
        return std::nullopt;
    }
    const auto at = lane->second.under_way.find(failure.id);
    if (at == lane->second.under_way.end()) {
        return std::nullopt;
    }
    const Sent sent = at->second;
    lane->second.under_way.erase(at);
    to_pump_.insert(failure.peer);
    if (Path* path = context_.paths.find(sent.path_id)) {
        path->delivery(sent.role).request.reset();
    }
    NodeReport report;
    report.path_id = sent.path_id;
    report.role = sent.role;
    report.revision = sent.revision;
    return report;
}

void NodeCourier::pump(Instant now) {
    for (const PeerKey& node : std::exchange(to_pump_, {})) {
        const auto at = lanes_.find(node);
        if (at == lanes_.end()) {
            continue;
        }
        pump_lane(node, at->second, now);
        if (at->second.waiting.empty() && at->second.under_way.empty()) {
            lanes_.erase(at);
        }
    }
}

void NodeCourier::pump_lane(const PeerKey& node, Lane& lane, Instant now) {
    while (!lane.waiting.empty() && lane.under_way.size() < most_under_way) {
        const PathId id = lane.waiting.front();
        lane.waiting.pop_front();
        send(node, lane, id, now);
    }
}

void NodeCourier::send(const PeerKey& node, Lane& lane, PathId id, Instant now) {
    Path* path = context_.paths.find(id);
    if (path == nullptr || !path->stands()) {
        return;
    }
    // After a start of this DC: with its session the node gets all that it has to know.
    if (!context_.signaling.is_connected(node)) {
        return;
    }
    const Role role = path->role_of(node);
    const PathRecord& record = path->record;
    Delivery& delivery = path->delivery(role);
    if (delivery.revision == record.revision || delivery.request) {
        return;
    }
    // Another run than the secret is for: its Registration makes a new secret first.
    const auto boot_id = context_.signaling.boot_id_of(node);
    if (boot_id && *boot_id != record.end(role).boot_id) {
        return;
    }
    v1::Signal message;
    *message.mutable_route_direction() = build_route_direction(*path, role, context_);
    delivery.requested_revision = record.revision;
    delivery.request =
        context_.signaling.send_request(node, std::move(message), protocol::OnNewBoot::fail, now);
    lane.under_way.emplace(*delivery.request, Sent{id, role, record.revision});
}

}  // namespace ntm::dc
