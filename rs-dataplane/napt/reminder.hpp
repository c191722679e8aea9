// SPDX-License-Identifier: BSD-3-Clause
// Of what goes on and on: when to tell of it, the first time at once, then again in a while.
#pragma once

#include "common/base/time.hpp"

#include <chrono>

namespace ntm::napt {

class Reminder {
  public:
    // True: to be told now.
    [[nodiscard]] bool take(Instant now) noexcept {
        if (now < next_) {
            return false;
        }
        next_ = now + interval;
        return true;
    }
    static constexpr Duration interval = std::chrono::minutes{1};

  private:
    Instant next_;
};

}  // namespace ntm::napt
