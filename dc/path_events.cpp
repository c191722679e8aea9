// SPDX-License-Identifier: BSD-3-Clause
// What happens to paths: answers of relays and nodes, relays that come and go.
#include "common/protocol/request_engine.hpp"
#include "dc/path_director.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ntm::dc {

namespace {

constexpr std::uint32_t most_corrections = 3;
// No path changes so often: who names a higher revision errs or lies, and one that went beyond it
// would soon have none left.
constexpr std::uint32_t highest_believed_revision = 1U << 31;
constexpr std::uint32_t most_draws = 3;
constexpr std::uint32_t most_tries_in_vain = 8;
constexpr Duration resend_after = std::chrono::milliseconds{250};

std::string unbelieved(std::uint32_t held_revision) {
    return "claims revision " + std::to_string(held_revision) + ", which no path comes to";
}

// A general node to which a relay never forwards, on a private network of the node's perhaps, is not for
// this DC to speak for.
v1::Status without_another_relay(const Path& path, v1::Status verdict) {
    const bool is_forbidden =
        path.record.kind == RouteKind::general && verdict == v1::STATUS_BAD_REQUEST;
    return is_forbidden ? v1::STATUS_UNKNOWN_NAME : v1::STATUS_NO_RELAY;
}

}  // namespace

std::uint64_t PathDirector::restore(Relay& relay) {
    couriers_.relays.drop(relay.record.key);
    const PathTable::Ids& ids = context_.paths.of_relay(relay.record.key);
    relay.to_restore = ids.size();
    relay.restored = 0;
    relay.has_unanswered = false;
    for (const PathId id : ids) {
        Path& path = *context_.paths.find(id);
        path.is_accepted = false;
        path.is_restoring = true;
        if (path.ends_at_relay() &&
            path.record.end(Role::responder).boot_id != relay.record.boot_id) {
            renew_path_secret(path);
        }
        const bool is_awaited = !path.waiters.empty();
        couriers_.relays.want(path, is_awaited ? Urgency::at_once : Urgency::in_turn);
    }
    return relay.to_restore;
}

void PathDirector::relay_came(Relay& relay, Instant now) {
    couriers_.releases.resume(relay.record.key);
    if (std::exchange(relay.has_unanswered, false)) {
        for (const PathId id : context_.paths.of_relay(relay.record.key)) {
            Path& path = *context_.paths.find(id);
            if (!path.is_accepted) {
                couriers_.relays.want(path, Urgency::in_turn);
            }
        }
    }
    const std::set<PathId> parked = parked_;
    for (const PathId id : parked) {
        Path& path = *context_.paths.find(id);
        plan(path, now);
        proceed(path, Urgency::in_turn, now);
    }
    for (const auto& [name, old] : context_.registry.relays()) {
        const bool is_to_leave = old->is_draining || (!old->is_alive && !old->is_expected);
        if (old.get() != &relay && is_to_leave) {
            leave_relay(*old, now);
        }
    }
}

void PathDirector::leave_relay(Relay& relay, Instant now) {
    if (!relay.is_alive) {
        couriers_.relays.drop(relay.record.key);
        relay.has_unanswered = true;
    }
    const PathTable::Ids ids = context_.paths.of_relay(relay.record.key);
    for (const PathId id : ids) {
        Path& path = *context_.paths.find(id);
        if (path.waiters.empty()) {
            to_move_.insert(id);
            continue;
        }
        plan(path, now);
        proceed(path, Urgency::at_once, now);
    }
    move_at_ = now;
}

void PathDirector::readdress(const Relay& relay) {
    for (const PathId id : context_.paths.of_relay(relay.record.key)) {
        raise_revision(*context_.paths.find(id));
    }
}

void PathDirector::handle(const RelayReport& report, Instant now) {
    Relay* relay = context_.registry.find_relay(report.relay);
    if (relay == nullptr) {
        return;
    }
    const bool has_others =
        !report.addresses.empty() && report.addresses != relay->record.addresses;
    if (has_others && relay->upheavals.take(now)) {
        relay->record.addresses = report.addresses;
        context_.store.put_relay(relay->record);
        readdress(*relay);
    }
    for (const RelayReport::Verdict& verdict : report.verdicts) {
        handle_verdict(*relay, verdict, report.is_answered, now);
    }
}

void PathDirector::handle_verdict(
    Relay& relay, const RelayReport::Verdict& verdict, bool is_answered, Instant now
) {
    Path* path = context_.paths.find(verdict.path_id);
    const bool is_wanted = path != nullptr && path->record.relay == relay.record.key &&
                           path->record.relay_revision == verdict.asked_revision;
    if (!is_wanted) {
        return;
    }
    if (!is_answered) {
        relay.has_unanswered = true;
        refuse(*path, relay, "gave no answer", now, v1::STATUS_NO_RELAY);
        return;
    }
    if (verdict.status == v1::STATUS_OK) {
        accept(*path, now);
        return;
    }
    const bool is_behind =
        verdict.status == v1::STATUS_STALE && verdict.held_revision >= path->record.relay_revision;
    const bool is_believed = verdict.held_revision <= highest_believed_revision;
    const bool is_taken = verdict.status == v1::STATUS_PATH_ID_TAKEN || (is_behind && !is_believed);
    if (is_taken && path->draws < most_draws) {
        if (is_behind) {
            warn_of(relay, *path, unbelieved(verdict.held_revision), now);
        }
        redraw(*path, now);
        return;
    }
    // The relay knows a later state than the store: this DC's store is from before.
    if (is_behind && is_believed && path->corrections < most_corrections) {
        ++path->corrections;
        path->record.revision = std::max(path->record.revision, verdict.held_revision);
        if (path->ends_at_relay()) {
            renew_path_secret(*path);
        } else {
            raise_relay_revision(*path);
        }
        couriers_.relays.want(*path, Urgency::at_once);
        return;
    }
    const std::string& why = verdict.text.empty() ? v1::Status_Name(verdict.status) : verdict.text;
    refuse(*path, relay, "refused: " + why, now, without_another_relay(*path, verdict.status));
}

void PathDirector::accept(Path& path, Instant now) {
    path.is_accepted = true;
    parked_.erase(path.record.id);
    set_wait(path, std::nullopt);
    path.refused_by.clear();
    path.corrections = 0;
    path.draws = 0;
    count_restored(path, now);
    deliver(path, now);
}

void PathDirector::refuse(
    Path& path, Relay& relay, const std::string& text, Instant now, v1::Status left
) {
    warn_of(relay, path, text, now);
    if (std::ranges::find(path.refused_by, relay.record.key) == path.refused_by.end()) {
        path.refused_by.push_back(relay.record.key);
    }
    const std::uint32_t revision = path.record.revision;
    plan(path, now);
    if (path.record.revision != revision) {
        proceed(path, Urgency::at_once, now);
        return;
    }
    refuse_all(path, left, "relay " + relay.record.name + " " + text, now);
    path.refused_by.clear();
    give_up_unless_directed(path, now);
}

void PathDirector::handle(const NodeReport& report, Instant now) {
    Path* path = context_.paths.find(report.path_id);
    if (path == nullptr) {
        return;
    }
    PathRecord& record = path->record;
    Delivery& delivery = path->delivery(report.role);
    if (!report.is_answered) {
        // Whoever was away gets it when it connects; not so who came back while it was asked.
        const Node* node = context_.registry.find_node(record.end(report.role).node);
        const bool is_back = node != nullptr && node->last_heard &&
                             now - *node->last_heard < protocol::request_lifetime;
        if (is_back) {
            try_again(*path, delivery, now);
        }
        return;
    }
    if (report.status == v1::STATUS_OK) {
        delivery.revision = std::max(delivery.revision, report.revision);
        delivery.valid_until = now + context_.settings.timing.path_lifetime;
        delivery.tries_in_vain = 0;
        finish_move(*path);
        return;
    }
    if (report.status == v1::STATUS_STALE) {
        handle_stale(*path, report, now);
        return;
    }
    // Its Registration Response is still on its way to it.
    if (report.status == v1::STATUS_BUSY && try_again(*path, delivery, now)) {
        return;
    }
    const std::string detail = report.text.empty() ? "" : " (" + report.text + ")";
    warn_of(
        record.end(report.role).node,
        *path,
        "refused: " + v1::Status_Name(report.status) + detail,
        now
    );
}

bool PathDirector::try_again(Path& path, Delivery& delivery, Instant now) {
    if (delivery.tries_in_vain == most_tries_in_vain) {
        return false;
    }
    ++delivery.tries_in_vain;
    set_resend(path, now + resend_after);
    return true;
}

void PathDirector::handle_stale(Path& path, const NodeReport& report, Instant now) {
    PathRecord& record = path.record;
    if (report.revision != record.revision) {
        return;  // what is on its way by now is another
    }
    // Its own Path Release has not come here, or came before this DC's store was written.
    if (report.is_released && report.held_revision >= record.revision) {
        const PeerKey by = record.end(report.role).node;
        if (may_log_refusal(by, now)) {
            context_.inform(
                context_.name_of(by) + " has released path " + record.id.text() + " already"
            );
        }
        release(path, v1::RELEASE_REPLACED, by, now);
        return;
    }
    if (report.held_revision > highest_believed_revision) {
        const std::string what = unbelieved(report.held_revision) + ": the path ends";
        warn_of(record.end(report.role).node, path, what, now);
        release(path, v1::RELEASE_REPLACED, std::nullopt, now);
        return;
    }
    // It holds a later one than the store: this DC's store is from before.
    if (report.held_revision > record.revision && path.corrections < most_corrections) {
        ++path.corrections;
        record.revision = report.held_revision;
        if (path.ends_at_relay()) {
            renew_path_secret(path);
        } else {
            raise_revision(path);
        }
        proceed(path, Urgency::in_turn, now);
    }
}

bool PathDirector::may_log_refusal(const PeerKey& node, Instant now) {
    Node* peer = context_.registry.find_node(node);
    return peer != nullptr && peer->lines.refusals.take(now);
}

void PathDirector::warn_of(
    const PeerKey& node, const Path& path, const std::string& what, Instant now
) {
    if (may_log_refusal(node, now)) {
        context_.warn(
            context_.name_of(node) + " " + what + " (path " + path.record.id.text() + ")"
        );
    }
}

void PathDirector::warn_of(Relay& relay, const Path& path, const std::string& what, Instant now) {
    if (relay.lines.refusals.take(now)) {
        context_.warn(
            "relay " + relay.record.name + " " + what + " (path " + path.record.id.text() + ")"
        );
    }
}

// The relay whose paths are counted, if this one was among them.
Relay* PathDirector::take_off_restoring(Path& path) {
    if (!std::exchange(path.is_restoring, false) || !path.record.relay) {
        return nullptr;
    }
    return context_.registry.find_relay(*path.record.relay);
}

void PathDirector::give_up_restoring(Path& path) {
    if (Relay* relay = take_off_restoring(path)) {
        --relay->to_restore;
    }
}

void PathDirector::count_restored(Path& path, Instant now) {
    Relay* relay = take_off_restoring(path);
    if (relay == nullptr) {
        return;
    }
    ++relay->restored;
    if (relay->restored == relay->to_restore && relay->lines.restores.take(now)) {
        context_.inform(
            "relay " + relay->record.name + ": restored " + std::to_string(relay->restored) +
            " of " + std::to_string(relay->to_restore) + " paths"
        );
    }
}

void PathDirector::remove(Path& path) {
    give_up_restoring(path);
    const PathId id = path.record.id;
    parked_.erase(id);
    forget_timers(path);
    context_.store.remove_path(id);
    context_.paths.remove(id);
}

}  // namespace ntm::dc
