// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/ntm_header.hpp"

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

TEST(NtmHeader, LiesOnTheWireAsDocumented) {
    NtmHeader header;
    header.type = PacketType::signal;
    header.flags = NtmHeader::flag_role | NtmHeader::flag_answer;
    header.counter = 0x0a0b0c0d0e0f;
    header.id = 0x0102030405060708;
    Bytes bytes(NtmHeader::size);
    header.write(bytes.data());
    EXPECT_EQ(to_hex(bytes), "12050a0b0c0d0e0f0102030405060708");
    const auto parsed = NtmHeader::parse(bytes);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, header);
    EXPECT_EQ(parsed->role(), Role::responder);
    EXPECT_TRUE(parsed->is_answer());
}

TEST(NtmHeader, RefusesShortOnes) {
    const Bytes bytes(NtmHeader::size, 0x10);
    for (std::size_t length = 0; length < NtmHeader::size; ++length) {
        EXPECT_EQ(NtmHeader::parse(ByteView{bytes}.first(length)).error(), HeaderError::truncated);
    }
    EXPECT_TRUE(NtmHeader::parse(bytes));
}

TEST(NtmHeader, KnowsOneVersionAndSixTypes) {
    Bytes bytes(NtmHeader::size);
    for (unsigned first = 0; first < 256; ++first) {
        bytes[0] = static_cast<std::uint8_t>(first);
        const auto parsed = NtmHeader::parse(bytes);
        if (first >> 4 != 1) {
            EXPECT_EQ(parsed.error(), HeaderError::bad_version) << first;
        } else if ((first & 0xf) > 5) {
            EXPECT_EQ(parsed.error(), HeaderError::unknown_type) << first;
        } else {
            EXPECT_TRUE(parsed) << first;
        }
    }
}

TEST(NtmHeader, CutsTheCounterTo48Bits) {
    NtmHeader header;
    header.counter = UINT64_MAX;
    Bytes bytes(NtmHeader::size);
    header.write(bytes.data());
    EXPECT_EQ(to_hex(bytes), "1000ffffffffffff0000000000000000");
}

}  // namespace
}  // namespace ntm::protocol
