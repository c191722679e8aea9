// SPDX-License-Identifier: BSD-3-Clause
// Orders about subscribers on their way from the control thread to the workers of the RS-N.
#pragma once

#include "common/base/result.hpp"
#include "rs-dataplane/dpdk/element_ring.hpp"
#include "rs-dataplane/relay/subscriber_orders.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace ntm::dpdk {

// To one worker.
using SubscriberRing = ElementRing<relay::SubscriberOrder>;

class SubscriberRings final : public relay::SubscriberOrders {
  public:
    // Needs EAL.
    [[nodiscard]] static Result<std::unique_ptr<SubscriberRings>, std::string> create(
        std::size_t workers
    );
    [[nodiscard]] bool put(const relay::SubscriberOrder& order) override;
    [[nodiscard]] SubscriberRing& of(std::size_t worker) noexcept { return rings_[worker]; }

    static constexpr unsigned size = 1024;

  private:
    std::vector<SubscriberRing> rings_;  // by worker
};

}  // namespace ntm::dpdk
