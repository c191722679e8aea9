// SPDX-License-Identifier: BSD-3-Clause
// The workers of a NAPT at the other end of the rings of orders: the one that was lent an inquiry keeps
// it until a test has it finish. The first one answers by real bindings, of 4 public IPv4 addresses with
// 2 blocks of 64 ports each, and no IPv6; others have nothing.
#pragma once

#include "rs-dataplane/relay/subscriber_orders.hpp"
#include "tests/unit/rs-dataplane/napt/world.hpp"

#include <span>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::control {

class FakeNatWorkers final : public relay::SubscriberOrders {
  public:
    [[nodiscard]] bool put(const relay::SubscriberOrder& order) override {
        if (is_full) {
            return false;
        }
        EXPECT_EQ(lent_, nullptr) << "it has one";
        const auto& asked = std::get<relay::Inquire>(order);
        lent_ = asked.inquiry;
        worker_ = asked.worker;
        ++taken_;
        return true;
    }
    [[nodiscard]] bool has_one() const noexcept { return lent_ != nullptr; }
    // Of whoever has it, or had the last one.
    [[nodiscard]] int worker() const noexcept { return worker_; }
    [[nodiscard]] int taken() const noexcept { return taken_; }
    void finish() {
        ASSERT_NE(lent_, nullptr);
        relay::Inquiry* const finished = std::exchange(lent_, nullptr);
        const std::span<const relay::NumberedSubscriber> subscribers{subscribers_};
        const auto known = worker_ == 0 ? subscribers : subscribers.first(0);
        while (!finished->go_on({napt.bindings(), addresses_, known})) {
        }
    }
    // The next number is his.
    napt::Position open(const Ipv4Address& vipv4, const Ipv6Address& vipv6) {
        const napt::Limits limits{200, 300, {1000, 1000}};
        const napt::Position at = napt.bindings().add_subscriber(vipv4, vipv6, limits).value();
        subscribers_.push_back({at, vipv4, vipv6});
        return at;
    }

    napt::World napt{plan()};
    bool is_full = false;

  private:
    [[nodiscard]] static napt::Bindings::Plan plan() {
        napt::Bindings::Plan plan;
        plan.subscribers = 16;
        plan.mappings = 256;
        plan.sessions = 256;
        plan.ipv4 = {.addresses = 4, .first_port = 1024, .blocks_each = 2, .block_size = 64};
        plan.ipv6.addresses = 0;
        return plan;
    }

    napt::PublicAddresses addresses_{
        {{{192, 0, 2, 1}}, {{192, 0, 2, 2}}, {{192, 0, 2, 3}}, {{192, 0, 2, 4}}}, {}};
    std::vector<relay::NumberedSubscriber> subscribers_;
    relay::Inquiry* lent_ = nullptr;
    int worker_ = 0;
    int taken_ = 0;
};

}  // namespace ntm::control
