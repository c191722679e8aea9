// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/relayed_leg.hpp"

#include "common/protocol/sealed.hpp"

#include <algorithm>

namespace ntm::client {

namespace {

// docs/protocol.md section 4.1: after this without an answer the other family is taken.
constexpr Duration family_patience = std::chrono::milliseconds{300};

}  // namespace

RelayedLeg::RelayedLeg(const RouteDirection& direction, TunnelContext& context, Instant now)
    : direction_{direction}, context_{context}, last_begin_{now} {
    turn_to_best_way(now);
}

std::optional<Way> RelayedLeg::wanted_way() const {
    if (active_) {
        return active_;
    }
    return attempt_ ? std::optional{attempt_->way()} : std::nullopt;
}

void RelayedLeg::begin(const Way& way, bool needs_token, Instant now) {
    LegBinding::Plan plan;
    plan.way = way;
    plan.needs_token = needs_token;
    plan.is_trusted = context_.relays.has_answered(way);
    plan.most_untrusted_tries = unproven_.left(way.remote);
    plan.rtt = context_.relays.rtt(way);
    attempt_.emplace(plan, now);
    last_begin_ = now;
    reconsider_at_ = now + family_patience;
    data_follows_at_.reset();
    if (const auto token = context_.relays.token(way, now)) {
        attempt_->give_token(*token, now);
    }
}

void RelayedLeg::turn_to_best_way(Instant now) {
    const auto best = context_.relays.best_way(direction_.relay_name, now);
    const auto target = attempt_ ? std::optional{attempt_->way()} : active_;
    if (best && best != target) {
        begin(*best, now);
    }
}

bool RelayedLeg::is_of_relay(const Way& way) const {
    return std::find(direction_.relay.begin(), direction_.relay.end(), way.remote) !=
           direction_.relay.end();
}

// The relay keeps the binding (docs/protocol.md section 4.0.1). A Request on the way in use finds
// out if that is so, and whether the peer's leg is bound still.
void RelayedLeg::direction_changed(const RouteDirection& /*before*/, Instant now) {
    unproven_.forget();
    if (active_ && !is_of_relay(*active_)) {
        active_.reset();
    }
    if (attempt_ && !is_of_relay(attempt_->way())) {
        attempt_.reset();
        data_follows_at_.reset();
    }
    if (active_ && !attempt_) {
        begin(*active_, false, now);
        return;
    }
    turn_to_best_way(now);
}

void RelayedLeg::retry(Instant now) {
    if (attempt_ || now - last_begin_ < between_attempts) {
        return;
    }
    if (const auto best = context_.relays.best_way(direction_.relay_name, now)) {
        begin(*best, now);
    }
}

void RelayedLeg::locals_changed(Instant now) {
    if (active_ && !context_.locals.has(active_->local)) {
        active_.reset();
    }
    if (attempt_ && !context_.locals.has(attempt_->way().local)) {
        attempt_.reset();
        data_follows_at_.reset();
    }
    // With the old way gone anything is better than waiting; else a new way has to answer first.
    if (!active_ && !attempt_) {
        turn_to_best_way(now);
    }
}

void RelayedLeg::handle_relay_event(const RelayEvent& event, Instant now) {
    const bool is_mine =
        std::visit([this](const auto& at) { return at.relay == direction_.relay_name; }, event);
    if (!is_mine) {
        return;
    }
    if (const auto* works = std::get_if<WayWorks>(&event)) {
        way_works(works->way, now);
    } else if (const auto* died = std::get_if<WayDied>(&event)) {
        way_died(died->way, now);
    } else if (const auto* changed = std::get_if<OutsideChanged>(&event)) {
        if (active_ == changed->way && outside_ != changed->outside) {
            begin(changed->way, now);
        }
    } else {
        relay_restarted(now);
    }
}

void RelayedLeg::way_works(const Way& way, Instant now) {
    if (attempt_ && attempt_->way() == way) {
        attempt_->trust();
        if (const auto token = context_.relays.token(way, now)) {
            attempt_->give_token(*token, now);
        }
    }
    turn_to_best_way(now);
    // Back from the dead, and what was tried meanwhile has been given up.
    if (!attempt_ && !is_ready()) {
        begin(way, now);
    }
}

void RelayedLeg::way_died(const Way& way, Instant now) {
    const bool is_concerned = active_ == way || (attempt_ && attempt_->way() == way);
    if (!is_concerned) {
        return;
    }
    const auto best = context_.relays.best_way(direction_.relay_name, now);
    if (best && (best != way || !attempt_)) {
        begin(*best, now);
    }
}

void RelayedLeg::relay_restarted(Instant now) {
    is_bound_ = false;
    is_peer_bound_ = false;
    attempt_.reset();
    if (const auto best = context_.relays.best_way(direction_.relay_name, now)) {
        begin(*best, now);
    }
}

bool RelayedLeg::handle_leg(
    const protocol::NtmHeader& header, const Datagram& datagram, Instant now
) {
    if (!header.is_answer() || header.role() != direction_.role) {
        ++context_.counters.wrong_role;
        return false;
    }
    auto message = protocol::open_leg(direction_.secret_of_leg(), datagram.payload);
    if (!message) {
        ++context_.counters.bad_tag;
        return false;
    }
    if (!message->has_response()) {
        ++context_.counters.malformed_message;
        return false;
    }
    const v1::TunnelResponse& response = message->response();
    if (!attempt_ || !attempt_->handle_response(response, now)) {
        return false;
    }
    const Way way = attempt_->way();
    if (const auto outside = usable_endpoint(response.outside())) {
        outside_ = *outside;
        context_.relays.note_outside(way, *outside, now);
    }
    context_.relays.note_heard(way, now);
    context_.relays.note_boot_id(direction_.relay_name, BootId{response.boot_id()});
    if (const auto token = token_of(response)) {
        context_.relays.store_token(way, *token, now);
    }
    reconsider_at_.reset();
    conclude(response);
    return true;
}

void RelayedLeg::conclude(const v1::TunnelResponse& response) {
    if (!response.bound()) {
        return;
    }
    is_bound_ = true;
    is_peer_bound_ = response.peer_bound();
    active_ = attempt_->way();
    data_follows_at_.reset();
    if (is_peer_bound_) {
        attempt_.reset();
    }
}

Instant RelayedLeg::next_timeout() const {
    Instant next = attempt_ ? attempt_->next_timeout() : Instant::never();
    if (attempt_ && reconsider_at_) {
        next = std::min(next, *reconsider_at_);
    }
    if (data_follows_at_) {
        next = std::min(next, *data_follows_at_);
    }
    return next;
}

bool RelayedLeg::handle_timeout(Instant now) {
    if (data_follows_at_ && now >= *data_follows_at_) {
        data_follows_at_.reset();
        if (!active_ && attempt_) {
            active_ = attempt_->way();
        }
    }
    if (attempt_ && attempt_->is_over(now)) {
        attempt_.reset();
        return !is_ready();
    }
    if (attempt_ && reconsider_at_ && now >= *reconsider_at_) {
        reconsider_at_.reset();
        turn_to_best_way(now);
    }
    send_due_request(now);
    return false;
}

void RelayedLeg::send_due_request(Instant now) {
    if (!attempt_) {
        return;
    }
    auto request = attempt_->handle_timeout(context_.random, now);
    if (!request) {
        return;
    }
    unproven_.note(*attempt_);
    // The path stands and only its address has gone: DATA may follow a Request with a token.
    if (!request->token().empty() && is_ready() && !active_ && !data_follows_at_) {
        data_follows_at_ = now + data_follows_after;
    }
    send_request(direction_, std::move(*request), attempt_->way(), context_, now);
}

}  // namespace ntm::client
