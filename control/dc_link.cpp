// SPDX-License-Identifier: BSD-3-Clause
#include "control/dc_link.hpp"

#include <algorithm>

namespace ntm::control {

bool DcLink::admits(const v1::Fence& fence, BootId session, BootId own) {
    if (fence.rs_boot_id() != own.value || fence.dc_boot_id() != session.value) {
        return false;
    }
    if (session == boot_id_) {
        return fence.dc_term() == term_;
    }
    if (!boot_id_.is_zero() && fence.dc_term() <= term_) {
        return false;
    }
    boot_id_ = session;
    term_ = fence.dc_term();
    return true;
}

v1::Fence DcLink::fence(BootId own) const {
    v1::Fence fence;
    fence.set_dc_term(term_);
    fence.set_dc_boot_id(boot_id_.value);
    fence.set_rs_boot_id(own.value);
    return fence;
}

bool DcLink::registered(const v1::Fence& fence, BootId session, BootId own, Instant now) {
    if (fence.rs_boot_id() != own.value || fence.dc_boot_id() != session.value) {
        return false;
    }
    // The answer to our own fresh request says what the term is, even if a DC lost its store and
    // counts from one again.
    boot_id_ = session;
    term_ = fence.dc_term();
    is_registered_ = true;
    next_attempt = Instant::never();
    next_status = now + status_interval;
    return true;
}

bool DcLink::heard(Instant now) {
    const bool is_news = is_reported_ || !was_heard_;
    last_heard_ = now;
    was_heard_ = true;
    is_reported_ = false;
    return is_news;
}

bool DcLink::became_unreachable(Instant now) {
    if (is_reported_ || now < last_heard_ + unreachable_after) {
        return false;
    }
    is_reported_ = true;
    return true;
}

Instant DcLink::next_timeout() const {
    Instant next = std::min(next_attempt, is_registered_ ? next_status : Instant::never());
    if (!is_reported_) {
        next = std::min(next, last_heard_ + unreachable_after);
    }
    return next;
}

}  // namespace ntm::control
