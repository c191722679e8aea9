// SPDX-License-Identifier: BSD-3-Clause
// Lends inquiries to the workers of the RS-N, one inquiry at a time to one worker after the other, and
// tells who asked when all have added what they have. One that a worker has stays here until he is done
// with it, however long nobody waits for it any more. The workers have stopped before this goes.
#pragma once

#include "common/base/time.hpp"
#include "rs-dataplane/relay/inquiry.hpp"
#include "rs-dataplane/relay/subscriber_orders.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace ntm::control {

class InquiryDesk {
  public:
    // A worker goes through all sessions that there can be within a second.
    static constexpr Duration patience = std::chrono::seconds{5};

    InquiryDesk(relay::SubscriberOrders* orders, std::size_t workers)
        : orders_{orders}, workers_{workers} {}

    // `tell` is called once, by tend(): with the inquiry when it is done, with none if that is not in
    // time.
    template <typename Asked>
    void ask(std::unique_ptr<Asked> inquiry, std::function<void(const Asked*)> tell, Instant now) {
        const Asked* const asked = inquiry.get();
        waiting_.push_back(
            {std::move(inquiry),
             [asked, tell = std::move(tell)](bool is_done) { tell(is_done ? asked : nullptr); },
             now + patience}
        );
    }
    void tend(Instant now);

  private:
    struct Waiting {
        std::unique_ptr<relay::Inquiry> inquiry;
        std::function<void(bool is_done)> tell;  // empty: has been called
        Instant until;
        std::size_t worker = 0;  // that has it, or is the next to have it
    };
    void take_back();
    void give_up(Instant now);
    void lend();

    relay::SubscriberOrders* orders_;
    std::size_t workers_;
    std::optional<Waiting> lent_;
    std::deque<Waiting> waiting_;
};

}  // namespace ntm::control
