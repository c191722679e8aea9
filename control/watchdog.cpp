// SPDX-License-Identifier: BSD-3-Clause
#include "control/watchdog.hpp"

#include <utility>

namespace ntm::control {

Watchdog::Finding Watchdog::look(Instant now) {
    if (!token_ || period_.has_ended(*token_)) {
        token_ = period_.start();
        started_ = now;
        return {std::nullopt, std::exchange(stuck_, std::nullopt)};
    }
    if (stuck_ || now < started_ + patience) {
        return {};
    }
    stuck_ = period_.laggard(*token_);
    return {stuck_, std::nullopt};
}

}  // namespace ntm::control
