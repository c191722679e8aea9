// SPDX-License-Identifier: BSD-3-Clause
// When to repeat what has not been answered (docs/protocol.md section 4): first after twice the
// round-trip time, within 50 to 250 ms and 100 ms if that is unknown, then 1.5 times longer each up
// to 500 ms, 10 % jitter, for 10 s.
#pragma once

#include "common/base/random.hpp"
#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace ntm::client {

class Retransmission {
  public:
    static constexpr Duration limit = std::chrono::seconds{10};

    // The first try is due at once.
    Retransmission(std::optional<Duration> round_trip, Instant now) noexcept
        : wait_{first_wait(round_trip)}, due_{now}, ends_{now + limit} {}

    [[nodiscard]] bool is_due(Instant now) const noexcept { return now >= due_ && !is_over(now); }
    [[nodiscard]] bool is_over(Instant now) const noexcept { return now >= ends_; }
    // When the next try is due, or when it is over.
    [[nodiscard]] Instant next() const noexcept { return std::min(due_, ends_); }
    [[nodiscard]] Instant end() const noexcept { return ends_; }
    [[nodiscard]] unsigned tries() const noexcept { return tries_; }

    // The next try is due at once.
    void hurry(Instant now) noexcept { due_ = now; }

    void sent(RandomSource& random, Instant now) {
        ++tries_;
        const auto tenth = static_cast<std::uint64_t>(wait_.count() / 10);
        const Duration jitter{static_cast<Duration::rep>(random.below(2 * tenth + 1))};
        due_ = now + wait_ - Duration{static_cast<Duration::rep>(tenth)} + jitter;
        wait_ = std::min<Duration>(wait_ * 3 / 2, std::chrono::milliseconds{500});
    }

  private:
    [[nodiscard]] static Duration first_wait(std::optional<Duration> round_trip) noexcept {
        using std::chrono::milliseconds;
        if (!round_trip) {
            return milliseconds{100};
        }
        return std::clamp<Duration>(*round_trip * 2, milliseconds{50}, milliseconds{250});
    }

    Duration wait_;
    Instant due_;
    Instant ends_;
    unsigned tries_ = 0;
};

}  // namespace ntm::client
