// SPDX-License-Identifier: BSD-3-Clause
// The lines in the log that a peer can cause as often as it likes: of each kind some at once, and then one
// in so long a time.
#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>

namespace ntm::dc {

class LineLimit {
  public:
    explicit LineLimit(Duration between, int at_once = 1) noexcept
        : between_{between}, room_{between * at_once} {}

    // Whether a line may be written at `now`; counts it if so.
    [[nodiscard]] bool take(Instant now) noexcept {
        const Instant repaid_at = std::max(repaid_at_, now) + between_;
        if (repaid_at > now + room_) {
            return false;
        }
        repaid_at_ = repaid_at;
        return true;
    }

  private:
    Duration between_;
    Duration room_;
    Instant repaid_at_;
};

struct LineLimits {
    LineLimit refusals{std::chrono::seconds{5}};
    LineLimit moves{std::chrono::seconds{5}};
    LineLimit past_runs{std::chrono::minutes{1}};
    LineLimit registrations{std::chrono::seconds{5}, 5};
};

// Of a relay, besides.
struct RelayLineLimits : LineLimits {
    LineLimit silences{std::chrono::seconds{5}, 5};
    LineLimit returns{std::chrono::seconds{5}, 5};
    LineLimit drains{std::chrono::seconds{5}, 5};
    LineLimit restores{std::chrono::seconds{5}, 5};
};

}  // namespace ntm::dc
