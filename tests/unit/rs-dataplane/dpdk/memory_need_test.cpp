// SPDX-License-Identifier: BSD-3-Clause
// What a relay is said to need, beside what is taken. That of a whole relay tests/config/plan_test.py
// checks. F-33.
#include "rs-dataplane/dpdk/memory_need.hpp"

#include "rs-dataplane/dpdk/hand_over_rings.hpp"
#include "rs-dataplane/dpdk/subscriber_ring.hpp"

#include <gtest/gtest.h>

#include <rte_lcore.h>
#include <rte_malloc.h>

namespace ntm::dpdk {
namespace {

constexpr std::size_t workers = 4;

std::size_t allocated() {
    rte_malloc_socket_stats stats{};
    EXPECT_EQ(rte_malloc_get_socket_stats(static_cast<int>(rte_socket_id()), &stats), 0);
    return stats.heap_allocsz_bytes;
}

TEST(MemoryNeed, HasTheRingsToWorkers) {
    const std::size_t before = allocated();
    const auto hand_over = HandOverRings::create(workers);
    const auto orders = SubscriberRings::create(workers);
    ASSERT_TRUE(hand_over && orders);
    const std::size_t taken = allocated() - before;
    std::size_t planned = 0;
    const RelaySize size{.workers = workers, .napt = napt::Bindings::Plan{}};
    for (const MemoryNeed::Part& part : memory_need(size, Pages::ordinary).parts) {
        planned += part.what == "rings to workers" && part.is_of_eal ? part.bytes : 0;
    }
    // Each has headers of the heap's own, and an entry in a list.
    EXPECT_LE(planned, taken);
    EXPECT_GE(planned + 2 * workers * 512, taken);
}

TEST(MemoryNeed, HasABufferForEachPlaceInThem) {
    EXPECT_EQ(
        buffers_needed(1, workers, true) - buffers_needed(1, workers, false),
        workers * HandOverRings::size
    );
    EXPECT_EQ(buffers_needed(1, 1, true), buffers_needed(1, 1, false)) << "it hands nothing over";
}

}  // namespace
}  // namespace ntm::dpdk
