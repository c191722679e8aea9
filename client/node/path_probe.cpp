// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/path_probe.hpp"

#include <algorithm>

namespace ntm::client {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration between_measurements = seconds{1};
constexpr Duration in_use_for = seconds{2};
constexpr Duration silence = milliseconds{300};
constexpr Duration one_way_silence = seconds{1};
constexpr Duration between_checks = milliseconds{300};
constexpr unsigned checks_until_down = 3;
// A path that is down is probed on while somebody wants to send, so that it is found again.
constexpr Duration wanted_for = seconds{10};
constexpr Duration lost_after = seconds{2};
constexpr std::size_t most_verdicts = 100;

}  // namespace

void PathProbe::note_sent(Instant now) {
    last_use_ = now;
    last_send_ = now;
    if (!unanswered_since_) {
        unanswered_since_ = now;
    }
}

void PathProbe::note_received(Instant now) {
    last_use_ = now;
    note_alive(now);
}

void PathProbe::note_alive(Instant now) noexcept {
    quiet_since_ = now;
    note_alive();
}

void PathProbe::note_alive() noexcept {
    unanswered_since_.reset();
    last_check_.reset();
    checks_ = 0;
    is_down_ = false;
}

void PathProbe::hint(Instant now) noexcept {
    if (is_down_) {
        last_check_ = now - between_checks;
        last_send_ = now;
    }
}

void PathProbe::restart() noexcept {
    note_alive();
}

void PathProbe::judge_anew(Instant now) noexcept {
    const bool had_no_answer = unanswered_since_.has_value();
    note_alive();
    if (had_no_answer) {
        unanswered_since_ = now;
    }
}

// While the path is in use, once a second.
Instant PathProbe::next_measurement() const {
    if (!last_use_ || is_down_) {
        return Instant::never();
    }
    const Instant due =
        last_probe_ ? std::max(*last_probe_ + between_measurements, *last_use_) : *last_use_;
    return due <= *last_use_ + in_use_for ? due : Instant::never();
}

Instant PathProbe::next_check() const {
    if (is_down_) {
        const Instant due = *last_check_ + between_checks;
        return due <= *last_send_ + wanted_for ? due : Instant::never();
    }
    if (!unanswered_since_) {
        return Instant::never();
    }
    return checks_ == 0 ? *unanswered_since_ + one_way_silence : *last_check_ + between_checks;
}

Instant PathProbe::next_silence() const {
    if (!quiet_since_ || !last_use_ || is_down_) {
        return Instant::never();
    }
    const Instant due = *quiet_since_ + silence;
    return due <= *last_use_ + in_use_for ? due : Instant::never();
}

Instant PathProbe::next_timeout() const {
    const Instant expiry =
        outstanding_.empty() ? Instant::never() : outstanding_.front().at + lost_after;
    return std::min({next_measurement(), next_check(), next_silence(), expiry});
}

PathProbe::Step PathProbe::handle_timeout(RandomSource& random, Instant now) {
    expire(now);
    Step step;
    if (now >= next_silence()) {
        quiet_since_ = now;
        step.is_silent = true;
    }
    const bool is_check_due = now >= next_check();
    if (!is_check_due && now < next_measurement()) {
        return step;
    }
    if (is_check_due) {
        last_check_ = now;
        if (!is_down_ && checks_ == checks_until_down) {
            is_down_ = true;
            step.went_down = true;
        }
        checks_ = std::min(checks_ + 1, checks_until_down);
    }
    last_probe_ = now;
    outstanding_.push_back({random.number(), now});
    step.probe = outstanding_.back().nonce;
    return step;
}

bool PathProbe::handle_answer(std::uint64_t nonce, Instant now) {
    const auto probe =
        std::find_if(outstanding_.begin(), outstanding_.end(), [nonce](const Probe& at) {
            return at.nonce == nonce;
        });
    if (probe == outstanding_.end()) {
        return false;
    }
    const Duration measured = now - probe->at;
    rtt_ = rtt_ ? (*rtt_ * 7 + measured) / 8 : measured;
    outstanding_.erase(probe);
    judge(false);
    note_alive(now);
    return true;
}

void PathProbe::expire(Instant now) {
    while (!outstanding_.empty() && now - outstanding_.front().at >= lost_after) {
        outstanding_.pop_front();
        judge(true);
    }
}

void PathProbe::judge(bool is_lost) {
    if (verdicts_.size() == most_verdicts) {
        verdicts_.pop_front();
    }
    verdicts_.push_back(is_lost);
}

std::optional<unsigned> PathProbe::loss_permille() const noexcept {
    if (verdicts_.empty()) {
        return std::nullopt;
    }
    const auto lost = std::count(verdicts_.begin(), verdicts_.end(), true);
    return static_cast<unsigned>(lost * 1000 / static_cast<std::ptrdiff_t>(verdicts_.size()));
}

}  // namespace ntm::client
