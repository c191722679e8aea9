// SPDX-License-Identifier: BSD-3-Clause
// Two workers whose bindings change all the time, and a control thread that asks about them: by the real
// rings, desk and inquiries. Built with -Db_sanitize=thread this shows that nobody touches what is
// another's, be the answer in time or not.
#include "control/inquiry_desk.hpp"
#include "rs-dataplane/dpdk/subscriber_ring.hpp"
#include "rs-dataplane/relay/inquiries.hpp"
#include "rs-dataplane/relay/rs_n.hpp"

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::concurrency {
namespace {

constexpr std::uint32_t most_sessions = 400;
constexpr std::size_t worker_count = 2;
constexpr Instant start{std::chrono::seconds{1000}};

// Each worker has one subscriber, whose number is its own.
relay::SubscriberName subscriber_of(std::size_t worker) {
    const auto number = static_cast<std::uint8_t>(worker);
    return {number, {{198, 18, 0, number}}, {}};
}

napt::Bindings::Plan plan() {
    napt::Bindings::Plan made;
    made.subscribers = 4;
    made.mappings = 1024;
    made.sessions = 1024;
    made.ipv4 = {.addresses = 1, .first_port = 1024, .blocks_each = 64, .block_size = 64};
    made.ipv6.addresses = 0;
    made.times.udp = std::chrono::seconds{1};
    return made;
}

// Opens sessions by the side door, as packets would, and lets them end.
class Worker {
  public:
    Worker(dpdk::SubscriberRing& ring, std::size_t number) : ring_{ring} {
        auto bindings = napt::Bindings::make(plan(), random_);
        bindings_ = bindings.get();
        rs_n_ = std::make_unique<relay::RsN>(relay::RsN::Parts{
            std::move(bindings),
            napt::PublicAddresses{{{{192, 0, 2, 1}}}, {}},
            crypto::BurstCipher::create().value(),
            relay::FragmentGatherer::make({}, counters, 1),
            plan().subscribers,
            &counters});
        const relay::SubscriberName name = subscriber_of(number);
        rs_n_->carry_out(
            relay::OpenSubscriber{name.number, name.vipv4, name.vipv6, {1024, most_sessions}}, now_
        );
    }
    void run(const std::atomic<bool>& is_over) {
        while (!is_over.load(std::memory_order_relaxed)) {
            std::array<relay::SubscriberOrder, 8> orders;
            for (const auto& order : std::span{orders}.first(ring_.take(orders))) {
                rs_n_->carry_out(order, now_);
            }
            open_some();
            now_ += std::chrono::milliseconds{1};
            rs_n_->tend(now_);
            if (random_.below(16) == 0) {
                std::this_thread::yield();
            }
        }
    }

    relay::WorkerCounters counters;

  private:
    void open_some() {
        const napt::InsideTuple tuple{
            {random_.below(256), 0}, 0, static_cast<std::uint16_t>(random_.below(256)), 443};
        static_cast<void>(bindings_->outbound(bindings_->lookup(tuple), {PathId{1}}, {}, now_));
    }

    SeededRandom random_{1};
    Instant now_ = start;
    dpdk::SubscriberRing& ring_;
    napt::Bindings* bindings_ = nullptr;
    std::unique_ptr<relay::RsN> rs_n_;
};

class Control {
  public:
    explicit Control(relay::SubscriberOrders& orders) : desk_{&orders, worker_count} {}

    void ask(Instant now) {
        std::vector<relay::SubscriberName> all;
        for (std::size_t worker = 0; worker < worker_count; ++worker) {
            all.push_back(subscriber_of(worker));
            const relay::SessionInquiry::Wanted wanted{all.back(), 0, most_sessions};
            desk_.ask<relay::SessionInquiry>(
                std::make_unique<relay::SessionInquiry>(wanted),
                [this](const relay::SessionInquiry* done) { take(done); },
                now
            );
        }
        desk_.ask<relay::UsageInquiry>(
            std::make_unique<relay::UsageInquiry>(std::move(all), 64),
            [this](const relay::UsageInquiry* done) { take(done); },
            now
        );
        asked_ += worker_count + 1;
    }
    // Until all who asked have been told.
    void finish() {
        while (told_ + late_ < asked_) {
            desk_.tend(start);
            std::this_thread::yield();
        }
    }
    void tend(Instant now) { desk_.tend(now); }

    [[nodiscard]] std::size_t told() const noexcept { return told_; }
    [[nodiscard]] std::size_t late() const noexcept { return late_; }
    [[nodiscard]] std::size_t sessions() const noexcept { return sessions_; }

  private:
    void take(const relay::SessionInquiry* done) {
        count(done != nullptr);
        if (done != nullptr) {
            EXPECT_TRUE(done->is_open());
            EXPECT_LE(done->total(), most_sessions);
            for (const auto& found : done->found()) {
                EXPECT_EQ(found.session.remote_port, 443);
            }
            sessions_ += done->found().size();
        }
    }
    void take(const relay::UsageInquiry* done) {
        count(done != nullptr);
        if (done != nullptr) {
            for (const auto& usage : done->found()) {
                EXPECT_TRUE(usage.is_open);
                EXPECT_EQ(usage.blocks.empty(), usage.ports == 0);
            }
        }
    }
    void count(bool is_done) { (is_done ? told_ : late_) += 1; }

    control::InquiryDesk desk_;
    std::size_t asked_ = 0;
    std::size_t told_ = 0;
    std::size_t late_ = 0;
    std::size_t sessions_ = 0;
};

TEST(InquiryThreads, NobodyTouchesWhatIsAnothers) {
    const auto rings = std::move(*dpdk::SubscriberRings::create(worker_count));
    std::deque<Worker> workers;
    for (std::size_t number = 0; number < worker_count; ++number) {
        workers.emplace_back(rings->of(number), number);
    }
    Control control{*rings};
    std::atomic<bool> is_over{false};
    std::vector<std::thread> threads;
    threads.reserve(workers.size());
    for (Worker& worker : workers) {
        threads.emplace_back([&] { worker.run(is_over); });
    }
    for (int i = 0; i < 100; ++i) {
        control.ask(start);
        control.finish();
        EXPECT_LE(workers.back().counters.napt.sessions.value(), most_sessions);
    }
    const std::size_t in_time = control.told();
    // Nobody waits for these any more by the time that a worker has the first of them.
    for (int i = 0; i < 100; ++i) {
        control.ask(start);
        control.tend(start);
        control.tend(start + control::InquiryDesk::patience);
    }
    control.ask(start);
    control.finish();
    is_over.store(true, std::memory_order_relaxed);
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(in_time, 300U);
    EXPECT_GT(control.late(), 0U);
    EXPECT_GT(control.sessions(), 200U);
}

}  // namespace
}  // namespace ntm::concurrency
