// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/inner_packet.hpp"

#include "common/packet/checksum.hpp"
#include "common/packet/ipv4.hpp"
#include "tests/unit/client/node/node_world.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

TEST(InnerPacket, addresses_of_both_families_are_read) {
    const auto v4 = InnerPacket::parse(inner_packet("198.18.0.1", "198.18.0.2"));
    ASSERT_TRUE(v4);
    EXPECT_EQ(v4->source, ip("198.18.0.1"));
    EXPECT_EQ(v4->destination, ip("198.18.0.2"));
    const auto v6 = InnerPacket::parse(inner_packet("fd00:a::1", "fd00:a::2", 0));
    ASSERT_TRUE(v6);
    EXPECT_EQ(v6->source, ip("fd00:a::1"));
    EXPECT_EQ(v6->destination, ip("fd00:a::2"));
}

TEST(InnerPacket, its_own_length_must_be_the_length) {
    for (const char* family : {"198.18.0.1", "fd00:a::1"}) {
        const Bytes whole = inner_packet(family, family);
        for (std::size_t length = 0; length < whole.size(); ++length) {
            EXPECT_FALSE(InnerPacket::parse(ByteView{whole}.first(length))) << length;
        }
        Bytes longer = whole;
        longer.push_back(0);
        EXPECT_FALSE(InnerPacket::parse(longer));
    }
}

TEST(InnerPacket, a_header_length_that_can_not_be_is_refused) {
    Bytes packet = inner_packet("198.18.0.1", "198.18.0.2");
    packet[0] = 0x44;
    EXPECT_FALSE(InnerPacket::parse(packet));
    packet[0] = 0x4f;
    EXPECT_FALSE(InnerPacket::parse(packet));
    packet[0] = 0x75;
    EXPECT_FALSE(InnerPacket::parse(packet));
}

// E-6: DSCP and ECN as they stand in either family.
TEST(InnerPacket, the_traffic_class_is_read) {
    Bytes v4 = inner_packet("198.18.0.1", "198.18.0.2");
    v4[1] = 0xba;
    EXPECT_EQ(InnerPacket::parse(v4)->traffic_class, 0xba);
    Bytes v6 = inner_packet("fd00:a::1", "fd00:a::2");
    v6[0] = 0x6b;
    v6[1] = 0xa0;
    EXPECT_EQ(InnerPacket::parse(v6)->traffic_class, 0xba);
}

TEST(InnerPacket, setting_the_ecn_field_changes_nothing_else) {
    for (const char* address : {"198.18.0.1", "fd00:a::1"}) {
        Bytes packet = inner_packet(address, address);
        if (packet[0] == 0x45) {
            store(packet.data() + 10, checksum_of(sum_ipv4_header(packet.data())));
        }
        const Bytes before = packet;
        for (const Ecn ecn : {Ecn::ect1, Ecn::ce, Ecn::ect0, Ecn::ce, Ecn::not_ect}) {
            set_ecn(packet, ecn);
            EXPECT_EQ(InnerPacket::parse(packet)->traffic_class, static_cast<std::uint8_t>(ecn));
            if (packet[0] == 0x45) {
                EXPECT_TRUE(Ipv4View::parse(packet)->has_valid_checksum());
            }
        }
        EXPECT_EQ(packet, before);
    }
}

}  // namespace
}  // namespace ntm::client::testing
