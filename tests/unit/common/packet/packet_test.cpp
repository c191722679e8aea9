// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/burst.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "common/packet/ntm_view.hpp"
#include "common/packet/packet_builder.hpp"
#include "common/packet/udp.hpp"

#include <set>

#include <gtest/gtest.h>

namespace ntm {
namespace {

TEST(Checksum, GivesTheExampleOfRfc1071) {
    const Bytes bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    EXPECT_EQ(Be16::from_raw(fold(sum_words(bytes))).to_host(), 0xddf2);
}

TEST(Checksum, PadsAnOddByteWithZero) {
    EXPECT_EQ(
        fold(sum_words(Bytes{0x12, 0x34, 0x56})), fold(sum_words(Bytes{0x12, 0x34, 0x56, 0}))
    );
}

TEST(Checksum, FoldsTheLargestSums) {
    EXPECT_EQ(fold(0), 0);
    EXPECT_EQ(fold(0xffff), 0xffff);
    EXPECT_EQ(fold(0x10000), 1);
    EXPECT_EQ(fold(0xffff'ffff'ffffU), 0xffff);
    EXPECT_EQ(fold(0x1'0000'0000'0000U), 1);
    EXPECT_EQ(fold_short(0xffff0), 0xffff);
}

TEST(Checksum, SendsAComputedZeroOfUdpAsAllOnes) {
    EXPECT_EQ(checksum_of(0xffff), 0);
    EXPECT_EQ(udp_checksum_of(0xffff), 0xffff);
    EXPECT_EQ(update_udp_checksum(0x1234, 0x1234), 0xffff);
}

// RFC 1624 section 4: the case in which eqn. 4 of RFC 1141 goes wrong.
TEST(Checksum, UpdatesTheExampleOfRfc1624) {
    EXPECT_EQ(update_checksum(0xdd2f, checksum_delta(0x5555, 0x3285)), 0x0000);
}

TEST(DropReasons, HaveDifferentNamesAndSentences) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
        const DropReasonText& text = describe(static_cast<DropReason>(i));
        EXPECT_TRUE(names.insert(text.name).second) << text.name;
        EXPECT_EQ(text.sentence.back(), '.') << text.name;
    }
    EXPECT_EQ(describe(DropReason::wrong_source).name, "wrong_source");
}

TEST(Lane, DropsWithoutChangingTheOrder) {
    Burst burst{};
    Lane lane;
    for (std::size_t i = 0; i < 6; ++i) {
        lane.add(i);
        burst.packets[i].slot = static_cast<std::uint32_t>(i);
    }
    lane.apply(burst, [](const Packet& packet) {
        return packet.slot % 3 == 1 ? DropReason::too_big : DropReason::none;
    });
    ASSERT_EQ(lane.size(), 4U);
    EXPECT_EQ(lane[0], 0);
    EXPECT_EQ(lane[1], 2);
    EXPECT_EQ(lane[2], 3);
    EXPECT_EQ(lane[3], 5);
    EXPECT_EQ(burst.packets[4].fate, Fate::drop);
    EXPECT_EQ(burst.packets[4].reason, DropReason::too_big);
    EXPECT_EQ(burst.packets[5].fate, Fate::pending);
}

TEST(Packet, MovesItsFrontAndItsEnd) {
    Bytes buffer(100);
    Packet packet{};
    packet.begin = buffer.data() + 20;
    packet.headroom = 20;
    packet.length = 60;
    packet.tailroom = 20;
    packet.grow_front(20);
    EXPECT_EQ(packet.begin, buffer.data());
    EXPECT_EQ(packet.length, 80);
    packet.shrink_front(50);
    EXPECT_EQ(packet.headroom, 50);
    packet.trim_to(10);
    EXPECT_EQ(packet.tailroom, 40);
    EXPECT_EQ(packet.headroom + packet.length + packet.tailroom, 100);
}

TEST(Views, ReadWhatTheBuilderWrote) {
    const Bytes frame = eth()
                            .ipv6("2001:db8::1", "2001:db8::2")
                            .traffic_class(0xb9)
                            .ttl(7)
                            .udp(1000, 2000)
                            .ntm({0x1122334455667788}, 5, 1)
                            .build();
    const auto ethernet = EthernetView::parse(frame);
    ASSERT_TRUE(ethernet);
    EXPECT_EQ(ethernet->ethertype(), ethertype::ipv6);
    const auto ip = Ipv6View::parse(ethernet->payload());
    ASSERT_TRUE(ip);
    EXPECT_EQ(ip->traffic_class(), 0xb9);
    EXPECT_EQ(ip->hop_limit(), 7);
    const auto udp = UdpView::parse(ip->payload());
    ASSERT_TRUE(udp);
    EXPECT_EQ(udp->source(), Port{1000});
    EXPECT_TRUE(udp->has_checksum());
    const auto ntm = NtmView::parse(udp->payload());
    ASSERT_TRUE(ntm);
    EXPECT_EQ(ntm->type(), 5);
    EXPECT_EQ(ntm->role(), Role::responder);
    EXPECT_EQ(ntm->path_id(), PathId{0x1122334455667788});
}

}  // namespace
}  // namespace ntm
