// SPDX-License-Identifier: BSD-3-Clause
// Orders about subscribers on their way from the control thread to the worker of the RS-N.
#pragma once

#include "common/base/result.hpp"
#include "rs-dataplane/relay/subscriber_orders.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct rte_ring;

namespace ntm::dpdk {

class SubscriberRing final : public relay::SubscriberOrders {
  public:
    // Needs EAL.
    [[nodiscard]] static Result<std::unique_ptr<SubscriberRing>, std::string> create();
    ~SubscriberRing() override;

    [[nodiscard]] bool put(const relay::SubscriberOrder& order) override;
    // The worker's end: fills in what there is and returns how many.
    [[nodiscard]] std::size_t take(std::span<relay::SubscriberOrder> orders) noexcept;

    static constexpr unsigned size = 1024;

  private:
    explicit SubscriberRing(rte_ring* ring) noexcept : ring_{ring} {}
    rte_ring* ring_;  // owned
};

}  // namespace ntm::dpdk
