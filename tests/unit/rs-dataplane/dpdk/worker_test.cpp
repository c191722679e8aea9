// SPDX-License-Identifier: BSD-3-Clause
// The glue over DPDK's ring device, which gives back what is sent: buffers, queues, rings, and the
// two drop reasons that only the glue gives.
#include "rs-dataplane/dpdk/worker.hpp"

#include "common/packet/packet_builder.hpp"
#include "tests/unit/rs-dataplane/relay/world.hpp"

#include <gtest/gtest.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

namespace ntm::dpdk {
namespace {

using namespace relay::testing;

class KeepingSink final : public relay::PuntSink {
  public:
    void take(const relay::PuntedFrame& frame) override {
        frames.push_back({frame.bytes.begin(), frame.bytes.end()});
        last_class = frame.punt_class;
    }
    std::vector<Bytes> frames;
    relay::PuntClass last_class = relay::PuntClass::leg;
};

class WorkerTest : public ::testing::Test {
  protected:
    static constexpr unsigned buffer_count = 8191;

    WorkerTest() {
        PortConfig config;
        config.kind = PortKind::vdev;
        config.device = "net_ring_" + std::to_string(++made);
        port_.emplace(std::move(*Port::open(config, {0, buffers_, &warnings_})));
        relay::Settings now = settings();
        now.may_sleep = false;
        now.ports = {{port_->mac()}};
        now.next_hops = {{{port_->mac(), port_->mac()}, 0, 1500, true}};
        now.punt_budgets.fill({1'000'000, 1'000'000});
        now.cookies_per_ipv4_source = {1'000'000, 1'000'000};
        now.cookies = {1'000'000, 1'000'000};
        box_.emplace(*period_, std::make_unique<const relay::Settings>(now));
        worker_.emplace(Worker::Parts{
            .pipeline = {table_->reader(), paths_.data(), &counters_, &key_, 1},
            .settings = relay::SettingsBox::Reader{*box_},
            .grace_period = period_->worker(0),
            .rings = rings_->worker(0),
            .queues = port_->queue_pairs()});
    }
    void TearDown() override {
        worker_.reset();
        port_->close();
        rings_.reset();
        // Whatever happened, no buffer may be lost.
        EXPECT_EQ(rte_mempool_avail_count(buffers_), buffer_count);
        rte_mempool_free(buffers_);
    }

    // Lets `frame` arrive as often; returns how many the device took.
    unsigned arrive(const Bytes& frame, unsigned times) {
        const QueuePair& queue = port_->queue_pairs()[0];
        for (unsigned i = 0; i < times; ++i) {
            rte_mbuf* buffer = rte_pktmbuf_alloc(buffers_);
            char* to = rte_pktmbuf_append(buffer, static_cast<std::uint16_t>(frame.size()));
            std::copy(frame.begin(), frame.end(), to);
            if (rte_eth_tx_burst(queue.device, queue.queue, &buffer, 1) == 0) {
                rte_pktmbuf_free(buffer);
                return i;
            }
        }
        return times;
    }
    void drain() {
        std::array<rte_mbuf*, burst_size> frames;
        const QueuePair& queue = port_->queue_pairs()[0];
        while (const unsigned count =
                   rte_eth_rx_burst(queue.device, queue.queue, frames.data(), burst_size)) {
            rte_pktmbuf_free_bulk(frames.data(), count);
        }
    }
    [[nodiscard]] std::uint64_t dropped(DropReason reason) const {
        return counters_.dropped[static_cast<std::size_t>(reason)].value();
    }
    void expect_balance() const {
        std::uint64_t ended = counters_.transmitted.value();
        for (const relay::Counter& counter : counters_.punted) {
            ended += counter.value();
        }
        for (const relay::Counter& counter : counters_.dropped) {
            ended += counter.value();
        }
        EXPECT_EQ(counters_.received.value() + counters_.injected.value(), ended);
    }
    [[nodiscard]] PacketBuilder to_us() const { return eth().to_mac(port_->mac()); }
    [[nodiscard]] Bytes cookie_ask() const {
        return to_us()
            .ipv4("192.0.2.10", "198.51.100.20")
            .udp(4000, 9770)
            .ntm({0}, 4)
            .payload_of(56)
            .build();
    }
    [[nodiscard]] static Bytes arp() {
        return eth()
            .to_mac({{255, 255, 255, 255, 255, 255}})
            .ethertype(0x0806)
            .payload_of(28)
            .build();
    }

    static inline int made = 0;
    std::vector<std::string> warnings_;
    rte_mempool* buffers_ = rte_pktmbuf_pool_create(
        ("buffers" + std::to_string(made)).c_str(), buffer_count, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0
    );
    std::optional<Port> port_;
    std::unique_ptr<tables::GracePeriod> period_ = std::move(*tables::GracePeriod::create(1));
    std::unique_ptr<tables::RelayTable> table_ =
        std::move(*tables::RelayTable::create(16, tables::OwnAddresses{own_list()}, *period_));
    std::vector<relay::PathCounters> paths_{table_->slot_count()};
    relay::WorkerCounters counters_;
    Secret<16> key_;
    std::unique_ptr<ExceptionRings> rings_ = std::move(*ExceptionRings::create(1, 1, buffers_));
    std::optional<relay::SettingsBox> box_;
    std::optional<Worker> worker_;
};

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
}  // namespace ntm::dpdk
