// SPDX-License-Identifier: BSD-3-Clause
#include "tests/link/link_model.hpp"

#include <algorithm>
#include <utility>

namespace ntm::link {

namespace {

bool is_among(Share share, SeededRandom& random) {
    return random.below(1'000'000) < share.per_million;
}

// Rounded up: a link is never faster than its rate.
Duration time_of(std::size_t bytes, std::uint64_t rate) noexcept {
    constexpr std::uint64_t bit_nanoseconds = 8ULL * 1'000'000'000;
    return Duration{static_cast<Duration::rep>((bytes * bit_nanoseconds + rate - 1) / rate)};
}

}  // namespace

void LinkModel::take(Frame frame, Instant arrived) {
    ++counters_.taken;
    const Fate fate = draw();
    const auto sent = send(frame.size(), arrived);
    if (!sent || bytes_held_ + 2 * frame.size() > most_bytes_held) {
        ++counters_.overflowed;
        return;
    }
    if (fate.is_lost) {
        ++counters_.lost;
        return;
    }
    Instant due = *sent;
    if (fate.is_reordered) {
        ++counters_.reordered;
    } else {
        last_due_ = std::max(last_due_, *sent + settings_.delay + fate.jitter);
        due = last_due_;
    }
    if (fate.is_duplicated) {
        ++counters_.duplicated;
        bytes_held_ += frame.size();
        held_.emplace(due, frame);
    }
    bytes_held_ += frame.size();
    held_.emplace(due, std::move(frame));
}

Instant LinkModel::due() const noexcept {
    return held_.empty() ? Instant::never() : held_.begin()->first;
}

std::optional<Frame> LinkModel::give(Instant now) {
    if (due() > now) {
        return std::nullopt;
    }
    Frame frame = std::move(held_.begin()->second);
    held_.erase(held_.begin());
    bytes_held_ -= frame.size();
    ++counters_.given;
    return frame;
}

// All of it for each frame, whatever the settings are: under one seed a frame's fate hangs on nothing
// but its number and the shares.
LinkModel::Fate LinkModel::draw() {
    Fate fate;
    fate.is_lost = is_among(settings_.loss, *random_);
    fate.is_duplicated = is_among(settings_.duplicate, *random_);
    fate.is_reordered = is_among(settings_.reorder, *random_);
    const Duration::rep width = 2 * settings_.jitter.count() + 1;
    const auto drawn = random_->below(static_cast<std::uint64_t>(width));
    fate.jitter = Duration{static_cast<Duration::rep>(drawn)} - settings_.jitter;
    return fate;
}

std::optional<Instant> LinkModel::send(std::size_t bytes, Instant arrived) noexcept {
    if (settings_.rate == 0) {
        return arrived;
    }
    const Instant turn = std::max(idle_at_, arrived);
    if (turn - arrived > settings_.queue) {
        return std::nullopt;
    }
    idle_at_ = turn + time_of(bytes, settings_.rate);
    return idle_at_;
}

}  // namespace ntm::link
