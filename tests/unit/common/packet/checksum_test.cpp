// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/checksum.hpp"

#include "common/base/byte_order.hpp"

#include <array>

#include <gtest/gtest.h>

namespace ntm {
namespace {

std::uint16_t in_host_order(std::uint16_t raw) {
    return Be16::from_raw(raw).to_host();
}

// RFC 1071 section 4.1 taken by its words: byte by byte, the carries last, in host order.
std::uint16_t slow_sum(ByteView bytes) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? std::uint64_t{bytes[i]} << 8 : bytes[i];
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return static_cast<std::uint16_t>(sum);
}

// Section 3, the bytes 00 01 f2 03 f4 f5 f6 f7.
TEST(Checksum, GivesTheExampleOfRfc1071) {
    const Bytes bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    EXPECT_EQ(in_host_order(fold(sum_words(bytes))), 0xddf2);
    EXPECT_EQ(in_host_order(checksum_of(sum_words(bytes))), 0x220d);
}

// Section 2 (A): the order of the words does not matter; (B): nor does that of the bytes.
TEST(Checksum, DoesNotDependOnTheOrderOfWordsOrBytes) {
    const Bytes words{0xf6, 0xf7, 0xf2, 0x03, 0x00, 0x01, 0xf4, 0xf5};
    EXPECT_EQ(in_host_order(fold(sum_words(words))), 0xddf2);
    const Bytes swapped{0x01, 0x00, 0x03, 0xf2, 0xf5, 0xf4, 0xf7, 0xf6};
    EXPECT_EQ(in_host_order(fold(sum_words(swapped))), 0xf2dd);
}

TEST(Checksum, SumsEveryLengthOddOnesPaddedWithZero) {
    Bytes bytes;
    for (std::size_t size = 0; size <= 300; ++size) {
        ASSERT_EQ(in_host_order(fold(sum_words(bytes))), slow_sum(bytes)) << size;
        Bytes padded = bytes;
        padded.resize(size + size % 2);
        ASSERT_EQ(fold(sum_words(bytes)), fold(sum_words(padded))) << size;
        bytes.push_back(static_cast<std::uint8_t>(size * 37 + 251));
    }
}

TEST(Checksum, SumsTheLargestPacketOfTheLargestWords) {
    const Bytes bytes(65535, 0xff);
    EXPECT_EQ(in_host_order(fold(sum_words(bytes))), slow_sum(bytes));
    EXPECT_EQ(fold(sum_words(Bytes(65534, 0xff))), 0xffff);
}

TEST(Checksum, FoldsEveryCarry) {
    EXPECT_EQ(fold(0), 0);
    EXPECT_EQ(fold(0xffff), 0xffff);
    EXPECT_EQ(fold(0x10000), 1);
    EXPECT_EQ(fold(0x1ffff), 1);
    EXPECT_EQ(fold(0xffff'ffffU), 0xffff);
    EXPECT_EQ(fold(0xffff'ffff'ffffU), 0xffff);
    EXPECT_EQ(fold(0x1'0000'0000'0000U), 1);
    EXPECT_EQ(fold(0xffff'ffff'ffff'ffffU), 0xffff);
    EXPECT_EQ(fold_short(0), 0);
    EXPECT_EQ(fold_short(0xffff0), 0xffff);
    EXPECT_EQ(fold_short(0x1fffe), 0xffff);
    EXPECT_EQ(fold_short(0xfffeffff), 0xfffe);
}

TEST(Checksum, VerifiesAHeaderWithItsOwn) {
    // 10.0.0.1 to 10.0.0.2, 84 bytes of ICMP; the checksum 0x26a7 by hand.
    std::array<std::uint8_t, 20> header{0x45, 0, 0,  84, 0, 0, 0x40, 0, 64, 1,
                                        0,    0, 10, 0,  0, 1, 10,   0, 0,  2};
    EXPECT_EQ(in_host_order(checksum_of(sum_ipv4_header(header.data()))), 0x26a7);
    EXPECT_FALSE(is_valid_ipv4_sum(header.data()));
    store(header.data() + 10, Be16::from_host(0x26a7));
    EXPECT_TRUE(is_valid_ipv4_sum(header.data()));
    EXPECT_EQ(fold(sum_ipv4_header(header.data())), 0xffff);
}

TEST(Checksum, SumsThePseudoHeaderAsItsBytes) {
    for (const unsigned size : {8U, 255U, 256U, 1408U, 65535U}) {
        const auto length = static_cast<std::uint16_t>(size);
        const Bytes bytes{
            0, 17, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
        EXPECT_EQ(fold(sum_pseudo_header(17, length)), fold(sum_words(bytes)));
    }
}

// K-3.
TEST(UdpChecksum, SendsAComputedZeroAsAllOnesAndOnlyThat) {
    EXPECT_EQ(checksum_of(0xffff), 0);
    for (WordSum sum = 1; sum <= 0xffff; ++sum) {
        ASSERT_EQ(udp_checksum_of(sum), sum == 0xffff ? 0xffff : 0xffff - sum);
    }
}

// K-1.
// Section 4: HC = 0xdd2f, m = 0x5555, m' = 0x3285. Eqn. 2 gives 0xffff, eqn. 3 the right 0x0000.
TEST(UpdatedChecksum, GivesTheExampleOfRfc1624) {
    const auto delta = checksum_delta(Be16::from_host(0x5555).raw(), Be16::from_host(0x3285).raw());
    EXPECT_EQ(update_checksum(Be16::from_host(0xdd2f).raw(), delta), 0x0000);
    EXPECT_EQ(update_udp_checksum(Be16::from_host(0xdd2f).raw(), delta), 0xffff);
}

// K-2.
// Every old word to words at the edges, next to a word that keeps the whole from being nothing but
// zeros (no real header is), in which case alone +0 and -0 would differ.
TEST(UpdatedChecksum, IsTheWholeOneForEveryWordAndItsEdges) {
    for (WordSum before = 0; before <= 0xffff; ++before) {
        const WordSum kept = 0x4500 + before % 7;
        for (const WordSum after :
             {0x0000U, 0x0001U, 0x7fffU, 0x8000U, 0xbaffU, 0xfffeU, 0xffffU}) {
            const auto delta = checksum_delta(before, after);
            ASSERT_EQ(update_checksum(checksum_of(kept + before), delta), checksum_of(kept + after))
                << before << " to " << after;
            ASSERT_EQ(
                update_udp_checksum(udp_checksum_of(kept + before), delta),
                udp_checksum_of(kept + after)
            ) << before
              << " to " << after;
        }
    }
}

// K-1.
TEST(UpdatedChecksum, MeetsBothZeros) {
    // A sum of -0 has the checksum 0x0000; leaving it and coming back to it.
    const auto leave = checksum_delta(0x0001, 0x0003);
    const auto back = checksum_delta(0x0003, 0x0001);
    EXPECT_EQ(update_checksum(0x0000, leave), 0xfffd);
    EXPECT_EQ(update_checksum(0xfffd, back), 0x0000);
    // UDP's 0xffff stands for the same sum and comes back as 0xffff.
    EXPECT_EQ(update_udp_checksum(0xffff, leave), 0xfffd);
    EXPECT_EQ(update_udp_checksum(0xfffd, back), 0xffff);
    // Words that are both zeros of one's complement exchanged change nothing.
    EXPECT_EQ(update_checksum(0x1234, checksum_delta(0x0000, 0xffff)), 0x1234);
    EXPECT_EQ(update_checksum(0x1234, checksum_delta(0xffff, 0x0000)), 0x1234);
    EXPECT_EQ(update_checksum(0x0000, checksum_delta(0x5555, 0x5555)), 0x0000);
}

// K-3, K-4.
TEST(UpdatedChecksum, NeverTurnsUdpsIntoNone) {
    for (unsigned checksum = 1; checksum <= 0xffff; ++checksum) {
        // The delta that leads to a computed zero, and its neighbours.
        for (unsigned step = 0; step < 3; ++step) {
            const auto delta = static_cast<std::uint16_t>(checksum - 1 + step);
            ASSERT_NE(update_udp_checksum(static_cast<std::uint16_t>(checksum), delta), 0);
        }
    }
}

TEST(UpdatedChecksum, TakesManyWordsAsOneDelta) {
    Bytes packet(64);
    for (std::size_t i = 0; i < packet.size(); ++i) {
        packet[i] = static_cast<std::uint8_t>(i * 91);
    }
    const std::uint16_t before = checksum_of(sum_words(packet));
    const WordSum removed = sum_words(ByteView{packet}.subspan(12, 20));
    for (std::size_t i = 12; i < 32; ++i) {
        packet[i] = static_cast<std::uint8_t>(255 - i);
    }
    const WordSum added = sum_words(ByteView{packet}.subspan(12, 20));
    EXPECT_EQ(
        update_checksum(before, checksum_delta(removed, added)), checksum_of(sum_words(packet))
    );
}

}  // namespace
}  // namespace ntm
