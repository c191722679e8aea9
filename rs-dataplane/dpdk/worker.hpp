// SPDX-License-Identifier: BSD-3-Clause
// One lcore that polls its queue of every port, runs the pipeline on each burst to the end, and
// carries the fates out. It holds no pointer into tables or settings between rounds, reports that,
// and is offline while it sleeps for want of work.
#pragma once

#include "rs-dataplane/dpdk/exception_rings.hpp"
#include "rs-dataplane/dpdk/hand_over_rings.hpp"
#include "rs-dataplane/dpdk/port.hpp"
#include "rs-dataplane/dpdk/subscriber_ring.hpp"
#include "rs-dataplane/dpdk/tsc_clock.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/pipeline.hpp"
#include "rs-dataplane/relay/settings_box.hpp"
#include "rs-dataplane/tables/grace_period.hpp"

#include <array>
#include <atomic>
#include <span>
#include <vector>

struct rte_mempool;

namespace ntm::dpdk {

class Worker final : private relay::MadeFrames {
  public:
    struct Parts {
        relay::Pipeline::Parts pipeline;
        relay::SettingsBox::Reader settings;
        tables::GracePeriod::Worker grace_period;
        WorkerRings rings;
        std::vector<QueuePair> queues;          // by port of the configuration
        SubscriberRing* subscribers = nullptr;  // of the pipeline's RS-N
        std::size_t number = 0;
        HandOverRings* hand_over = nullptr;  // of an RS-N with several workers
        rte_mempool* buffers = nullptr;      // of the frames that an RS-N makes
    };
    explicit Worker(const Parts& parts);
    ~Worker() override = default;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // Returns soon after stop(), which another thread calls.
    void run() noexcept;
    void stop() noexcept { is_stopped_.store(true, std::memory_order_relaxed); }

    [[nodiscard]] bool is_asleep() const noexcept {
        return is_asleep_.load(std::memory_order_relaxed);
    }
    // One look at every queue and at the injected frames; returns how many frames there were. What
    // run() repeats; for tests.
    std::size_t poll(Instant now) noexcept;

  private:
    // Frames collected for a place until the burst is done.
    struct Outbox {
        std::array<rte_mbuf*, burst_size> frames;
        std::uint16_t count = 0;
        void add(rte_mbuf* frame) noexcept { frames[count++] = frame; }
        [[nodiscard]] std::span<rte_mbuf* const> all() const noexcept {
            return {frames.data(), count};
        }
    };
    // Frames for another worker.
    struct HandedOutbox {
        Outbox whole;
        Outbox fragments;
    };
    struct PortOutbox {
        QueuePair queue;
        Outbox outbox;
    };
    std::size_t poll_port(
        std::uint16_t port, const relay::Settings& settings, Instant now
    ) noexcept;
    std::size_t take_over(const relay::Settings& settings, Instant now) noexcept;
    template <typename TagOf>
    void process(
        std::span<rte_mbuf*> buffers, TagOf its_tag, const relay::Settings& settings, Instant now
    ) noexcept;
    [[nodiscard]] bool add_to(Burst& burst) noexcept override;
    void carry_out(Burst& burst) noexcept override;
    std::size_t send_injected() noexcept;
    void carry_out_orders(Instant now);
    void carry_out(const Burst& burst, std::span<rte_mbuf*> buffers) noexcept;
    void send(PortOutbox& out) noexcept;
    void send_all() noexcept;
    void hand_over_punted() noexcept;
    [[nodiscard]] Outbox& handed(const Packet& packet) noexcept;
    void hand_over(std::size_t worker) noexcept;
    // The first `taken` of them are another worker's now.
    void count_handed(Outbox& outbox, std::size_t taken) noexcept;
    void account(std::uint64_t cycles, bool was_busy) noexcept;
    void rest() noexcept;

    relay::Pipeline pipeline_;
    relay::WorkerCounters* counters_;
    relay::SettingsBox::Reader settings_;
    tables::GracePeriod::Worker grace_period_;
    WorkerRings rings_;
    relay::RsN* rs_n_;
    SubscriberRing* subscribers_;
    bool may_sleep_ = true;  // as the settings last said
    std::vector<PortOutbox> ports_;
    std::size_t number_;
    HandOverRings* hand_over_;
    std::vector<HandedOutbox> handed_;  // by worker
    Outbox punted_;
    Outbox given_back_;  // to their pool
    Burst burst_;
    rte_mempool* buffers_;
    std::array<rte_mbuf*, burst_size> made_;  // by their numbers in the burst of MadeFrames
    unsigned idle_rounds_ = 0;
    std::atomic<bool> is_stopped_{false};
    std::atomic<bool> is_asleep_{false};
};

}  // namespace ntm::dpdk
