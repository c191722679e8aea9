// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/inner_packet.hpp"

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

}  // namespace
}  // namespace ntm::client::testing
