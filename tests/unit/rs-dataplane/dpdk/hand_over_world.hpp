// SPDX-License-Identifier: BSD-3-Clause
// One or two workers of an RS-N, each over DPDK's ring device, and subscribers with exit paths.
#pragma once

#include "common/packet/packet_builder.hpp"
#include "common/protocol/sealed.hpp"
#include "rs-dataplane/dpdk/worker.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_cast.hpp"

#include <gtest/gtest.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

namespace ntm::dpdk::testing {

using namespace relay::testing;

// A subscriber with an exit path, as he is outside.
struct Node {
    tables::SubscriberNumber number;
    IpAddress vip;
    PathId path;
    Secret32 secret{};

    explicit Node(tables::SubscriberNumber its, RandomSource& random)
        : number{its}, vip{address("198.18.0." + std::to_string(its + 1))}, path{100 + its} {
        random.fill(secret.mutable_view());
        sealer.emplace(secret, crypto::Suite::aes_128_gcm, path, Role::initiator);
        opener.emplace(secret, crypto::Suite::aes_128_gcm, path, Role::initiator);
    }
    [[nodiscard]] tables::RelayPath relay_path() const {
        tables::RelayPath made{path, {}};
        made.leg(Role::initiator) = {true, mn4, rs4, {}, {}, 0};
        made.end = tables::PathEnd{number, make_end_keys(secret, path), {}, {0, 0}};
        return made;
    }
    [[nodiscard]] relay::OpenSubscriber opening() const { return {number, vip.ipv4(), {}, {}}; }
    // An IP packet of his, in a frame to the relay.
    [[nodiscard]] Bytes data(const MacAddress& mac, const Bytes& inner) {
        return eth()
            .to_mac(mac)
            .ip(mn4.address, rs4.address)
            .udp(mn4.port.number, rs4.port.number)
            .payload(sealer->seal(inner).value())
            .build();
    }
    [[nodiscard]] Bytes data(const MacAddress& mac, const IpAddress& to, std::uint16_t port) {
        const PacketEnds ends{vip, inside_port, to, port};
        return data(mac, napt::packet_of(napt::Kind::udp, ends, napt::some_payload));
    }
    std::optional<protocol::DataSealer> sealer;
    std::optional<protocol::DataOpener> opener;
};

inline constexpr unsigned buffer_count = 8191;
inline constexpr std::uint16_t first_port = 20000;
inline constexpr std::uint16_t last_port = 20127;

// Of an RS-N, each with a device of its own.
struct Hand {
    std::vector<std::string> warnings;
    std::optional<Port> port;
    relay::WorkerCounters counters;
    std::vector<relay::PathCounters> paths;
    std::unique_ptr<relay::RsN> rs_n;
    std::unique_ptr<Worker> worker;
};

class HandOverTest : public ::testing::Test {
  protected:
    explicit HandOverTest(std::size_t workers = 2, const relay::Reassembly::Plan& fragments = {})
        : fragments_{fragments}, workers_{workers} {
        relay::Settings now = settings();
        now.may_sleep = false;
        now.targets = relay::TargetFilter{own_list()};
        now.public_side = {tables::OwnAddresses{own_list()}, first_port, last_port};
        for (std::size_t number = 0; number < workers_; ++number) {
            PortConfig config;
            config.kind = PortKind::vdev;
            config.device = "net_ring_" + std::to_string(++made);
            Hand& hand = hands_[number];
            hand.port.emplace(std::move(*Port::open(config, {0, buffers_, &hand.warnings})));
        }
        now.ports = {{hands_[0].port->mac()}};
        box_.emplace(*period_, std::make_unique<const relay::Settings>(now));
        for (std::size_t number = 0; number < workers_; ++number) {
            make_worker(number);
        }
    }
    void TearDown() override {
        for (Hand& hand : hands_) {
            hand.worker.reset();
            if (hand.port) {
                hand.port->close();
            }
        }
        rings_.reset();
        hand_over_.reset();
        EXPECT_EQ(free_buffers(), buffer_count);
        rte_mempool_free(buffers_);
    }

    // From a general node, at the first worker.
    [[nodiscard]] Bytes frame_to(std::uint16_t port, std::size_t size) const {
        return eth()
            .to_mac(mac())
            .ipv4("203.0.113.80", "198.51.100.20")
            .udp(53, port)
            .payload_of(size)
            .build();
    }
    [[nodiscard]] Bytes frame_of(const Bytes& packet) const {
        const bool is_ipv4 = packet[0] >> 4 == 4;
        Bytes frame =
            eth().to_mac(mac()).ethertype(is_ipv4 ? ethertype::ipv4 : ethertype::ipv6).build();
        frame.resize(EthernetView::size);
        append(frame, packet);
        return frame;
    }
    void arrive_for(std::uint16_t port, unsigned times = 1) {
        const Bytes frame = frame_to(port, 20);
        for (unsigned i = 0; i < times; ++i) {
            arrive(0, frame);
        }
    }
    void arrive(std::size_t worker, const Bytes& frame) {
        const QueuePair& queue = hands_[worker].port->queue_pairs()[0];
        rte_mbuf* buffer = rte_pktmbuf_alloc(buffers_);
        std::copy(
            frame.begin(),
            frame.end(),
            rte_pktmbuf_append(buffer, static_cast<std::uint16_t>(frame.size()))
        );
        ASSERT_EQ(rte_eth_tx_burst(queue.device, queue.queue, &buffer, 1), 1);
    }
    // What the worker has sent.
    std::optional<Bytes> sent_by(std::size_t worker) {
        const QueuePair& queue = hands_[worker].port->queue_pairs()[0];
        rte_mbuf* sent = nullptr;
        if (rte_eth_rx_burst(queue.device, queue.queue, &sent, 1) == 0) {
            return std::nullopt;
        }
        const auto* bytes = rte_pktmbuf_mtod(sent, const std::uint8_t*);
        Bytes copy{bytes, bytes + sent->pkt_len};
        rte_pktmbuf_free(sent);
        return copy;
    }
    // An exit path of the subscriber with that number, whose worker has the same one.
    void install(const tables::RelayPath& path, const relay::OpenSubscriber& subscriber) {
        ASSERT_TRUE(table_->writer().insert(path));
        ASSERT_TRUE(subscribers_->put(subscriber));
    }
    [[nodiscard]] MacAddress mac() const { return hands_[0].port->mac(); }
    [[nodiscard]] unsigned free_buffers() const { return rte_mempool_avail_count(buffers_); }
    [[nodiscard]] std::size_t workers() const { return workers_; }
    std::size_t poll(std::size_t worker) { return hands_[worker].worker->poll(now_); }
    [[nodiscard]] std::uint64_t dropped(std::size_t worker, DropReason reason) const {
        return hands_[worker].counters.dropped[static_cast<std::size_t>(reason)].value();
    }
    [[nodiscard]] SubscriberRings& subscribers() { return *subscribers_; }
    [[nodiscard]] const relay::WorkerCounters& counters(std::size_t worker) const {
        return hands_[worker].counters;
    }

    // received + made + taken over = transmitted + dropped + held + handed over.
    void expect_balance(std::size_t worker) const {
        const relay::WorkerCounters& all = counters(worker);
        std::uint64_t ended = all.transmitted.value() + all.held.value() + all.handed_over.value();
        for (const relay::Counter& counter : all.dropped) {
            ended += counter.value();
        }
        EXPECT_EQ(all.received.value() + all.taken_over.value() + all.made.value(), ended);
    }

    SeededRandom random_{1};
    Instant now_;

  private:
    void make_worker(std::size_t number) {
        Hand& hand = hands_[number];
        hand.paths = std::vector<relay::PathCounters>(table_->slot_count());
        const relay::Share share{
            static_cast<relay::WorkerNumber>(number), static_cast<relay::WorkerNumber>(workers_)};
        napt::Bindings::Plan plan;
        plan.mappings = plan.sessions = 64;
        plan.ipv4 = plan.ipv6 = {1, first_port, 2, 64};
        hand.rs_n = std::make_unique<relay::RsN>(relay::RsN::Parts{
            napt::Bindings::make(plan_of(share, plan), random_),
            napt::PublicAddresses{{rs4.address.ipv4()}, {rs6.address.ipv6()}},
            crypto::BurstCipher::create().value(),
            relay::FragmentGatherer::make(plan_of(share, fragments_), hand.counters, 1),
            4,
            &hand.counters,
            share});
        hand.worker = std::make_unique<Worker>(Worker::Parts{
            .pipeline =
                {table_->reader(), hand.paths.data(), &hand.counters, &key_, 1, hand.rs_n.get()},
            .settings = relay::SettingsBox::Reader{*box_},
            .grace_period = period_->worker(static_cast<unsigned>(number)),
            .rings = rings_->worker(number),
            .queues = hand.port->queue_pairs(),
            .subscribers = &subscribers_->of(number),
            .number = number,
            .hand_over = share.is_all() ? nullptr : hand_over_.get(),
            .buffers = buffers_});
    }

    static inline int made = 100;
    relay::Reassembly::Plan fragments_;
    std::size_t workers_;
    rte_mempool* buffers_ = rte_pktmbuf_pool_create(
        ("handed" + std::to_string(made)).c_str(), buffer_count, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0
    );
    std::unique_ptr<tables::GracePeriod> period_ = std::move(*tables::GracePeriod::create(2));
    std::unique_ptr<tables::RelayTable> table_ =
        std::move(*tables::RelayTable::create(16, tables::OwnAddresses{own_list()}, *period_));
    Secret<16> key_;
    std::unique_ptr<ExceptionRings> rings_ = std::move(*ExceptionRings::create(2, 1, buffers_));
    std::unique_ptr<SubscriberRings> subscribers_ = std::move(*SubscriberRings::create(workers_));
    std::unique_ptr<HandOverRings> hand_over_ = std::move(*HandOverRings::create(workers_));
    std::optional<relay::SettingsBox> box_;
    std::array<Hand, 2> hands_;
};

}  // namespace ntm::dpdk::testing
