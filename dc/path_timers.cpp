// SPDX-License-Identifier: BSD-3-Clause
// What time does to paths: renewal, expiry, waiting for a relay, moving many off a relay.
#include "dc/path_director.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace ntm::dc {

namespace {

constexpr std::size_t most_moved_at_once = 500;
constexpr Duration move_pause = std::chrono::milliseconds{10};

// `general`: whom the path is to lead to, if it is one.
std::string lack_of_relay(RouteKind kind, const GeneralNodeRecord* general) {
    if (kind == RouteKind::exit) {
        return "no relay with NAPT can serve the node at the moment";
    }
    if (general != nullptr) {
        return "no relay with NAPT reaches both the node and " + general->fqdn + " at the moment";
    }
    return "no relay can serve both nodes at the moment";
}

}  // namespace

// Repeats what everybody holds, so that they hold it for another lifetime.
void PathDirector::renew(Path& path, Instant now) {
    const bool has_expired = std::ranges::any_of(path.record.node_roles(), [&](Role role) {
        return path.delivery(role).valid_until <= now;
    });
    if (has_expired && path.record.is_directed) {
        release(path, v1::RELEASE_EXPIRED, std::nullopt, now);
        return;
    }
    set_renewal(path, now + context_.settings.timing.path_lifetime / 2);
    path.is_accepted = false;
    for (Delivery& delivery : path.deliveries) {
        delivery.revision = 0;
    }
    plan(path, now);
    proceed(path, Urgency::in_turn, now);
}

void PathDirector::set_renewal(Path& path, Instant at) {
    renewals_.erase({path.renew_at, path.record.id});
    path.renew_at = at;
    renewals_.emplace(at, path.record.id);
}

void PathDirector::set_wait(Path& path, std::optional<Instant> at) {
    if (path.wait_until) {
        waits_.erase({*path.wait_until, path.record.id});
    }
    path.wait_until = at;
    if (at) {
        waits_.emplace(*at, path.record.id);
    }
}

void PathDirector::set_resend(Path& path, std::optional<Instant> at) {
    if (path.resend_at) {
        resends_.erase({*path.resend_at, path.record.id});
    }
    path.resend_at = at;
    if (at) {
        resends_.emplace(*at, path.record.id);
    }
}

void PathDirector::forget_timers(Path& path) {
    renewals_.erase({path.renew_at, path.record.id});
    set_wait(path, std::nullopt);
    set_resend(path, std::nullopt);
}

Path* PathDirector::take_due(DueQueue& queue, Instant now) {
    if (queue.empty() || queue.begin()->first > now) {
        return nullptr;
    }
    const PathId id = queue.begin()->second;
    queue.erase(queue.begin());
    return context_.paths.find(id);
}

void PathDirector::wait_for_relay(Path& path, Instant now) {
    parked_.insert(path.record.id);
    if (path.wait_until || path.waiters.empty()) {
        return;
    }
    set_wait(path, now + context_.settings.timing.relay_wait);
}

void PathDirector::end_wait(Path& path, Instant now) {
    set_wait(path, std::nullopt);
    const GeneralNodeRecord* general = context_.general.find_of(path.record.id);
    const std::string text = lack_of_relay(path.record.kind, general);
    refuse_all(path, v1::STATUS_NO_RELAY, text, now);
    give_up_unless_directed(path, now);
}

void PathDirector::move_some(Instant now) {
    for (std::size_t i = 0; i < most_moved_at_once && !to_move_.empty(); ++i) {
        Path* path = context_.paths.find(*to_move_.begin());
        to_move_.erase(to_move_.begin());
        if (path == nullptr) {
            continue;
        }
        const std::uint32_t revision = path->record.revision;
        plan(*path, now);
        if (path->record.revision != revision) {
            proceed(*path, Urgency::in_turn, now);
        }
    }
    move_at_ = now + move_pause;
}

void PathDirector::handle_timeout(Instant now) {
    while (Path* path = take_due(renewals_, now)) {
        renew(*path, now);
    }
    while (Path* path = take_due(waits_, now)) {
        end_wait(*path, now);
    }
    while (Path* path = take_due(resends_, now)) {
        path->resend_at.reset();
        proceed(*path, Urgency::in_turn, now);
    }
    if (!to_move_.empty() && move_at_ <= now) {
        move_some(now);
    }
}

Instant PathDirector::next_timeout() const {
    Instant next = Instant::never();
    for (const DueQueue* queue : {&renewals_, &waits_, &resends_}) {
        if (!queue->empty()) {
            next = std::min(next, queue->begin()->first);
        }
    }
    if (!to_move_.empty()) {
        next = std::min(next, move_at_);
    }
    return next;
}

}  // namespace ntm::dc
