// SPDX-License-Identifier: BSD-3-Clause
#include "control/hop_sweep.hpp"

namespace ntm::control {

void HopSweep::look(Instant now) {
    const bool is_early = begun_ && now < *begun_ + interval;
    if (phase_ != Phase::idle || is_early || !numbers_->is_sweep_due()) {
        return;
    }
    begun_ = now;
    phase_ = Phase::walking;
    numbers_->begin_sweep();
    hooks_.walk();
}

void HopSweep::go_on(bool is_settled) {
    if (phase_ == Phase::walking && is_settled) {
        if (!numbers_->end_sweep()) {
            phase_ = Phase::idle;
            return;
        }
        hooks_.publish();
        token_ = hooks_.start();
        phase_ = Phase::grace;
        return;
    }
    if (phase_ != Phase::grace || !hooks_.has_ended(token_)) {
        return;
    }
    phase_ = Phase::idle;
    const HopNumbers::Freed freed = numbers_->free_swept();
    for (const Neighbour& neighbour : freed.neighbours) {
        hooks_.forget(neighbour);
    }
    if (freed.was_full) {
        hooks_.walk();
    }
}

}  // namespace ntm::control
