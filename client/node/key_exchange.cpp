// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/key_exchange.hpp"

#include "common/protocol/epoch_secret.hpp"

#include <algorithm>
#include <utility>

namespace ntm::client {

namespace {

constexpr Duration between_rounds = std::chrono::seconds{60};
// Both ends find an exchange due at the same time: the responder leaves it to the initiator.
constexpr Duration responders_patience = std::chrono::seconds{5};

}  // namespace

bool KeyExchange::Rounds::is_due(
    RandomSource& random, std::optional<Duration> round_trip, Instant now
) {
    if (round_ && round_->is_over(now)) {
        resumes_ = round_->end() + between_rounds;
        round_.reset();
    }
    if (!round_ && now >= resumes_) {
        round_.emplace(round_trip, now);
    }
    if (!round_ || !round_->is_due(now)) {
        return false;
    }
    round_->sent(random, now);
    return true;
}

void KeyExchange::Rounds::resume(Instant now) {
    resumes_ = now;
    if (round_ && round_->is_over(now)) {
        round_.reset();
    }
}

void KeyExchange::set_ready(bool is_ready, Instant now) {
    const bool was_ready = std::exchange(is_ready_, is_ready);
    if (!is_ready || was_ready) {
        return;
    }
    since_ = since_.value_or(now);
    if (ask_) {
        ask_->rounds.resume(now);
    }
    if (empties_) {
        empties_->resume(now);
    }
}

Instant KeyExchange::wanted_at() const {
    if (!policy_ || !since_ || ask_ || epochs_.has_next() || !epochs_.is_confirmed()) {
        return Instant::never();
    }
    const bool is_old =
        epochs_.sent() >= policy_->renew_packets || (epochs_.number() == 0 && policy_->is_at_once);
    const Instant due = is_old ? *since_ : *since_ + policy_->renew_after;
    const bool is_patient = epochs_.use().role == Role::responder;
    return is_patient ? due + responders_patience : due;
}

Instant KeyExchange::next_timeout() const {
    if (!is_ready_) {
        return Instant::never();
    }
    const Instant asks = ask_ ? ask_->rounds.next() : wanted_at();
    return empties_ ? std::min(asks, empties_->next()) : asks;
}

KeyExchange::Step KeyExchange::handle_timeout(
    RandomSource& random, std::optional<Duration> round_trip, Instant now
) {
    Step step;
    if (!is_ready_) {
        return step;
    }
    if (now >= wanted_at()) {
        ask_ = Ask{crypto::KeyPair::generate(random), Rounds{now}};
    }
    if (ask_ && ask_->rounds.is_due(random, round_trip, now)) {
        step.request.emplace();
        step.request->set_epoch(next_epoch());
        step.request->set_key(as_text(ask_->ephemeral.public_key().bytes));
    }
    step.is_empty_due = empties_ && empties_->is_due(random, round_trip, now);
    return step;
}

v1::KeyResponse KeyExchange::response_of(const Answer& answer) const {
    v1::KeyResponse response;
    response.set_epoch(next_epoch());
    response.set_key(as_text(answer.own.bytes));
    return response;
}

Result<v1::KeyResponse, KeyFault> KeyExchange::handle_request(
    const v1::KeyRequest& request, const Means& means
) {
    const auto asker = crypto::PublicKey::from_bytes(as_bytes(request.key()));
    if (!asker) {
        return Unexpected{KeyFault::malformed};
    }
    const bool is_crossed = ask_ && epochs_.use().role == Role::initiator;
    if (!policy_ || request.epoch() != next_epoch() || is_crossed) {
        return Unexpected{KeyFault::stale};
    }
    if (answer_) {
        if (answer_->asker != *asker) {
            return Unexpected{KeyFault::stale};
        }
        return response_of(*answer_);
    }
    const auto ephemeral = crypto::KeyPair::generate(means.random);
    const auto secret = protocol::epoch_secret_of_answerer(
        epochs_.secret(),
        {epochs_.use().path_id,
         next_epoch(),
         *asker,
         ephemeral.public_key(),
         means.peer_key,
         means.own_key.public_key()},
        {ephemeral, means.own_key}
    );
    if (!secret) {
        return Unexpected{KeyFault::bad_key};
    }
    ask_.reset();
    answer_ = Answer{*asker, ephemeral.public_key()};
    means.key_log.note_epoch_secret(
        epochs_.use().path_id, next_epoch(), epochs_.use().suite, *secret
    );
    epochs_.prepare(*secret);
    return response_of(*answer_);
}

std::optional<KeyFault> KeyExchange::handle_response(
    const v1::KeyResponse& response, const Means& means, Instant now
) {
    const auto answerer = crypto::PublicKey::from_bytes(as_bytes(response.key()));
    if (!answerer) {
        return KeyFault::malformed;
    }
    if (!ask_ || response.epoch() != next_epoch()) {
        return KeyFault::stale;
    }
    const auto secret = protocol::epoch_secret_of_asker(
        epochs_.secret(),
        {epochs_.use().path_id,
         next_epoch(),
         ask_->ephemeral.public_key(),
         *answerer,
         means.own_key.public_key(),
         means.peer_key},
        {ask_->ephemeral, means.own_key}
    );
    if (!secret) {
        return KeyFault::bad_key;
    }
    means.key_log.note_epoch_secret(
        epochs_.use().path_id, next_epoch(), epochs_.use().suite, *secret
    );
    epochs_.prepare(*secret);
    epochs_.change_over();
    begin_epoch(now);
    has_answered_ = false;
    empties_.emplace(now);
    return std::nullopt;
}

bool KeyExchange::note_opened(const PathEpochs::Opened& opened, Instant now) {
    switch (opened.age) {
        case PathEpochs::Age::next:
            begin_epoch(now);
            has_answered_ = true;
            return true;
        case PathEpochs::Age::present:
            empties_.reset();
            // The other end sends those until it is answered.
            return has_answered_ && opened.inner.empty();
        case PathEpochs::Age::before:
            // The other end has not heard of the present epoch yet.
            if (empties_) {
                empties_->resume(now);
            }
            return false;
    }
    return false;
}

void KeyExchange::begin_epoch(Instant now) {
    since_ = now;
    ask_.reset();
    answer_.reset();
    empties_.reset();
}

}  // namespace ntm::client
