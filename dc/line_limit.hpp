// SPDX-License-Identifier: BSD-3-Clause
// The lines in the log that a peer can cause as often as it likes: of each kind, one in so long a time.
#pragma once

#include "common/base/time.hpp"

#include <chrono>

namespace ntm::dc {

class LineLimit {
  public:
    explicit LineLimit(Duration between) noexcept : between_{between} {}

    // Whether a line may be written at `now`; counts it if so.
    [[nodiscard]] bool take(Instant now) noexcept {
        if (now < next_) {
            return false;
        }
        next_ = now + between_;
        return true;
    }

  private:
    Duration between_;
    Instant next_;
};

struct LineLimits {
    LineLimit refusals{std::chrono::seconds{5}};
    LineLimit moves{std::chrono::seconds{5}};
    LineLimit past_runs{std::chrono::minutes{1}};
};

}  // namespace ntm::dc
