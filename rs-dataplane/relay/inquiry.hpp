// SPDX-License-Identifier: BSD-3-Clause
// What the control thread asks about the bindings, which their worker alone may touch. It makes an
// inquiry and lends it to one worker after the other by an order (subscriber_orders.hpp); each adds what
// it has, between bursts, piece by piece, so that no burst waits long, and takes no memory for that.
// When the worker is done, and no sooner, the inquiry is the control thread's again.
#pragma once

#include "common/base/address.hpp"
#include "rs-dataplane/napt/napt.hpp"
#include "rs-dataplane/relay/numbered_subscriber.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <atomic>
#include <span>

namespace ntm::relay {

// As the control thread knows him: another one may have had the number, or have it soon.
struct SubscriberName {
    tables::SubscriberNumber number = 0;
    Ipv4Address vipv4;
    Ipv6Address vipv6;
};

// What a worker looks up.
struct BindingsView {
    const napt::Bindings& bindings;
    const napt::PublicAddresses& addresses;
    std::span<const NumberedSubscriber> subscribers;  // by number

    // nowhere: he is another worker's, or has not been opened yet, or not any more.
    [[nodiscard]] napt::Position find(const SubscriberName& name) const noexcept;
};

class Inquiry {
  public:
    Inquiry() = default;
    Inquiry(const Inquiry&) = delete;
    Inquiry& operator=(const Inquiry&) = delete;
    virtual ~Inquiry() = default;

    // The control thread's, before each worker.
    void begin() noexcept { is_done_.store(false, std::memory_order_relaxed); }
    // The worker's: one piece. True: that was the last, and it lets go of the inquiry.
    [[nodiscard]] bool go_on(const BindingsView& view) noexcept {
        const bool was_last = look(view);
        if (was_last) {
            is_done_.store(true, std::memory_order_release);
        }
        return was_last;
    }
    [[nodiscard]] bool is_done() const noexcept { return is_done_.load(std::memory_order_acquire); }

  private:
    [[nodiscard]] virtual bool look(const BindingsView& view) noexcept = 0;

    std::atomic<bool> is_done_{false};
};

}  // namespace ntm::relay
