// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/way_pulse.hpp"

#include <algorithm>
#include <utility>

namespace ntm::client {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration between_timings = seconds{60};
constexpr Duration keep_alive_pause = seconds{15};
constexpr Duration least_pause = seconds{2};
constexpr Duration check_after = milliseconds{300};
constexpr Duration active_for_checks = seconds{2};
constexpr unsigned asks_until_dead = 3;
// The last of them is waited for not quite so long: dead is what was silent for a second, not for 1.2 s.
constexpr Duration least_last_wait = milliseconds{100};
// A dead way is asked on, so that a relay that comes back is found; eagerly while a path needs it.
constexpr Duration wanted_for = seconds{10};
constexpr Duration between_asks_wanted = milliseconds{300};
constexpr Duration between_asks_used = seconds{5};
// Tokens live for 120 s from the relay's clock; this leaves time for the way there.
constexpr Duration token_use = seconds{110};
constexpr std::size_t most_asks = 8;

}  // namespace

WayPulse::WayPulse(const Way& way, const LocalAddress& local, Instant now)
    : way_{way},
      local_{local},
      first_{std::nullopt, now},
      minute_{between_timings},
      pause_{keep_alive_pause},
      last_sent_{now} {}

void WayPulse::note_active(Instant now) noexcept {
    if (!is_active(now, active_for_checks)) {
        active_since_ = now;
    }
    last_active_ = now;
}

void WayPulse::note_heard(Instant now) noexcept {
    last_heard_ = now;
    unanswered_ = 0;
    is_dead_ = false;
}

bool WayPulse::is_active(Instant now, Duration within) const noexcept {
    return active_since_ && now - last_active_ <= within;
}

bool WayPulse::is_silent(Instant now) const noexcept {
    return !has_answered() && first_ask_ && now - *first_ask_ >= check_after;
}

// How long the last ask has before the next one: a check's 300 ms while a path is active.
Duration WayPulse::wait_for_answer() const noexcept {
    const bool is_wanted = is_used_ && is_active(*last_ask_, wanted_for);
    if (is_dead_ || !has_answered()) {
        if (is_wanted) {
            return between_asks_wanted;
        }
        return is_used_ ? between_asks_used : minute_;
    }
    if (!is_wanted) {
        return seconds{1};
    }
    const bool is_last = unanswered_ == asks_until_dead && rtt_;
    return is_last ? std::clamp<Duration>(*rtt_ * 2, least_last_wait, check_after) : check_after;
}

Instant WayPulse::next_timeout() const {
    if (!last_ask_) {
        return first_.next();
    }
    if (!has_answered() && !first_.is_over(*last_ask_ + milliseconds{500})) {
        return first_.next();
    }
    Instant due = *last_ask_ + minute_;
    if (doubted_at_) {
        due = std::min(due, std::max(*doubted_at_, *last_ask_ + check_after));
    }
    if (unanswered_ > 0) {
        due = std::min(due, *last_ask_ + wait_for_answer());
    }
    if (is_used_) {
        due = std::min(due, std::max(last_sent_ + pause_, *last_ask_ + check_after));
    }
    if (is_used_ && !is_dead_ && active_since_ && has_answered()) {
        const Instant check = std::max({*last_heard_, *active_since_, *last_ask_}) + check_after;
        if (check <= last_active_ + active_for_checks) {
            due = std::min(due, check);
        }
    }
    return due;
}

WayPulse::Step WayPulse::handle_timeout(RandomSource& random, Instant now) {
    if (now < next_timeout()) {
        return {};
    }
    Step step;
    if (unanswered_ >= asks_until_dead && !is_dead_) {
        is_dead_ = true;
        step.has_died = true;
    }
    step.ask = ask(random, now);
    return step;
}

std::uint64_t WayPulse::ask(RandomSource& random, Instant now) {
    if (asks_.size() == most_asks) {
        asks_.erase(asks_.begin());
    }
    // Who doubts does not know after which pause the NAT forgot: not after the present one, it seems.
    const Duration pause = doubted_at_ ? pause_ : now - last_sent_;
    asks_.push_back({random.number(), now, pause});
    last_ask_ = now;
    doubted_at_.reset();
    first_ask_ = first_ask_.value_or(now);
    last_sent_ = now;
    ++unanswered_;
    first_.sent(random, now);
    constexpr auto tenth = static_cast<std::uint64_t>(Duration{between_timings}.count() / 10);
    minute_ = between_timings - Duration{static_cast<Duration::rep>(random.below(tenth))};
    return asks_.back().nonce;
}

bool WayPulse::has_asked(std::uint64_t nonce) const noexcept {
    return std::any_of(asks_.begin(), asks_.end(), [nonce](const Ask& ask) {
        return ask.nonce == nonce;
    });
}

WayPulse::Finding WayPulse::handle_answer(const protocol::CookieAnswer& answer, Instant now) {
    const auto asked = std::find_if(asks_.begin(), asks_.end(), [&](const Ask& ask) {
        return ask.nonce == answer.nonce;
    });
    const Duration measured = now - asked->at;
    const Duration pause = asked->pause;
    asks_.erase(asks_.begin(), asked + 1);
    Finding finding;
    finding.is_first = !has_answered() || is_dead_ || !rtt_;
    finding.sight = take_outside(answer.outside, pause);
    rtt_ = rtt_ ? (*rtt_ * 7 + measured) / 8 : measured;
    store_token(answer.token, now);
    note_heard(now);
    return finding;
}

WayPulse::Sight WayPulse::note_outside(const Endpoint& outside, Instant now) noexcept {
    return take_outside(outside, last_heard_ ? now - *last_heard_ : Duration{0});
}

// A NAT that forgot its mapping after this pause shall not see one of that length again.
WayPulse::Sight WayPulse::take_outside(const Endpoint& outside, Duration pause) noexcept {
    const auto before = std::exchange(outside_, outside);
    if (!before) {
        return Sight::first;
    }
    if (*before == outside) {
        return Sight::as_before;
    }
    pause_ = std::min(pause_, std::max<Duration>(least_pause, pause / 2));
    return Sight::changed;
}

void WayPulse::store_token(const crypto::Token& token, Instant now) noexcept {
    token_ = token;
    token_at_ = now;
}

std::optional<crypto::Token> WayPulse::token(Instant now) const noexcept {
    if (!token_ || now - token_at_ > token_use) {
        return std::nullopt;
    }
    return token_;
}

}  // namespace ntm::client
