// SPDX-License-Identifier: BSD-3-Clause
// The glue over DPDK's ring device, which gives back what is sent: buffers, queues, rings, and the
// two drop reasons that only the glue gives.
#include "tests/unit/rs-dataplane/dpdk/worker_world.hpp"

namespace ntm::dpdk::testing {
namespace {

TEST_F(WorkerTest, SendsOnWhatIsRelayed) {
    ASSERT_TRUE(table_->writer().insert(
        {path, {{{true, mn4, rs4, {}, {}, 0}, {true, cn6, rs6, {}, {}, 0}}}}
    ));
    ASSERT_EQ(arrive(data_from(mn4).to_mac(port_->mac()).build(), 1), 1U);
    EXPECT_EQ(worker_->poll(Instant{}), 1U);
    EXPECT_EQ(counters_.transmitted.value(), 1U);
    // The device gives it back: grown by 20 bytes, and IPv6.
    rte_mbuf* frame = nullptr;
    const QueuePair& queue = port_->queue_pairs()[0];
    ASSERT_EQ(rte_eth_rx_burst(queue.device, queue.queue, &frame, 1), 1);
    EXPECT_EQ(frame->pkt_len, data_from(mn4).build().size() + 20);
    EXPECT_EQ(rte_pktmbuf_mtod(frame, std::uint8_t*)[12], 0x86);
    rte_pktmbuf_free(frame);
    expect_balance();
}

TEST_F(WorkerTest, HandsOverPuntedFramesUnchanged) {
    arrive(arp(), 3);
    worker_->poll(Instant{});
    KeepingSink sink;
    EXPECT_EQ(rings_->poll(sink, 2), 2U);
    EXPECT_EQ(rings_->poll(sink, 100), 1U);
    EXPECT_EQ(sink.frames, (std::vector<Bytes>{arp(), arp(), arp()}));
    EXPECT_EQ(sink.last_class, relay::PuntClass::neighbour);
    expect_balance();
}

TEST_F(WorkerTest, SendsWhatTheKernelInjects) {
    const Bytes frame = arp();
    EXPECT_TRUE(rings_->inject(0, frame));
    EXPECT_FALSE(rings_->inject(1, frame));
    EXPECT_FALSE(rings_->inject(0, Bytes(5000)));
    EXPECT_EQ(worker_->poll(Instant{}), 1U);
    EXPECT_EQ(counters_.injected.value(), 1U);
    EXPECT_EQ(counters_.transmitted.value(), 1U);
    drain();
    expect_balance();
}

TEST_F(WorkerTest, CountsPuntRingFull) {
    constexpr unsigned room = ExceptionRings::size - 1;
    unsigned arrived = 0;
    while (arrived < room + 40) {
        arrived += arrive(arp(), std::min(32U, room + 40 - arrived));
        while (worker_->poll(Instant{}) != 0) {
        }
    }
    EXPECT_EQ(
        counters_.punted[static_cast<std::size_t>(relay::PuntClass::neighbour)].value(), room
    );
    EXPECT_EQ(dropped(DropReason::punt_ring_full), 40U);
    expect_balance();
}

//
TEST_F(WorkerTest, CountsTxQueueFull) {
    // The device is full of asks: what one poll takes out, its answers fill again.
    arrive(cookie_ask(), 1 << 13);
    for (std::size_t i = 0; i < burst_size; ++i) {
        ASSERT_TRUE(rings_->inject(0, arp()));
    }
    worker_->poll(Instant{});
    EXPECT_EQ(counters_.cookies_answered.value(), burst_size);
    EXPECT_EQ(dropped(DropReason::tx_queue_full), burst_size);
    drain();
    expect_balance();
}

// F-32.
TEST_F(WorkerTest, GoesOnWithoutFreeBuffersAndRecovers) {
    ASSERT_TRUE(table_->writer().insert(
        {path, {{{true, mn4, rs4, {}, {}, 0}, {true, cn6, rs6, {}, {}, 0}}}}
    ));
    arrive(data_from(mn4).to_mac(port_->mac()).build(), 1);
    arrive(arp(), 1);
    std::vector<rte_mbuf*> hoard;
    while (rte_mbuf* buffer = rte_pktmbuf_alloc(buffers_)) {
        hoard.push_back(buffer);
    }
    ASSERT_EQ(rte_mempool_avail_count(buffers_), 0U);
    EXPECT_FALSE(rings_->inject(0, arp()));
    EXPECT_EQ(worker_->poll(Instant{}), 2U);
    EXPECT_EQ(counters_.transmitted.value(), 1U) << "what has its buffer goes on";
    KeepingSink sink;
    EXPECT_EQ(rings_->poll(sink, 10), 1U);
    // That one's is free again.
    EXPECT_TRUE(rings_->inject(0, arp()));
    EXPECT_FALSE(rings_->inject(0, arp()));
    rte_pktmbuf_free_bulk(hoard.data(), static_cast<unsigned>(hoard.size()));
    EXPECT_TRUE(rings_->inject(0, arp()));
    EXPECT_EQ(worker_->poll(Instant{}), 3U) << "two injected, and one that the device gives back";
    drain();
    expect_balance();
}

TEST_F(WorkerTest, RefusesABufferChain) {
    rte_mbuf* first = rte_pktmbuf_alloc(buffers_);
    rte_mbuf* second = rte_pktmbuf_alloc(buffers_);
    rte_pktmbuf_append(first, 60);
    rte_pktmbuf_append(second, 60);
    rte_pktmbuf_chain(first, second);
    const QueuePair& queue = port_->queue_pairs()[0];
    ASSERT_EQ(rte_eth_tx_burst(queue.device, queue.queue, &first, 1), 1);
    worker_->poll(Instant{});
    EXPECT_EQ(dropped(DropReason::multi_segment), 1U);
    expect_balance();
}

}  // namespace
}  // namespace ntm::dpdk::testing
