// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/subscriber_ring.hpp"

#include <variant>

namespace ntm::dpdk {

namespace {

// To whom it goes.
struct Addressee {
    relay::WorkerNumber workers;

    template <typename Order>
    relay::WorkerNumber operator()(const Order& order) const {
        if constexpr (requires { order.worker; }) {
            return order.worker;
        } else {
            return relay::owner_of(order.number, workers);
        }
    }
};

}  // namespace

Result<std::unique_ptr<SubscriberRings>, std::string> SubscriberRings::create(std::size_t workers) {
    auto made = std::make_unique<SubscriberRings>();
    for (std::size_t worker = 0; worker < workers; ++worker) {
        auto ring = SubscriberRing::create("ntm_subscribers_" + std::to_string(worker), size);
        if (!ring) {
            return Unexpected{ring.error()};
        }
        made->rings_.push_back(*std::move(ring));
    }
    return made;
}

bool SubscriberRings::put(const relay::SubscriberOrder& order) {
    const Addressee addressee{static_cast<relay::WorkerNumber>(rings_.size())};
    return rings_[std::visit(addressee, order)].put(order);
}

}  // namespace ntm::dpdk
