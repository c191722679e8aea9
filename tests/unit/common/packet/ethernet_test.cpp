// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/ethernet.hpp"

#include "common/packet/packet_builder.hpp"
#include "tests/unit/common/packet/guarded_bytes.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

TEST(EthernetView, RefusesEveryLengthBelowItsHeader) {
    const Bytes frame(EthernetView::size);
    for (std::size_t size = 0; size < EthernetView::size; ++size) {
        const GuardedBytes cut{ByteView{frame}.first(size)};
        const auto view = EthernetView::parse(cut.view());
        ASSERT_FALSE(view) << size;
        EXPECT_EQ(view.error(), DropReason::truncated_ethernet);
    }
}

TEST(EthernetView, TakesAHeaderWithNothingBehindIt) {
    const GuardedBytes frame{eth().build()};
    const auto view = EthernetView::parse(frame.view());
    ASSERT_TRUE(view);
    EXPECT_EQ(view->ethertype(), ethertype::ipv4);
    EXPECT_TRUE(view->payload().empty());
    EXPECT_TRUE(is_inside(view->payload(), frame.view()));
}

TEST(EthernetView, ReadsAddressesTypeAndPayload) {
    const MacAddress from{{0x02, 1, 2, 3, 4, 5}};
    const MacAddress to{{0x02, 6, 7, 8, 9, 10}};
    const Bytes frame = eth().from_mac(from).to_mac(to).ethertype(0x0806).payload_of(3).build();
    const auto view = EthernetView::parse(frame);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->source(), from);
    EXPECT_EQ(view->destination(), to);
    EXPECT_EQ(view->ethertype(), ethertype::arp);
    EXPECT_FALSE(view->is_tagged());
    EXPECT_EQ(to_hex(view->payload()), "000102");
}

TEST(EthernetView, TellsGroupAddressesFromStations) {
    const MacAddress station{{0x02, 1, 1, 1, 1, 1}};
    const MacAddress group{{0x33, 0x33, 0, 0, 0, 1}};
    const MacAddress broadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    const auto parse = [](const Bytes& frame) {
        return *EthernetView::parse(frame);
    };
    const Bytes ordinary = eth().from_mac(station).to_mac(station).build();
    EXPECT_FALSE(parse(ordinary).is_to_group());
    EXPECT_FALSE(parse(ordinary).is_from_group());
    const Bytes to_group = eth().from_mac(station).to_mac(group).build();
    EXPECT_TRUE(parse(to_group).is_to_group());
    EXPECT_FALSE(parse(to_group).is_from_group());
    const Bytes to_all = eth().to_mac(broadcast).build();
    EXPECT_TRUE(parse(to_all).is_to_group());
    const Bytes from_group = eth().from_mac(group).to_mac(station).build();
    EXPECT_FALSE(parse(from_group).is_to_group());
    EXPECT_TRUE(parse(from_group).is_from_group());
}

TEST(EthernetView, KnowsBothKindsOfTag) {
    const Bytes tagged = eth().vlan(7).build();
    EXPECT_TRUE(EthernetView::parse(tagged)->is_tagged());
    EXPECT_EQ(EthernetView::parse(tagged)->ethertype(), ethertype::vlan);
    const Bytes service = eth().ethertype(0x88a8).build();
    EXPECT_TRUE(EthernetView::parse(service)->is_tagged());
    const Bytes ipv6 = eth().ethertype(0x86dd).build();
    EXPECT_FALSE(EthernetView::parse(ipv6)->is_tagged());
}

}  // namespace
}  // namespace ntm
