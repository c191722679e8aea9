// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/subscriber_ring.hpp"

#include <type_traits>
#include <variant>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

namespace ntm::dpdk {

namespace {

constexpr unsigned order_size = sizeof(relay::SubscriberOrder);
// What the ring copies.
static_assert(std::is_trivially_copyable_v<relay::SubscriberOrder> && order_size % 4 == 0);

// To whom it goes.
struct Addressee {
    relay::WorkerNumber workers;

    relay::WorkerNumber operator()(const relay::Inquire& order) const { return order.worker; }
    template <typename Order>
    relay::WorkerNumber operator()(const Order& order) const {
        return relay::owner_of(order.number, workers);
    }
};

}  // namespace

Result<std::unique_ptr<SubscriberRing>, std::string> SubscriberRing::create(std::size_t worker) {
    rte_ring* ring = rte_ring_create_elem(
        ("ntm_subscribers_" + std::to_string(worker)).c_str(),
        order_size,
        size,
        static_cast<int>(rte_socket_id()),
        RING_F_SP_ENQ | RING_F_SC_DEQ
    );
    if (ring == nullptr) {
        return Unexpected{std::string{"no memory for a ring: "} + rte_strerror(rte_errno)};
    }
    return std::unique_ptr<SubscriberRing>{new SubscriberRing{ring}};
}

SubscriberRing::~SubscriberRing() {
    rte_ring_free(ring_);
}

bool SubscriberRing::put(const relay::SubscriberOrder& order) noexcept {
    return rte_ring_sp_enqueue_elem(
               ring_, const_cast<relay::SubscriberOrder*>(&order), order_size
           ) == 0;
}

std::size_t SubscriberRing::take(std::span<relay::SubscriberOrder> orders) noexcept {
    return rte_ring_sc_dequeue_burst_elem(
        ring_, orders.data(), order_size, static_cast<unsigned>(orders.size()), nullptr
    );
}

Result<std::unique_ptr<SubscriberRings>, std::string> SubscriberRings::create(std::size_t workers) {
    auto made = std::make_unique<SubscriberRings>();
    for (std::size_t worker = 0; worker < workers; ++worker) {
        auto ring = SubscriberRing::create(worker);
        if (!ring) {
            return Unexpected{ring.error()};
        }
        made->rings_.push_back(*std::move(ring));
    }
    return made;
}

bool SubscriberRings::put(const relay::SubscriberOrder& order) {
    const Addressee addressee{static_cast<relay::WorkerNumber>(rings_.size())};
    return rings_[std::visit(addressee, order)]->put(order);
}

}  // namespace ntm::dpdk
