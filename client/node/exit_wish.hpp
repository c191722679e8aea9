// SPDX-License-Identifier: BSD-3-Clause
// When a node asks for its exit path: as soon as it is registered, and where the DC refuses, again after
// waits that grow. Decides nothing while there is one.
#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>

namespace ntm::client {

class ExitWish {
  public:
    static constexpr Duration shortest_wait = std::chrono::seconds{5};
    static constexpr Duration longest_wait = std::chrono::minutes{1};

    explicit ExitWish(bool is_wanted) noexcept : is_wanted_{is_wanted} {}

    [[nodiscard]] bool is_wanted() const noexcept { return is_wanted_; }
    // There is no exit path, and none is asked for.
    void miss(Instant now) noexcept {
        if (is_wanted_ && !is_asked_ && next_ == Instant::never()) {
            next_ = now;
        }
    }
    [[nodiscard]] Instant next_timeout() const noexcept { return next_; }
    void asked() noexcept {
        is_asked_ = true;
        next_ = Instant::never();
    }
    void refused(Instant now) noexcept {
        is_asked_ = false;
        next_ = now + wait_;
        wait_ = std::min(2 * wait_, longest_wait);
    }
    void fulfilled() noexcept {
        is_asked_ = false;
        next_ = Instant::never();
        wait_ = shortest_wait;
    }

  private:
    bool is_wanted_;
    bool is_asked_ = false;
    Instant next_ = Instant::never();
    Duration wait_ = shortest_wait;
};

}  // namespace ntm::client
