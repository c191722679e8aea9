// SPDX-License-Identifier: BSD-3-Clause
// Two workers of an RS-N: what comes to the wrong one goes to the other by a ring. Rows: X-1, U-9, U-14.
#include "tests/unit/rs-dataplane/dpdk/hand_over_world.hpp"
#include "tests/unit/rs-dataplane/relay/fragments.hpp"

namespace ntm::dpdk::testing {
namespace {

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
        const Bytes packet{frame.begin() + EthernetView::size, frame.end()};
        for (const Bytes& fragment : fragments_of(packet, 1200, id)) {
            arrive(0, frame_of(fragment));
        }
    }
    while (poll(0) + poll(1) != 0) {
    }
    for (const std::size_t worker : {std::size_t{0}, std::size_t{1}}) {
        EXPECT_EQ(dropped(worker, DropReason::napt_no_mapping), packets / 2) << worker;
        EXPECT_EQ(counters(worker).held.value(), 0U) << worker;
        expect_balance(worker);
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

// U-14: whatever the other worker is at meanwhile.
TEST_F(HandOverTest, AFloodOfFragmentsLeavesHalfOfTheRingToWholePackets) {
    const Bytes packet = inner_of(frame_to(last_port, 2000));
    std::uint32_t flooded = 0;
    while (dropped(0, DropReason::hand_over_ring_full) < 1000) {
        for (unsigned i = 0; i < burst_size; ++i) {
            arrive(0, frame_of(fragment_of(packet, {0, 80, true}, ++flooded)));
        }
        poll(0);
    }
    const std::uint64_t lost = dropped(0, DropReason::hand_over_ring_full);
    EXPECT_EQ(counters(0).handed_over.value(), HandOverRings::size / 2);
    for (unsigned whole = 0; whole < HandOverRings::size / 2 - burst_size; whole += burst_size) {
        arrive_for(last_port, burst_size);
        poll(0);
    }
    EXPECT_EQ(dropped(0, DropReason::hand_over_ring_full), lost) << "all fragments";
    while (poll(1) != 0) {
    }
    EXPECT_EQ(dropped(1, DropReason::napt_no_mapping), HandOverRings::size / 2 - burst_size);
    EXPECT_EQ(
        dropped(0, DropReason::fragment_quota) + dropped(1, DropReason::fragment_quota) +
            counters(0).held.value() + counters(1).held.value() + lost,
        flooded
    );
    expect_balance(0);
    expect_balance(1);
}

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
}  // namespace ntm::dpdk::testing
