// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/packet_builder.hpp"

#include "common/packet/ethernet.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "common/packet/ntm_view.hpp"
#include "common/packet/udp.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

constexpr std::size_t ip_at = EthernetView::size;

PacketBuilder over_ipv4() {
    return eth().ipv4("192.0.2.1", "198.51.100.20").udp(4000, 9770);
}
PacketBuilder over_ipv6() {
    return eth().ipv6("2001:db8::1", "2001:db8::2").udp(1000, 2000);
}

// Written down byte by byte, the checksums by another program: what all other tests trust the builder for.
TEST(PacketBuilder, WritesAnIpv4FrameByteForByte) {
    const Bytes frame = over_ipv4()
                            .from_mac({{2, 0, 0, 0, 0, 0x0a}})
                            .to_mac({{2, 0, 0, 0, 0, 0x0b}})
                            .ttl(63)
                            .identification(0x1234)
                            .fragment_field(0x4000)
                            .payload(from_hex("abcdef").value())
                            .build();
    EXPECT_EQ(
        to_hex(frame),
        "02000000000b02000000000a0800"
        "4500001f123440003f113d51c0000201c6336414"
        "0fa0262a000b42f6abcdef"
    );
}

TEST(PacketBuilder, WritesAnIpv6FrameByteForByte) {
    const Bytes frame = over_ipv6()
                            .traffic_class(0xb9)
                            .flow_label(0x12345)
                            .ttl(7)
                            .payload(from_hex("01").value())
                            .build();
    EXPECT_EQ(
        to_hex(frame),
        "02000000000202000000000186dd"
        "6b912345000911072001"
        "0db8000000000000000000000001"
        "20010db8000000000000000000000002"
        "03e807d0000997af01"
    );
}

TEST(PacketBuilder, WritesTheNtmHeader) {
    const Bytes frame =
        over_ipv4().ntm({0x1122334455667788}, 5, 1).counter(0xa1b2c3d4e5f6).payload_of(2).build();
    const ByteView datagram = ByteView{frame}.subspan(ip_at + 28);
    EXPECT_EQ(to_hex(datagram), "1501a1b2c3d4e5f611223344556677880001");
    const auto view = NtmView::parse(datagram);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->type(), 5);
    EXPECT_EQ(view->role(), Role::responder);
    const Bytes wrong = over_ipv4().ntm({1}).ntm_version(2).build();
    EXPECT_EQ(
        NtmView::parse(ByteView{wrong}.subspan(ip_at + 28)).error(), DropReason::bad_ntm_version
    );
}

TEST(PacketBuilder, BuildsFramesThatAllViewsTake) {
    for (const PacketBuilder& builder : {over_ipv4(), over_ipv6()}) {
        PacketBuilder copy = builder;
        const Bytes frame = copy.ntm({7}).payload_of(100).padding(9).build();
        const auto ethernet = EthernetView::parse(frame);
        ASSERT_TRUE(ethernet);
        const bool is_ipv4 = ethernet->ethertype() == ethertype::ipv4;
        ByteView upper;
        if (is_ipv4) {
            const auto ip = Ipv4View::parse(ethernet->payload());
            ASSERT_TRUE(ip && ip->has_valid_checksum());
            upper = ip->payload();
        } else {
            const auto ip = Ipv6View::parse(ethernet->payload());
            ASSERT_TRUE(ip);
            upper = ip->payload();
        }
        const auto udp = UdpView::parse(upper);
        ASSERT_TRUE(udp);
        EXPECT_TRUE(udp->has_checksum());
        const auto ntm = NtmView::parse(udp->payload());
        ASSERT_TRUE(ntm);
        EXPECT_EQ(ntm->path_id(), PathId{7});
        EXPECT_EQ(udp->payload().size(), NtmView::size + 100);
    }
}

TEST(PacketBuilder, TellsEveryLieItIsAskedFor) {
    const auto at = [](const Bytes& frame, std::size_t offset) {
        return load<Be16>(frame.data() + ip_at + offset).to_host();
    };
    EXPECT_EQ(at(over_ipv4().ip_length(9999).build(), 2), 9999);
    EXPECT_EQ(at(over_ipv6().ip_length(9999).build(), 4), 9999);
    EXPECT_EQ(at(over_ipv4().ipv4_checksum(0xbad1).build(), 10), 0xbad1);
    EXPECT_EQ(at(over_ipv4().udp_length(7).build(), 24), 7);
    EXPECT_EQ(at(over_ipv4().udp_checksum(0xbad1).build(), 26), 0xbad1);
    EXPECT_EQ(over_ipv4().version_byte(0x55).build()[ip_at], 0x55);
    EXPECT_EQ(over_ipv6().version_byte(0x4f).build()[ip_at], 0x4f);
    EXPECT_EQ(over_ipv4().protocol(6).build()[ip_at + 9], 6);
    EXPECT_EQ(over_ipv6().protocol(6).build()[ip_at + 6], 6);
}

TEST(PacketBuilder, LeavesUdpWithoutAChecksumIfAsked) {
    const Bytes frame = over_ipv4().udp_checksum(0).payload_of(4).build();
    const auto ip = Ipv4View::parse(EthernetView::parse(frame)->payload());
    ASSERT_TRUE(ip);
    EXPECT_TRUE(ip->has_valid_checksum());
    EXPECT_FALSE(UdpView::parse(ip->payload())->has_checksum());
}

TEST(PacketBuilder, TagsPadsAndCuts) {
    const Bytes tagged = over_ipv4().vlan(5).build();
    EXPECT_EQ(to_hex(ByteView{tagged}.subspan(12, 6)), "810000050800");
    const std::size_t size = over_ipv4().build().size();
    EXPECT_EQ(over_ipv4().padding(18).build().size(), size + 18);
    EXPECT_EQ(over_ipv4().truncate_to(17).build().size(), 17U);
    EXPECT_EQ(over_ipv4().truncate_to(5000).build().size(), size);
    EXPECT_EQ(eth().build().size(), EthernetView::size);
}

}  // namespace
}  // namespace ntm
