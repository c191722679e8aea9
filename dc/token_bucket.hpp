// SPDX-License-Identifier: BSD-3-Clause
// A limit of so many events a second with a burst of one second's worth, which can say when there will
// be room, as the buckets of common/base/rate_limit.hpp can not.
#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <cstdint>

namespace ntm::dc {

class TokenBucket {
  public:
    // `per_second` is not 0.
    explicit TokenBucket(std::uint32_t per_second) noexcept : TokenBucket{per_second, per_second} {}
    TokenBucket(std::uint32_t per_second, std::uint32_t burst) noexcept
        : cost_{Duration{std::chrono::seconds{1}} / per_second}, room_{cost_ * burst} {}

    // Whether one more may happen at `now`; counts it if so.
    [[nodiscard]] bool take(Instant now) noexcept {
        if (!has_room(now)) {
            return false;
        }
        // Virtual scheduling (the leaky bucket of ITU-T I.371): the time at which all is repaid.
        repaid_at_ = std::max(repaid_at_, now) + cost_;
        return true;
    }
    [[nodiscard]] bool has_room(Instant now) const noexcept {
        return std::max(repaid_at_, now) + cost_ <= now + room_;
    }
    // The first instant at which there is room.
    [[nodiscard]] Instant room_at() const noexcept { return repaid_at_ + cost_ - room_; }

  private:
    Duration cost_;
    Duration room_;
    Instant repaid_at_;
};

}  // namespace ntm::dc
