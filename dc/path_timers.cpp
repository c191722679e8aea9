// SPDX-License-Identifier: BSD-3-Clause
// What time does to paths: renewal, expiry, waiting for a relay, moving many off a relay.
#include "dc/path_director.hpp"

#include <algorithm>
#include <chrono>

namespace ntm::dc {

namespace {

constexpr std::size_t most_moved_at_once = 500;
constexpr Duration move_pause = std::chrono::milliseconds{10};

}  // namespace

// Repeats what everybody holds, so that they hold it for another lifetime.
void PathDirector::renew(Path& path, Instant now) {
    const bool has_expired = std::ranges::any_of(path.deliveries, [&](const Delivery& delivery) {
        return delivery.valid_until <= now;
    });
    if (has_expired && path.record.is_directed) {
        release(path, v1::RELEASE_EXPIRED, std::nullopt, now);
        return;
    }
    path.renew_at = now + context_.settings.timing.path_lifetime / 2;
    renewals_.emplace(path.renew_at, path.record.id);
    path.is_accepted = false;
    for (Delivery& delivery : path.deliveries) {
        delivery.revision = 0;
    }
    plan(path, now);
    proceed(path, Urgency::in_turn, now);
}

void PathDirector::wait_for_relay(Path& path, Instant now) {
    parked_.insert(path.record.id);
    if (path.wait_until || path.waiters.empty()) {
        return;
    }
    path.wait_until = now + context_.settings.timing.relay_wait;
    waits_.emplace(*path.wait_until, path.record.id);
}

void PathDirector::end_wait(Path& path, Instant now) {
    path.wait_until.reset();
    refuse_all(path, v1::STATUS_NO_RELAY, "no relay can serve both nodes at the moment", now);
    give_up_unless_directed(path, now);
}

void PathDirector::move_some(Instant now) {
    for (std::size_t i = 0; i < most_moved_at_once && !to_move_.empty(); ++i) {
        Path* path = context_.paths.find(to_move_.front());
        to_move_.pop_front();
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
    while (!renewals_.empty() && renewals_.top().first <= now) {
        const auto [due, id] = renewals_.top();
        renewals_.pop();
        Path* path = context_.paths.find(id);
        if (path != nullptr && path->renew_at == due) {
            renew(*path, now);
        }
    }
    while (!waits_.empty() && waits_.top().first <= now) {
        const auto [due, id] = waits_.top();
        waits_.pop();
        Path* path = context_.paths.find(id);
        if (path != nullptr && path->wait_until == due) {
            end_wait(*path, now);
        }
    }
    if (!to_move_.empty() && move_at_ <= now) {
        move_some(now);
    }
}

Instant PathDirector::next_timeout() const {
    Instant next = Instant::never();
    if (!renewals_.empty()) {
        next = std::min(next, renewals_.top().first);
    }
    if (!waits_.empty()) {
        next = std::min(next, waits_.top().first);
    }
    if (!to_move_.empty()) {
        next = std::min(next, move_at_);
    }
    return next;
}

}  // namespace ntm::dc
