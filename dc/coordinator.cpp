// SPDX-License-Identifier: BSD-3-Clause
#include "dc/coordinator.hpp"

#include "dc/coordinator_parts.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace ntm::dc {

namespace {

// Between looks for space and attempts to store what could not be stored.
constexpr Duration between_attempts = std::chrono::seconds{1};

}  // namespace

Coordinator::Coordinator(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Coordinator::~Coordinator() = default;

void Coordinator::handle_timeout(Instant now, Unheard unheard) {
    parts_->latest = now;
    if (parts_->attempt_at <= now) {
        parts_->context.store.look_for_space();
        parts_->attempt_at = now + between_attempts;
        parts_->is_attempt_due = true;
    }
    if (parts_->stall) {
        return;
    }
    parts_->signaling.handle_timeout(now);
    parts_->dispatch_events(now);
    if (unheard == Unheard::nothing) {
        parts_->relay_desk.handle_timeout(now);
    }
    parts_->director.handle_timeout(now);
    parts_->general_desk.handle_timeout(now);
    parts_->greet_some(now);
    parts_->settle(now);
}

Instant Coordinator::next_timeout() const {
    if (parts_->stall) {
        return parts_->attempt_at;
    }
    return std::min(
        {parts_->signaling.next_timeout(),
         parts_->relay_desk.next_timeout(),
         parts_->director.next_timeout(),
         parts_->general_desk.next_timeout(),
         parts_->relay_courier.next_timeout(),
         parts_->greet_at,
         parts_->attempt_at}
    );
}

void Coordinator::Parts::settle(Instant now) {
    latest = now;
    dispatch_events(now);
    keep_datagrams(later);
    relay_courier.pump(now);
    keep_datagrams(early);
    node_courier.pump(now);
    releases.pump(now);
    keep_datagrams(later);
}

void Coordinator::Parts::keep_datagrams(std::vector<Datagram>& in) {
    std::ranges::move(signaling.take_datagrams(), std::back_inserter(in));
}

void Coordinator::Parts::dispatch_events(Instant now) {
    for (const protocol::SignalingEvent& event : signaling.take_events()) {
        std::visit([&](const auto& happened) { handle(happened, now); }, event);
    }
}

void Coordinator::Parts::handle(const protocol::PeerConnected& event, Instant) {
    if (Node* node = registry.find_node(event.peer)) {
        node_desk.handle_connected(*node, event.boot_id);
    }
}

void Coordinator::Parts::handle(const protocol::RequestReceived& event, Instant now) {
    if (Node* node = registry.find_node(event.peer)) {
        node_desk.handle(*node, event, now);
        return;
    }
    if (Relay* relay = registry.find_relay(event.peer)) {
        relay_desk.handle(*relay, event, now);
    }
}

void Coordinator::Parts::handle(const protocol::AnswerReceived& event, Instant now) {
    if (Node* node = registry.find_node(event.peer)) {
        const bool is_registered_run = signaling.boot_id_of(event.peer) == node->record.boot_id;
        node->last_heard = is_registered_run ? now : node->last_heard;
    }
    if (const auto report = relay_courier.take_answer(event)) {
        director.handle(*report, now);
        return;
    }
    if (const auto report = node_courier.take_answer(event)) {
        director.handle(*report, now);
        return;
    }
    static_cast<void>(releases.take_answer(event));
}

void Coordinator::Parts::handle(const protocol::RequestFailed& event, Instant now) {
    if (const auto report = relay_courier.take_failure(event)) {
        director.handle(*report, now);
        return;
    }
    if (const auto report = node_courier.take_failure(event)) {
        director.handle(*report, now);
        return;
    }
    static_cast<void>(releases.take_failure(event));
}

void Coordinator::Parts::handle(const protocol::PeerMoved& event, Instant now) {
    Node* node = registry.find_node(event.peer);
    if (node != nullptr && event.is_proven) {
        node_desk.handle_moved(*node, event.endpoint, now);
    }
}

void Coordinator::Parts::handle(const protocol::PastRunHeard& event, Instant now) {
    Node* node = registry.find_node(event.peer);
    Relay* relay = registry.find_relay(event.peer);
    const bool may_log = (node != nullptr && node->lines.past_runs.take(now)) ||
                         (relay != nullptr && relay->lines.past_runs.take(now));
    if (!may_log) {
        return;
    }
    context.warn(
        "an earlier run of " + context.name_of(event.peer) + " speaks still, from " +
        event.source.text() + ", and gets no answer: has another host a copy of its key?"
    );
}

std::vector<Datagram> Coordinator::take_datagrams() {
    if (parts_->failure || !parts_->commit()) {
        return {};
    }
    std::vector<Datagram> datagrams = take_early_datagrams();
    std::ranges::move(std::exchange(parts_->later, {}), std::back_inserter(datagrams));
    return datagrams;
}

bool Coordinator::Parts::commit() {
    if (stall && !is_attempt_due) {
        return false;
    }
    is_attempt_due = false;
    const auto stored = context.store.commit();
    if (!stored && !stored.error().may_pass) {
        failure = stored.error();
        return false;
    }
    if (stall && stored) {
        relay_desk.trust_all(latest);
    }
    stall = stored ? std::nullopt : std::optional{stored.error()};
    note_health();
    return stored.has_value();
}

void Coordinator::Parts::note_health() {
    const StoreHealth health = context.store.health();
    if (health == last_health) {
        return;
    }
    if (health == StoreHealth::sound) {
        attempt_at = Instant::never();
        context.inform("the store takes changes again");
    } else {
        attempt_at = std::min(attempt_at, latest + between_attempts);
        context.warn(
            stall ? stall->text + "; until this succeeds, nothing is answered"
                  : "the disk of the store is full: no nodes, relays or paths are added until "
                    "there is space again"
        );
    }
    last_health = health;
}

std::optional<std::string> Coordinator::Parts::why_full() const {
    if (stall) {
        return "the store can not be written now: " + stall->text;
    }
    if (context.store.health() != StoreHealth::sound) {
        return "the disk of the store is full";
    }
    return std::nullopt;
}

std::vector<Datagram> Coordinator::take_early_datagrams() {
    return std::exchange(parts_->early, {});
}

std::vector<NameQuestion> Coordinator::take_questions() {
    return parts_->general_desk.take_questions();
}

void Coordinator::handle_answer(
    const NameQuestion& question, const dns::Answer& answer, Instant now
) {
    if (parts_->stall) {
        return;
    }
    parts_->general_desk.handle_answer(question, answer, now);
    parts_->settle(now);
}

std::vector<Notice> Coordinator::take_notices() {
    return std::exchange(parts_->notices, {});
}

const std::optional<StoreError>& Coordinator::failure() const noexcept {
    return parts_->failure;
}

const std::optional<StoreError>& Coordinator::stall() const noexcept {
    return parts_->stall;
}

const Context& Coordinator::context() const noexcept {
    return parts_->context;
}

CoordinatorCounters Coordinator::counters() const {
    CoordinatorCounters counters = parts_->counters;
    counters.cookies_answered = parts_->cookies.counters().answered;
    counters.cookies_limited = parts_->cookies.counters().limited;
    counters.cookies_malformed = parts_->cookies.counters().malformed;
    counters.signaling = parts_->signaling.counters();
    return counters;
}

std::size_t Coordinator::path_timers() const noexcept {
    return parts_->director.timers();
}

std::size_t Coordinator::pending_releases() const noexcept {
    return parts_->releases.size();
}

void Coordinator::set_policy(const Settings& next) {
    Settings& settings = parts_->settings;
    settings.zones = next.zones;
    settings.suites = next.suites;
    settings.inner_mtu = next.inner_mtu;
    settings.drain_time = next.drain_time;
    settings.general_allowed = next.general_allowed;
    settings.limits = next.limits;
    parts_->registry.set_limits(settings.limits);
    parts_->relay_courier.set_rate(settings.limits.restored_per_second);
    parts_->cookies.set_rate(settings.limits.cookies_per_second);
}

}  // namespace ntm::dc
