// SPDX-License-Identifier: BSD-3-Clause
// A worker over DPDK's ring device, which gives back what is sent.
#pragma once

#include "common/packet/packet_builder.hpp"
#include "rs-dataplane/dpdk/worker.hpp"
#include "tests/unit/rs-dataplane/relay/world.hpp"

#include <gtest/gtest.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

namespace ntm::dpdk::testing {

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
        settings_.may_sleep = false;
        settings_.ports = {{port_->mac()}};
        settings_.next_hops = {{{port_->mac(), port_->mac()}, 0, 1500, true}};
        settings_.punt_budgets.fill({1'000'000, 1'000'000});
        settings_.cookies_per_ipv4_source = {1'000'000, 1'000'000};
        settings_.cookies = {1'000'000, 1'000'000};
    }
    void SetUp() override { worker_.emplace(parts()); }
    // By the settings as they are then.
    [[nodiscard]] Worker::Parts parts() {
        box_.emplace(*period_, std::make_unique<const relay::Settings>(settings_));
        return {
            .pipeline = {table_->reader(), paths_.data(), &counters_, &key_, 1},
            .settings = relay::SettingsBox::Reader{*box_},
            .grace_period = period_->worker(0),
            .rings = rings_->worker(0),
            .queues = port_->queue_pairs(),
            .buffers = buffers_};
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
        std::uint64_t ended = counters_.transmitted.value() + counters_.held.value();
        for (const relay::Counter& counter : counters_.punted) {
            ended += counter.value();
        }
        for (const relay::Counter& counter : counters_.dropped) {
            ended += counter.value();
        }
        const std::uint64_t begun =
            counters_.received.value() + counters_.injected.value() + counters_.made.value();
        EXPECT_EQ(begun, ended);
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
    relay::Settings settings_ = settings();
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

}  // namespace ntm::dpdk::testing
