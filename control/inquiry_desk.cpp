// SPDX-License-Identifier: BSD-3-Clause
#include "control/inquiry_desk.hpp"

namespace ntm::control {

void InquiryDesk::tend(Instant now) {
    take_back();
    give_up(now);
    lend();
}

void InquiryDesk::take_back() {
    if (!lent_ || !lent_->inquiry->is_done()) {
        return;
    }
    Waiting back = *std::exchange(lent_, std::nullopt);
    if (!back.tell) {
        return;
    }
    if (++back.worker < workers_) {
        waiting_.push_front(std::move(back));
    } else {
        back.tell(true);
    }
}

void InquiryDesk::give_up(Instant now) {
    if (lent_ && lent_->tell && lent_->until <= now) {
        std::exchange(lent_->tell, nullptr)(false);
    }
    while (!waiting_.empty() && waiting_.front().until <= now) {
        waiting_.front().tell(false);
        waiting_.pop_front();
    }
}

void InquiryDesk::lend() {
    if (lent_ || waiting_.empty()) {
        return;
    }
    const Waiting& next = waiting_.front();
    next.inquiry->begin();
    const auto worker = static_cast<relay::WorkerNumber>(next.worker);
    if (orders_->put(relay::Inquire{worker, next.inquiry.get()})) {
        lent_ = std::move(waiting_.front());
        waiting_.pop_front();
    }
}

}  // namespace ntm::control
