// SPDX-License-Identifier: BSD-3-Clause
// Tells when a DC that has been asked is silent, and when it is heard again: once each.
#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace ntm::client {

class DcSilence {
  public:
    // As long as the relay waits before it says the same, and longer than a DC lets a question wait.
    static constexpr Duration patience = std::chrono::seconds{3};

    // True if that ends a silence that has been told.
    [[nodiscard]] bool heard(Instant now) noexcept {
        heard_at_ = now;
        return std::exchange(is_silent_, false);
    }
    // From has_begun() until it is heard.
    [[nodiscard]] bool is_silent() const noexcept { return is_silent_; }
    // When has_begun() may become true; `asked_at` is the time of the oldest open question.
    [[nodiscard]] Instant next_timeout(std::optional<Instant> asked_at) const noexcept {
        if (is_silent_ || !asked_at) {
            return Instant::never();
        }
        return std::max(*asked_at, heard_at_.value_or(*asked_at)) + patience;
    }
    // True once for a silence.
    [[nodiscard]] bool has_begun(std::optional<Instant> asked_at, Instant now) noexcept {
        if (next_timeout(asked_at) > now) {
            return false;
        }
        is_silent_ = true;
        return true;
    }

  private:
    std::optional<Instant> heard_at_;
    bool is_silent_ = false;
};

}  // namespace ntm::client
