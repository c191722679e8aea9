// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/ipv6.hpp"

#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/packet_builder.hpp"
#include "common/packet/udp.hpp"
#include "tests/unit/common/packet/guarded_bytes.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

Bytes without_ethernet(const PacketBuilder& builder) {
    Bytes frame = builder.build();
    frame.erase(frame.begin(), frame.begin() + EthernetView::size);
    return frame;
}

PacketBuilder example() {
    return eth().ipv6("2001:db8::1", "2001:db8:1::20").udp(4000, 9770).payload_of(5);
}

TEST(Ipv6View, RefusesEveryTruncation) {
    const Bytes packet = without_ethernet(example());
    for (std::size_t size = 0; size < packet.size(); ++size) {
        const GuardedBytes cut{ByteView{packet}.first(size)};
        const auto view = Ipv6View::parse(cut.view());
        ASSERT_FALSE(view) << size;
        EXPECT_EQ(view.error(), DropReason::truncated_ipv6);
    }
}

TEST(Ipv6View, TakesAHeaderWithNothingBehindIt) {
    const GuardedBytes packet{
        without_ethernet(eth().ipv6("2001:db8::1", "2001:db8::2").protocol(59))};
    ASSERT_EQ(packet.view().size(), Ipv6View::size);
    const auto view = Ipv6View::parse(packet.view());
    ASSERT_TRUE(view);
    EXPECT_EQ(view->next_header(), 59);
    EXPECT_TRUE(view->payload().empty());
    EXPECT_EQ(IpAddress{view->destination()}.text(), "2001:db8::2");
}

TEST(Ipv6View, RefusesEveryOtherVersion) {
    Bytes packet = without_ethernet(example());
    for (unsigned version = 0; version < 16; ++version) {
        packet[0] = static_cast<std::uint8_t>(version << 4);
        const auto view = Ipv6View::parse(packet);
        ASSERT_EQ(view.has_value(), version == 6) << version;
        if (!view) {
            EXPECT_EQ(view.error(), DropReason::bad_ipv6_header);
        }
    }
}

TEST(Ipv6View, TakesAPayloadLengthOnlyUpToTheInput) {
    GuardedBytes packet{without_ethernet(example())};
    const std::size_t present = packet.view().size() - Ipv6View::size;
    for (std::size_t length = 0; length <= 0xffff; ++length) {
        store(packet.bytes().data() + 4, Be16::from_host(static_cast<std::uint16_t>(length)));
        const auto view = Ipv6View::parse(packet.view());
        ASSERT_EQ(view.has_value(), length <= present) << length;
        if (!view) {
            ASSERT_EQ(view.error(), DropReason::truncated_ipv6);
            continue;
        }
        ASSERT_EQ(view->payload().size(), length);
        ASSERT_TRUE(is_inside(view->payload(), packet.view()));
    }
}

TEST(Ipv6View, LeavesPaddingBehindThePacketOut) {
    const Bytes packet = without_ethernet(example().padding(7));
    const auto view = Ipv6View::parse(packet);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->payload_length(), 13);
    EXPECT_EQ(view->payload().size(), 13U);
}

TEST(Ipv6View, ReadsEveryField) {
    const GuardedBytes packet{without_ethernet(example().ttl(3))};
    const auto view = Ipv6View::parse(packet.view());
    ASSERT_TRUE(view);
    EXPECT_EQ(view->hop_limit(), 3);
    EXPECT_EQ(view->next_header(), ip_protocol::udp);
    EXPECT_EQ(view->payload_length(), 13);
    EXPECT_EQ(IpAddress{view->source()}.text(), "2001:db8::1");
    EXPECT_EQ(IpAddress{view->destination()}.text(), "2001:db8:1::20");
    EXPECT_EQ(load<Ipv6Address>(view->source_bytes()), view->source());
    EXPECT_EQ(load<Ipv6Address>(view->destination_bytes()), view->destination());
}

TEST(Ipv6View, TakesTheTrafficClassFromBetweenVersionAndFlowLabel) {
    for (unsigned traffic_class = 0; traffic_class < 256; ++traffic_class) {
        const Bytes packet = without_ethernet(
            example().traffic_class(static_cast<std::uint8_t>(traffic_class)).flow_label(0xfffff)
        );
        ASSERT_EQ(Ipv6View::parse(packet)->traffic_class(), traffic_class);
    }
}

// The view names the first header behind its own and leaves it in the payload: walking the chain
// is for who wants to, and nothing behind an extension header passes for UDP.
TEST(Ipv6View, NamesTheFirstExtensionHeaderAndLeavesItInThePayload) {
    const Bytes extension{ip_protocol::udp, 0, 1, 4, 0, 0, 0, 0};
    for (const std::uint8_t kind :
         {ip_protocol::hop_by_hop,
          ip_protocol::routing,
          ip_protocol::fragment,
          ip_protocol::destination_options,
          ip_protocol::authentication,
          ip_protocol::mobility}) {
        const GuardedBytes packet{without_ethernet(example().extension(kind, extension))};
        const auto view = Ipv6View::parse(packet.view());
        ASSERT_TRUE(view);
        EXPECT_EQ(view->next_header(), kind);
        EXPECT_EQ(view->payload_length(), 8 + 13);
        EXPECT_EQ(to_hex(view->payload().first(8)), to_hex(extension));
        const auto udp = UdpView::parse(view->payload());
        ASSERT_FALSE(udp);
        EXPECT_EQ(udp.error(), DropReason::bad_udp_length);
        EXPECT_TRUE(UdpView::parse(view->payload().subspan(8)));
    }
}

}  // namespace
}  // namespace ntm
