// SPDX-License-Identifier: BSD-3-Clause
// Who has a path, and who must hear of it next.
#include "dc/path_director.hpp"

#include "dc/directions.hpp"

#include <algorithm>
#include <utility>

namespace ntm::dc {

void PathDirector::adopt(PathRecord record, Instant now) {
    const Duration lifetime = context_.settings.timing.path_lifetime;
    const bool has_ends = has_all_ends(record);
    Path& path = context_.paths.add(std::move(record));
    if (!path.record.is_directed || !has_ends) {
        release(path, v1::RELEASE_REPLACED, std::nullopt, now);
        return;
    }
    path.left_relays = couriers_.releases.hold_all_of(path.record.id);
    set_renewal(path, now + lifetime / 2);
    for (Delivery& delivery : path.deliveries) {
        delivery.valid_until = now + lifetime;
    }
    if (path.needs_relay() && !path.record.relay) {
        parked_.insert(path.record.id);
    }
}

bool PathDirector::has_all_ends(const PathRecord& record) const {
    const bool has_nodes = std::ranges::all_of(record.node_roles(), [&](Role role) {
        return context_.registry.find_node(record.end(role).node) != nullptr;
    });
    switch (record.kind) {
        case RouteKind::general:
            return has_nodes && context_.general.find_of(record.id) != nullptr;
        case RouteKind::exit:
            return has_nodes && context_.general.is_configured();
        default:
            return has_nodes;
    }
}

void PathDirector::direct(
    const Order& order, const protocol::RequestReceived& request, Instant now
) {
    Path* path = context_.paths.find_between(order.asker.record.key, order.peer.record.key);
    if (path == nullptr) {
        path = &create(order, now);
    }
    join(*path, order.asker, request, now);
}

void PathDirector::direct(
    const GeneralOrder& order, const protocol::RequestReceived& request, Instant now
) {
    Path* path = context_.paths.find(order.peer.path);
    if (path == nullptr) {
        path = &create(order, now);
    }
    join(*path, order.asker, request, now);
}

void PathDirector::direct(
    const ExitOrder& order, const protocol::RequestReceived& request, Instant now
) {
    Path* path = context_.paths.find_exit(order.asker.record.key);
    if (path == nullptr) {
        path = &create(order, now);
    }
    join(*path, order.asker, request, now);
}

void PathDirector::join(
    Path& path, const Node& asker, const protocol::RequestReceived& request, Instant now
) {
    const v1::DirectionRequest& asked = request.message.direction_request();
    const bool is_about_it = asked.path_id() == path.record.id.value;
    // Who complains of an earlier revision does not know yet what has come of the other end's complaint.
    const bool is_news = asked.revision() >= path.record.revision;
    if (asked.reason() == v1::DIRECTION_FAILED && is_about_it && is_news) {
        complain(path);
    }
    path.waiters.push_back({request, path.role_of(asker.record.key)});
    plan(path, now);
    proceed(path, Urgency::at_once, now);
}

void PathDirector::release(
    Path& path, v1::ReleaseReason reason, const std::optional<PeerKey>& by, Instant now
) {
    const PathRecord& record = path.record;
    refuse_all(path, v1::STATUS_UNREACHABLE, "the path was released", now);
    const std::uint32_t revision = record.revision + 1;
    for (const PeerKey& relay : path.left_relays) {
        couriers_.releases.let_go(relay, record.id);
    }
    if (record.relay && record.relay != by && context_.registry.find_relay(*record.relay)) {
        couriers_.releases.add({*record.relay, record.id, revision, reason});
    }
    for (const Role role : record.node_roles()) {
        const PeerKey& node = record.end(role).node;
        couriers_.nodes.cancel(path, role);
        if (record.is_directed && node != by && context_.registry.find_node(node)) {
            couriers_.releases.add({node, record.id, revision, reason});
        }
    }
    context_.general.end_path(record.id, now);
    remove(path);
}

void PathDirector::release_all_of(const PeerKey& gone, Instant now) {
    const PathTable::Ids ids = context_.paths.of_node(gone);
    for (const PathId id : ids) {
        release(*context_.paths.find(id), v1::RELEASE_REVOKED, gone, now);
    }
    couriers_.nodes.drop(gone);
    couriers_.relays.drop(gone);
    couriers_.releases.drop(gone);
    const PathTable::Ids relayed = context_.paths.of_relay(gone);
    for (const PathId id : relayed) {
        Path& path = *context_.paths.find(id);
        give_up_restoring(path);
        context_.paths.set_relay(path, std::nullopt);
        path.is_accepted = false;
        plan(path, now);
        proceed(path, Urgency::in_turn, now);
    }
}

void PathDirector::rekey(const Node& node, Instant now) {
    // The old run's paths are gone with it, and so is what it was still to release.
    couriers_.releases.drop(node.record.key);
    const PathTable::Ids ids = context_.paths.of_node(node.record.key);
    for (const PathId id : ids) {
        Path& path = *context_.paths.find(id);
        const Role role = path.role_of(node.record.key);
        path.record.end(role).boot_id = node.record.boot_id;
        renew_path_secret(path);
        plan(path, now);
        proceed(path, Urgency::in_turn, now);
    }
}

void PathDirector::forget_releases(const Relay& relay) {
    couriers_.releases.drop(relay.record.key);
}

void PathDirector::plan_again(const Node& node, Instant now) {
    const PathTable::Ids ids = context_.paths.of_node(node.record.key);
    for (const PathId id : ids) {
        Path& path = *context_.paths.find(id);
        const std::uint32_t revision = path.record.revision;
        plan(path, now);
        if (path.record.revision != revision) {
            proceed(path, Urgency::at_once, now);
        }
    }
}

void PathDirector::deliver_to(const Node& node) {
    couriers_.releases.resume(node.record.key);
    for (const PathId id : context_.paths.of_node(node.record.key)) {
        Path& path = *context_.paths.find(id);
        if (path.record.is_directed && path.stands()) {
            couriers_.nodes.want(path, path.role_of(node.record.key));
        }
    }
}

void PathDirector::proceed(Path& path, Urgency urgency, Instant now) {
    if (path.stands()) {
        deliver(path, now);
        return;
    }
    const Relay* relay =
        path.record.relay ? context_.registry.find_relay(*path.record.relay) : nullptr;
    if (relay == nullptr || !relay->is_alive) {
        wait_for_relay(path, now);
        return;
    }
    couriers_.relays.want(path, path.waiters.empty() ? urgency : Urgency::at_once);
}

// All ends at once: whoever asked gets the answer, the other a Route Direction.
void PathDirector::deliver(Path& path, Instant now) {
    if (!path.record.is_directed) {
        path.record.is_directed = true;
        context_.store.put_path(path.record);
    }
    const auto waiters = std::exchange(path.waiters, {});
    for (const Waiter& waiter : waiters) {
        answer(path, waiter, now);
    }
    for (const Role role : path.record.node_roles()) {
        const PeerKey& node = path.record.end(role).node;
        if (!waiters.empty() && !context_.signaling.is_connected(node)) {
            context_.signaling.connect(node, false, now);
        }
        couriers_.nodes.want(path, role);
    }
    finish_move(path);
}

void PathDirector::finish_move(Path& path) {
    if (!path.is_known_to_all()) {
        return;
    }
    for (const PeerKey& relay : std::exchange(path.left_relays, {})) {
        couriers_.releases.let_go(relay, path.record.id);
    }
}

void PathDirector::answer(Path& path, const Waiter& waiter, Instant now) {
    if (waiter.request.boot_id != path.record.end(waiter.role).boot_id) {
        context_.refuse(waiter.request, v1::STATUS_STALE, "asked before a restart", now);
        return;
    }
    v1::Signal message;
    *message.mutable_direction_response()->mutable_route() =
        build_route_direction(path, waiter.role, context_);
    context_.signaling.send_answer(waiter.request, std::move(message), now);
    Delivery& delivery = path.delivery(waiter.role);
    couriers_.nodes.cancel(path, waiter.role);
    // Nobody acknowledges an answer, and it may come after the node has given up asking. Who may hold an
    // earlier revision, acknowledged or not, is therefore sent a Route Direction besides.
    const bool may_hold_one = delivery.valid_until > now || delivery.requested_revision != 0;
    if (!may_hold_one) {
        delivery.revision = path.record.revision;
    }
    delivery.valid_until = now + context_.settings.timing.path_lifetime;
}

void PathDirector::refuse_all(Path& path, v1::Status status, const std::string& text, Instant now) {
    for (const Waiter& waiter : std::exchange(path.waiters, {})) {
        context_.refuse(waiter.request, status, text, now);
    }
}

void PathDirector::give_up_unless_directed(Path& path, Instant now) {
    if (!path.record.is_directed) {
        release(path, v1::RELEASE_REPLACED, std::nullopt, now);
    }
}

}  // namespace ntm::dc
