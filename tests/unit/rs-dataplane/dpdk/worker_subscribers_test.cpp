// SPDX-License-Identifier: BSD-3-Clause
// A worker that is an RS-N, and the ring by which it is told of subscribers: it does what it is told
// before the frames of a round, in order, and a little in each round. Rows: S-10, C-1, X-1, T-4.
#include "common/protocol/sealed.hpp"
#include "rs-dataplane/dpdk/subscriber_ring.hpp"
#include "tests/unit/rs-dataplane/dpdk/worker_world.hpp"
#include "tests/unit/rs-dataplane/relay/fragments.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_cast.hpp"

namespace ntm::dpdk::testing {
namespace {

using napt::Kind;
using relay::CloseSubscriber;
using relay::OpenSubscriber;

constexpr std::size_t orders_a_round = 8;

class WorkerOfAnRsN : public WorkerTest {
  protected:
    void SetUp() override {
        random_.fill(secret_.mutable_view());
        settings_.public_side = {
            tables::OwnAddresses{own_list()}, first_public_port, last_public_port};
        settings_.targets = relay::TargetFilter{own_list()};
        rs_n_ = make_rs_n({own_public}, random_, counters_);
        Worker::Parts its = parts();
        its.pipeline.rs_n = rs_n_.get();
        its.subscribers = &orders_->of(0);
        worker_.emplace(its);
        sealer_.emplace(secret_, crypto::Suite::aes_128_gcm, path, Role::initiator);
        opener_.emplace(secret_, crypto::Suite::aes_128_gcm, path, Role::initiator);
        tables::RelayPath ended{path, {}};
        ended.leg(Role::initiator) = {true, mn4, rs4, {}, {}, 0};
        ended.end = tables::PathEnd{0, make_end_keys(secret_, path), {{gn_vip4, gn4, 0}}};
        ASSERT_TRUE(table_->writer().insert(ended));
    }
    void TearDown() override {
        drain();
        expect_balance();
        WorkerTest::TearDown();
    }

    [[nodiscard]] static OpenSubscriber open(std::uint32_t number) {
        return {number, vip4.ipv4(), vip6.ipv6(), {}};
    }
    // Of a packet of the subscriber's.
    [[nodiscard]] static std::vector<Bytes> two_fragments() {
        const PacketEnds inside = ends_of(Family::ipv4).inside;
        return fragments_of(napt::packet_of(Kind::udp, inside, Bytes(2000, 7)), 1200);
    }
    void put(const relay::SubscriberOrder& order) { ASSERT_TRUE(orders_->put(order)); }
    [[nodiscard]] std::uint32_t subscribers() const { return rs_n_->usage().subscribers; }

    // One round with this frame; what the worker sends, if it does.
    [[nodiscard]] std::optional<Bytes> pass(const Bytes& frame) {
        EXPECT_EQ(arrive(frame, 1), 1U);
        EXPECT_EQ(worker_->poll(now_), 1U);
        rte_mbuf* sent = nullptr;
        const QueuePair& queue = port_->queue_pairs()[0];
        if (rte_eth_rx_burst(queue.device, queue.queue, &sent, 1) == 0) {
            return std::nullopt;
        }
        const auto* bytes = rte_pktmbuf_mtod(sent, const std::uint8_t*);
        Bytes sent_bytes{bytes, bytes + sent->pkt_len};
        rte_pktmbuf_free(sent);
        return sent_bytes;
    }
    [[nodiscard]] std::optional<Bytes> send(const Bytes& inner) {
        return pass(to_us()
                        .ip(mn4.address, rs4.address)
                        .udp(mn4.port.number, rs4.port.number)
                        .payload(sealer_->seal(inner).value())
                        .build());
    }
    [[nodiscard]] std::optional<Bytes> send() {
        return send(first_packet(Kind::udp, ends_of(Family::ipv4).inside));
    }
    [[nodiscard]] std::optional<Bytes> receive(const Bytes& packet) {
        return pass(to_us().ethertype(ethertype::ipv4).payload(packet).build());
    }

    SeededRandom random_{1};
    Instant now_{std::chrono::seconds{1000}};
    Secret32 secret_;
    std::unique_ptr<relay::RsN> rs_n_;
    std::unique_ptr<SubscriberRings> orders_ = std::move(*SubscriberRings::create(1));
    std::optional<protocol::DataSealer> sealer_;
    std::optional<protocol::DataOpener> opener_;
};

TEST_F(WorkerOfAnRsN, CarriesASubscribersFlowsFromOpenToClose) {
    EXPECT_FALSE(send());
    EXPECT_EQ(dropped(DropReason::unknown_subscriber), 1U);

    put(open(0));
    const auto out = send();
    ASSERT_TRUE(out) << "it is opened before the frames of the same round";
    Ends flow = ends_of(Family::ipv4);
    flow.outside.source_port = source_port(inner_of(*out));
    EXPECT_EQ(inner_of(*out), one_hop_less(first_packet(Kind::udp, flow.outside)));

    const Bytes back = answer(Kind::udp, reversed(flow.outside));
    const auto in = receive(back);
    ASSERT_TRUE(in);
    constexpr std::size_t outer_headers = 14 + 20 + 8;
    const auto inner = opener_->open(ByteView{*in}.subspan(outer_headers));
    ASSERT_TRUE(inner);
    EXPECT_EQ(*inner, one_hop_less(answer(Kind::udp, reversed(flow.inside))));

    put(CloseSubscriber{0});
    EXPECT_FALSE(receive(back));
    EXPECT_EQ(dropped(DropReason::other_path), 1U) << "closed before the frames of the round";
    EXPECT_FALSE(receive(back));
    EXPECT_EQ(dropped(DropReason::napt_no_mapping), 1U) << "and its sessions are over behind them";
    EXPECT_FALSE(send());
    EXPECT_EQ(dropped(DropReason::unknown_subscriber), 2U);
    EXPECT_EQ(rs_n_->usage(), napt::Bindings::Usage{});
}

// T-4, and X-1 with what the worker makes itself.
TEST_F(WorkerOfAnRsN, AnswersASynThatNothingCameOfInAnIdleRound) {
    put(open(0));
    const auto out = send(first_packet(Kind::tcp, ends_of(Family::ipv4).inside));
    ASSERT_TRUE(out);
    PacketEnds ends = reversed(ends_of(Family::ipv4).outside);
    ends.destination_port = source_port(inner_of(*out));
    ends.source = address("192.0.2.99");
    EXPECT_FALSE(receive(first_packet(Kind::tcp, ends)));
    EXPECT_EQ(dropped(DropReason::napt_syn_filtered), 1U);
    EXPECT_EQ(worker_->poll(now_), 0U);
    now_ += std::chrono::seconds{6};
    EXPECT_EQ(worker_->poll(now_), 1U);
    EXPECT_EQ(counters_.made.value(), 1U);
    EXPECT_EQ(counters_.transmitted.value(), 2U);
    EXPECT_EQ(worker_->poll(now_), 1U) << "the device returns what was sent";
    EXPECT_EQ(worker_->poll(now_), 0U);
}

TEST_F(WorkerOfAnRsN, PutsFragmentsTogetherAndSendsThemInFramesOfItsOwn) {
    put(open(0));
    const std::vector<Bytes> fragments = two_fragments();
    EXPECT_FALSE(send(fragments[1]));
    EXPECT_EQ(counters_.held.value(), 1U);
    expect_balance();
    const auto first = send(fragments[0]);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->size(), 14U + 20 + 1200);
    EXPECT_EQ(counters_.held.value(), 0U);
    EXPECT_EQ(counters_.made.value(), 2U);
    EXPECT_EQ(counters_.transmitted.value(), 2U);
    EXPECT_EQ(dropped(DropReason::fragment_joined), 2U);
}

TEST_F(WorkerOfAnRsN, DropsWhatItHasNoBufferFor) {
    put(open(0));
    const std::vector<Bytes> fragments = two_fragments();
    EXPECT_FALSE(send(fragments[1]));
    std::vector<rte_mbuf*> taken(buffer_count - 1);
    ASSERT_EQ(rte_pktmbuf_alloc_bulk(buffers_, taken.data(), buffer_count - 1), 0);
    EXPECT_FALSE(send(fragments[0]));
    rte_pktmbuf_free_bulk(taken.data(), buffer_count - 1);
    EXPECT_EQ(dropped(DropReason::no_buffer), 1U);
}

TEST_F(WorkerOfAnRsN, GivesANumberThatIsUsedAgainNothingOfTheLastOne) {
    put(open(0));
    const auto out = send();
    ASSERT_TRUE(out);
    Ends flow = ends_of(Family::ipv4);
    flow.outside.source_port = source_port(inner_of(*out));
    // Both orders in one round.
    put(CloseSubscriber{0});
    OpenSubscriber next = open(0);
    next.vipv4 = address("198.18.0.2").ipv4();
    put(next);
    EXPECT_FALSE(receive(answer(Kind::udp, reversed(flow.outside))));
    EXPECT_EQ(dropped(DropReason::other_path), 1U);
    EXPECT_FALSE(send());
    EXPECT_EQ(dropped(DropReason::inner_source), 1U);
    EXPECT_EQ(subscribers(), 1U);
}

TEST_F(WorkerOfAnRsN, TakesALittleInEachRound) {
    for (std::size_t i = 0; i < orders_a_round; ++i) {
        put(CloseSubscriber{1});
    }
    put(open(0));
    worker_->poll(now_);
    EXPECT_EQ(subscribers(), 0U);
    worker_->poll(now_);
    EXPECT_EQ(subscribers(), 1U);
}

TEST_F(WorkerOfAnRsN, SaysWhenItsRingIsFullAndLosesNothing) {
    constexpr std::size_t room = SubscriberRings::size - 1;
    for (std::size_t i = 0; i < room; ++i) {
        put(i % 2 == 0 ? relay::SubscriberOrder{open(0)} : CloseSubscriber{0});
    }
    EXPECT_FALSE(orders_->put(open(1)));
    worker_->poll(now_);
    put(open(1));
    for (std::size_t i = 0; i < room; i += orders_a_round) {
        worker_->poll(now_);
    }
    // Those who leave are there for a few rounds more.
    for (std::uint32_t i = 0; i < most_subscribers; ++i) {
        worker_->poll(now_);
    }
    EXPECT_EQ(subscribers(), 2U) << "the last of an odd number of orders is an Open";
}

TEST_F(WorkerOfAnRsN, HasNoRoomForANumberBeyondItsOwn) {
    put(open(4));
    put(CloseSubscriber{4});
    put(CloseSubscriber{UINT32_MAX});
    worker_->poll(now_);
    EXPECT_EQ(subscribers(), 0U);
}

}  // namespace
}  // namespace ntm::dpdk::testing
