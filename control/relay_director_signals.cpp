// SPDX-License-Identifier: BSD-3-Clause
// The signalling half of RelayDirector: registration at the DCs, and their orders.
#include "control/relay_director.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ntm::control {

namespace {

constexpr Duration retry_registration = std::chrono::seconds{1};
// A DC that refuses the relay does so until somebody provisions it there.
constexpr Duration retry_refused = std::chrono::seconds{5};

v1::Signal refusal(v1::Status status, const std::string& text) {
    v1::Signal answer;
    answer.set_status(status);
    answer.set_text(text);
    return answer;
}

v1::Signal stale_fence() {
    return refusal(v1::STATUS_STALE, "term or boot ids are not those of this association");
}

}  // namespace

void RelayDirector::drain_signaling(Instant now) {
    follow_targets(now);
    for (const protocol::SignalingEvent& event : signaling_.take_events()) {
        std::visit([&](const auto& one) { handle_event(one, now); }, event);
    }
    if (signaling_.session_changes() != sessions_seen_) {
        sessions_seen_ = signaling_.session_changes();
        commands_.emplace_back(SetSessions{signaling_.session_ids(), signaling_.cookie_nonces()});
    }
    for (Datagram& datagram : signaling_.take_datagrams()) {
        datagrams_.push_back(std::move(datagram));
    }
}

void RelayDirector::handle_event(const protocol::PeerConnected& event, Instant now) {
    DcLink* const dc = find_link(event.peer);
    if (dc == nullptr) {
        return;
    }
    if (event.is_new_boot && !dc->last_boot_id().is_zero()) {
        events_.push_back({DirectorEvent::Kind::dc_restarted, dc->name(), ""});
    }
    register_with(*dc, now);
}

void RelayDirector::handle_event(const protocol::RequestReceived& event, Instant now) {
    DcLink* const dc = find_link(event.peer);
    if (dc == nullptr) {
        signaling_.send_answer(event, refusal(v1::STATUS_NOT_PERMITTED, "not a DC of ours"), now);
        return;
    }
    const v1::Signal& message = event.message;
    if (message.has_relay_directions()) {
        const v1::RelayDirections& orders = message.relay_directions();
        const bool is_fresh = dc->admits(orders.fence(), event.boot_id, boot_id_);
        signaling_.send_answer(event, is_fresh ? follow(orders, *dc, now) : stale_fence(), now);
        return;
    }
    if (message.has_path_release()) {
        const v1::PathRelease& order = message.path_release();
        const bool is_fresh = dc->admits(order.fence(), event.boot_id, boot_id_);
        signaling_.send_answer(event, is_fresh ? release(order, *dc, now) : stale_fence(), now);
        return;
    }
    const auto answer = refusal(v1::STATUS_NOT_PERMITTED, "a relay takes Directions and Releases");
    signaling_.send_answer(event, answer, now);
}

v1::Signal RelayDirector::follow(const v1::RelayDirections& orders, DcLink& dc, Instant now) {
    v1::Signal answer;
    v1::RelayResponses& responses = *answer.mutable_relay_responses();
    std::optional<EndRules> rules;
    if (targets_) {
        rules.emplace(EndRules{*targets_, napt_->suites});
    }
    for (const v1::RelayDirection& direction : orders.directions()) {
        *responses.add_responses() = follow_one(direction, rules ? &*rules : nullptr, dc, now);
    }
    for (const Endpoint& address : addresses_) {
        *responses.add_addresses() = to_message(address);
    }
    return answer;
}

v1::RelayResponse RelayDirector::follow_one(
    const v1::RelayDirection& direction, const EndRules* rules, const DcLink& dc, Instant now
) {
    v1::RelayResponse response;
    response.set_path_id(direction.path_id());
    response.set_revision(direction.revision());
    auto order = check_direction(direction, rules);
    if (!order) {
        ++counters_.directions_refused;
        response.set_status(v1::STATUS_BAD_REQUEST);
        response.set_text(order.error());
        return response;
    }
    const PathId id = order->id;
    const RelayedPath* const held = book_.find(id);
    const tables::RelayPath before = held == nullptr ? tables::RelayPath{} : to_table(*held);
    const BookAnswer booked = book_.direct(*std::move(order), dc.key(), now);
    if (booked.status == v1::STATUS_STALE) {
        response.set_revision(booked.held_revision);
    }
    response.set_status(booked.status);
    response.set_text(booked.text);
    ++(booked.status == v1::STATUS_OK ? counters_.directions_taken : counters_.directions_refused);
    if (booked.status == v1::STATUS_OK) {
        RelayedPath& path = *book_.find(id);
        log_secrets(path);
        carry_out(booked, path, before);
    }
    return response;
}

void RelayDirector::carry_out(
    const BookAnswer& booked, RelayedPath& path, const tables::RelayPath& before
) {
    if (booked.change == BookAnswer::Change::none) {
        return;
    }
    if (booked.opens_subscriber) {
        open_subscriber(*path.end);
    }
    resolve_hops(path);
    tables::RelayPath after = to_table(path);
    if (booked.change == BookAnswer::Change::added) {
        commands_.emplace_back(InstallPath{std::move(after)});
    } else if (after != before) {
        commands_.emplace_back(ReplacePath{std::move(after)});
    }
    close_subscriber(booked.closed_subscriber);
}

void RelayDirector::log_secrets(const RelayedPath& path) const {
    if (path.end) {
        const crypto::Suite suite = path.end->keys->opening.key.suite;
        key_log_.note_path_secret(path.id, path.revision, suite, path.leg(Role::initiator).secret);
        return;
    }
    for (const Role role : {Role::initiator, Role::responder}) {
        key_log_.note_leg_secret(path.id, path.revision, role, path.leg(role).secret);
    }
}

v1::Signal RelayDirector::release(const v1::PathRelease& order, const DcLink& dc, Instant now) {
    const PathId id{order.path_id()};
    const BookAnswer booked = book_.release(id, order.revision(), dc.key(), now);
    if (booked.change == BookAnswer::Change::removed) {
        commands_.emplace_back(RemovePath{id});
        close_subscriber(booked.closed_subscriber);
        ++counters_.paths_released;
    }
    if (booked.status != v1::STATUS_OK) {
        return refusal(booked.status, booked.text);
    }
    v1::Signal answer;
    answer.mutable_path_release_ack();
    return answer;
}

void RelayDirector::register_with(DcLink& dc, Instant now) {
    if (dc.pending_register) {
        signaling_.cancel_request(dc.key(), *dc.pending_register);
    }
    v1::Signal message;
    v1::RsRegister& body = *message.mutable_rs_register();
    body.set_name(name_);
    for (const Endpoint& address : addresses_) {
        *body.add_addresses() = to_message(address);
    }
    body.set_capacity_paths(book_.capacity());
    body.set_dc_boot_id(dc.last_boot_id().value);
    body.set_paths(book_.count_of(dc.key()));
    body.set_has_napt(napt_.has_value());
    if (napt_) {
        for (const crypto::Suite suite : napt_->suites) {
            body.add_suites(static_cast<v1::Suite>(suite));
        }
    }
    dc.lost_registration();
    dc.next_attempt = Instant::never();
    dc.pending_register =
        signaling_.send_request(dc.key(), std::move(message), protocol::OnNewBoot::fail, now);
}

void RelayDirector::send_status(DcLink& dc, Instant now) {
    v1::Signal message;
    v1::RsStatus& body = *message.mutable_rs_status();
    *body.mutable_fence() = dc.fence(boot_id_);
    body.set_paths(book_.count_of(dc.key()));
    body.set_packets_per_second(load_.packets_per_second);
    body.set_bits_per_second(load_.bits_per_second);
    body.set_busiest_worker_permille(load_.busiest_worker_permille);
    body.set_is_draining(is_draining_);
    if (load_.napt) {
        *body.mutable_napt() = *load_.napt;
    }
    dc.pending_status =
        signaling_.send_request(dc.key(), std::move(message), protocol::OnNewBoot::fail, now);
}

void RelayDirector::handle_event(const protocol::AnswerReceived& event, Instant now) {
    DcLink* const dc = find_link(event.peer);
    if (dc == nullptr) {
        return;
    }
    if (dc->pending_register == event.id) {
        dc->pending_register.reset();
        registration_answered(*dc, event.message, now);
        return;
    }
    if (dc->pending_status == event.id) {
        dc->pending_status.reset();
        status_answered(*dc, event.message, now);
    }
}

void RelayDirector::registration_answered(DcLink& dc, const v1::Signal& answer, Instant now) {
    if (answer.status() != v1::STATUS_OK || !answer.has_rs_ack()) {
        events_.push_back({DirectorEvent::Kind::dc_refused, dc.name(), answer.text()});
        dc.next_attempt = now + retry_refused;
        return;
    }
    const auto session = signaling_.boot_id_of(dc.key());
    if (!session || !dc.registered(answer.rs_ack().fence(), *session, boot_id_, now)) {
        dc.next_attempt = now + retry_registration;
        return;
    }
    if (dc.heard(now)) {
        const std::string count = std::to_string(answer.rs_ack().paths_to_restore());
        events_.push_back({DirectorEvent::Kind::dc_reached, dc.name(), count});
    }
}

void RelayDirector::status_answered(DcLink& dc, const v1::Signal& answer, Instant now) {
    if (answer.status() != v1::STATUS_OK) {
        // The DC does not know this run of the relay, or has forgotten the relay altogether.
        dc.lost_registration();
        dc.next_attempt = now + status_interval;
        return;
    }
    if (dc.heard(now)) {
        events_.push_back({DirectorEvent::Kind::dc_reached, dc.name(), "0"});
    }
}

void RelayDirector::handle_event(const protocol::RequestFailed& event, Instant now) {
    DcLink* const dc = find_link(event.peer);
    if (dc == nullptr) {
        return;
    }
    if (dc->pending_status == event.id) {
        dc->pending_status.reset();
        dc->next_status = now;
    }
    if (dc->pending_register == event.id) {
        dc->pending_register.reset();
        dc->next_attempt = now + retry_registration;
    }
}

void RelayDirector::handle_link_timeout(DcLink& dc, Instant now) {
    if (dc.became_unreachable(now)) {
        events_.push_back({DirectorEvent::Kind::dc_unreachable, dc.name(), ""});
    }
    if (dc.next_attempt <= now) {
        register_with(dc, now);
    }
    if (!dc.is_registered() || dc.next_status > now) {
        return;
    }
    // One Status at a time: it is repeated until it is answered, and while the DC is silent a
    // second one would say nothing new.
    dc.next_status = now + status_interval;
    if (!dc.pending_status) {
        send_status(dc, now);
    }
}

DcLink* RelayDirector::find_link(const crypto::PublicKey& key) {
    const auto found = std::ranges::find(links_, key, &DcLink::key);
    return found == links_.end() ? nullptr : &*found;
}

}  // namespace ntm::control
