// SPDX-License-Identifier: BSD-3-Clause
// Orders about subscribers on their way from the control thread to the workers of the RS-N.
#pragma once

#include "common/base/result.hpp"
#include "rs-dataplane/relay/subscriber_orders.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct rte_ring;

namespace ntm::dpdk {

// To one worker.
class SubscriberRing {
  public:
    // Needs EAL.
    [[nodiscard]] static Result<std::unique_ptr<SubscriberRing>, std::string> create(
        std::size_t worker
    );
    SubscriberRing(const SubscriberRing&) = delete;
    SubscriberRing& operator=(const SubscriberRing&) = delete;
    ~SubscriberRing();

    [[nodiscard]] bool put(const relay::SubscriberOrder& order) noexcept;
    // The worker's end: fills in what there is and returns how many.
    [[nodiscard]] std::size_t take(std::span<relay::SubscriberOrder> orders) noexcept;

    static constexpr unsigned size = 1024;

  private:
    explicit SubscriberRing(rte_ring* ring) noexcept : ring_{ring} {}
    rte_ring* ring_;  // owned
};

class SubscriberRings final : public relay::SubscriberOrders {
  public:
    [[nodiscard]] static Result<std::unique_ptr<SubscriberRings>, std::string> create(
        std::size_t workers
    );
    [[nodiscard]] bool put(const relay::SubscriberOrder& order) override;
    [[nodiscard]] SubscriberRing& of(std::size_t worker) noexcept { return *rings_[worker]; }

  private:
    std::vector<std::unique_ptr<SubscriberRing>> rings_;  // by worker
};

}  // namespace ntm::dpdk
