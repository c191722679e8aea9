// SPDX-License-Identifier: BSD-3-Clause
// Two workers of an RS-N: what comes to the wrong one goes to the other by a ring. Rows: X-1, U-9.
#include "common/packet/packet_builder.hpp"
#include "common/protocol/sealed.hpp"
#include "rs-dataplane/dpdk/worker.hpp"
#include "tests/unit/rs-dataplane/relay/fragments.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_cast.hpp"

#include <gtest/gtest.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

namespace ntm::dpdk {
namespace {

using namespace relay::testing;

constexpr unsigned buffer_count = 8191;
constexpr std::uint16_t first_port = 20000;
constexpr std::uint16_t last_port = 20127;

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
    HandOverTest() {
        relay::Settings now = settings();
        now.may_sleep = false;
        now.targets = relay::TargetFilter{own_list()};
        now.public_side = {tables::OwnAddresses{own_list()}, first_port, last_port};
        for (std::size_t number = 0; number < hands_.size(); ++number) {
            PortConfig config;
            config.kind = PortKind::vdev;
            config.device = "net_ring_" + std::to_string(++made);
            Hand& hand = hands_[number];
            hand.port.emplace(std::move(*Port::open(config, {0, buffers_, &hand.warnings})));
        }
        now.ports = {{hands_[0].port->mac()}};
        box_.emplace(*period_, std::make_unique<const relay::Settings>(now));
        for (std::size_t number = 0; number < hands_.size(); ++number) {
            make_worker(number);
        }
    }
    void TearDown() override {
        for (Hand& hand : hands_) {
            hand.worker.reset();
            hand.port->close();
        }
        rings_.reset();
        hand_over_.reset();
        EXPECT_EQ(rte_mempool_avail_count(buffers_), buffer_count);
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
    std::size_t poll(std::size_t worker) { return hands_[worker].worker->poll(Instant{}); }
    [[nodiscard]] std::uint64_t dropped(std::size_t worker, DropReason reason) const {
        return hands_[worker].counters.dropped[static_cast<std::size_t>(reason)].value();
    }
    [[nodiscard]] SubscriberRings& subscribers() { return *subscribers_; }
    [[nodiscard]] const relay::WorkerCounters& counters(std::size_t worker) const {
        return hands_[worker].counters;
    }

    SeededRandom random_{1};

  private:
    void make_worker(std::size_t number) {
        Hand& hand = hands_[number];
        hand.paths = std::vector<relay::PathCounters>(table_->slot_count());
        const relay::Share share{static_cast<relay::WorkerNumber>(number), 2};
        napt::Bindings::Plan plan;
        plan.mappings = plan.sessions = 64;
        plan.ipv4 = plan.ipv6 = {1, first_port, 2, 64};
        hand.rs_n = std::make_unique<relay::RsN>(relay::RsN::Parts{
            napt::Bindings::make(plan_of(share, plan), random_),
            napt::PublicAddresses{{rs4.address.ipv4()}, {rs6.address.ipv6()}},
            crypto::BurstCipher::create().value(),
            relay::FragmentGatherer::make({}, hand.counters, 1),
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
            .hand_over = hand_over_.get(),
            .buffers = buffers_});
    }

    static inline int made = 100;
    rte_mempool* buffers_ = rte_pktmbuf_pool_create(
        ("handed" + std::to_string(made)).c_str(), buffer_count, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0
    );
    std::unique_ptr<tables::GracePeriod> period_ = std::move(*tables::GracePeriod::create(2));
    std::unique_ptr<tables::RelayTable> table_ =
        std::move(*tables::RelayTable::create(16, tables::OwnAddresses{own_list()}, *period_));
    Secret<16> key_;
    std::unique_ptr<ExceptionRings> rings_ = std::move(*ExceptionRings::create(2, 1, buffers_));
    std::unique_ptr<SubscriberRings> subscribers_ = std::move(*SubscriberRings::create(2));
    std::unique_ptr<HandOverRings> hand_over_ = std::move(*HandOverRings::create(2));
    std::optional<relay::SettingsBox> box_;
    std::array<Hand, 2> hands_;
};

TEST_F(HandOverTest, WhatIsForTheOtherWorkersPortGoesToIt) {
    arrive_for(first_port);
    arrive_for(last_port, 3);
    EXPECT_EQ(poll(0), 4U);
    EXPECT_EQ(dropped(0, DropReason::napt_no_mapping), 1U);
    EXPECT_EQ(counters(0).handed_over.value(), 3U);
    EXPECT_EQ(poll(1), 3U);
    EXPECT_EQ(counters(1).taken_over.value(), 3U);
    EXPECT_EQ(counters(1).received.value(), 0U);
    EXPECT_EQ(dropped(1, DropReason::napt_no_mapping), 3U);
    EXPECT_EQ(poll(0) + poll(1), 0U);
}

// whichever of both puts it together, its owner does so once more if that is not the same.
TEST_F(HandOverTest, FragmentsMeetAtTheOwnerOfTheirPacket) {
    constexpr std::uint32_t packets = 40;
    for (std::uint32_t id = 0; id < packets; ++id) {
        const Bytes frame = frame_to(id % 2 == 0 ? first_port : last_port, 2000);
        const Bytes head{frame.begin(), frame.begin() + EthernetView::size};
        const Bytes packet{frame.begin() + EthernetView::size, frame.end()};
        for (const Bytes& fragment : fragments_of(packet, 1200, id)) {
            Bytes arriving = head;
            append(arriving, fragment);
            arrive(0, arriving);
        }
    }
    while (poll(0) + poll(1) != 0) {
    }
    for (const std::size_t worker : {std::size_t{0}, std::size_t{1}}) {
        EXPECT_EQ(dropped(worker, DropReason::napt_no_mapping), packets / 2) << worker;
        EXPECT_EQ(counters(worker).held.value(), 0U) << worker;
        const relay::WorkerCounters& all = counters(worker);
        std::uint64_t ended = all.handed_over.value();
        for (const relay::Counter& counter : all.dropped) {
            ended += counter.value();
        }
        EXPECT_EQ(all.received.value() + all.taken_over.value() + all.made.value(), ended);
    }
    EXPECT_GT(counters(0).handed_over.value(), 0U);
    EXPECT_GT(counters(1).handed_over.value(), 0U);
}

//
TEST_F(HandOverTest, CountsHandOverRingFull) {
    constexpr unsigned room = HandOverRings::size - 1;
    for (unsigned arrived = 0; arrived < room + 41; arrived += burst_size) {
        arrive_for(last_port, burst_size);
        poll(0);
    }
    const std::uint64_t received = counters(0).received.value();
    EXPECT_EQ(counters(0).handed_over.value(), room);
    EXPECT_EQ(dropped(0, DropReason::hand_over_ring_full), received - room);
}

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
    [[nodiscard]] Bytes data(const MacAddress& mac, const IpAddress& to, std::uint16_t port) {
        const PacketEnds ends{vip, inside_port, to, port};
        const Bytes inner = napt::packet_of(napt::Kind::udp, ends, napt::some_payload);
        return eth()
            .to_mac(mac)
            .ip(mn4.address, rs4.address)
            .udp(mn4.port.number, rs4.port.number)
            .payload(sealer->seal(inner).value())
            .build();
    }
    std::optional<protocol::DataSealer> sealer;
    std::optional<protocol::DataOpener> opener;
};

// U-9: and X-1, in the balance of either.
TEST_F(HandOverTest, WhatIsForTheOtherWorkersSubscriberIsHandedOverTranslated) {
    std::array<Node, 2> nodes{Node{0, random_}, Node{1, random_}};
    for (Node& node : nodes) {
        install(node.relay_path(), node.opening());
        arrive(node.number, node.data(mac(), gn4, gn_port));
        ASSERT_EQ(poll(node.number), 1U);
    }
    ASSERT_TRUE(sent_by(0));
    const std::uint16_t others = source_port(inner_of(sent_by(1).value()));
    arrive(0, nodes[0].data(mac(), rs4.address, others));
    EXPECT_EQ(poll(0), 1U);
    EXPECT_EQ(counters(0).handed_over.value(), 1U);
    EXPECT_EQ(poll(1), 1U);
    EXPECT_EQ(counters(1).taken_over.value(), 1U);
    const auto got = sent_by(1);
    ASSERT_TRUE(got) << "it is taken for forged";
    EXPECT_TRUE(nodes[1].opener->open(ByteView{*got}.subspan(42)));
}

TEST_F(HandOverTest, OrdersGoToTheWorkerThatHasTheSubscriber) {
    for (tables::SubscriberNumber number = 0; number < 3; ++number) {
        ASSERT_TRUE(subscribers().put(relay::CloseSubscriber{number}));
    }
    std::array<relay::SubscriberOrder, 8> orders;
    EXPECT_EQ(subscribers().of(0).take(orders), 2U);
    EXPECT_EQ(std::get<relay::CloseSubscriber>(orders[1]).number, 2U);
    EXPECT_EQ(subscribers().of(1).take(orders), 1U);
    EXPECT_EQ(std::get<relay::CloseSubscriber>(orders[0]).number, 1U);
}

}  // namespace
}  // namespace ntm::dpdk
