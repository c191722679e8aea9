// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/ipv4.hpp"

#include "common/packet/ethernet.hpp"
#include "common/packet/packet_builder.hpp"
#include "tests/unit/common/packet/guarded_bytes.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

// The IP packet of a frame.
Bytes without_ethernet(const PacketBuilder& builder) {
    Bytes frame = builder.build();
    frame.erase(frame.begin(), frame.begin() + EthernetView::size);
    return frame;
}

PacketBuilder example() {
    return eth().ipv4("192.0.2.1", "198.51.100.20").udp(4000, 9770).payload_of(5);
}

// A packet with a header of `words` words.
Bytes with_header_of(std::size_t words) {
    return without_ethernet(example().ipv4_options(Bytes((words - 5) * 4, 1)));
}

DropReason error_of(ByteView bytes) {
    const GuardedBytes guarded{bytes};
    const auto view = Ipv4View::parse(guarded.view());
    return view ? DropReason::none : view.error();
}

TEST(Ipv4View, RefusesEveryTruncationWhateverTheHeaderLength) {
    for (std::size_t words = 5; words <= 15; ++words) {
        const Bytes packet = with_header_of(words);
        for (std::size_t size = 0; size < packet.size(); ++size) {
            ASSERT_EQ(error_of(ByteView{packet}.first(size)), DropReason::truncated_ipv4)
                << words << " words, " << size << " bytes";
        }
        EXPECT_EQ(error_of(packet), DropReason::none);
    }
}

TEST(Ipv4View, RefusesAHeaderLengthBelowFiveWords) {
    Bytes packet = without_ethernet(example());
    for (std::uint8_t words = 0; words < 5; ++words) {
        packet[0] = static_cast<std::uint8_t>(0x40 | words);
        EXPECT_EQ(error_of(packet), DropReason::bad_ipv4_header) << int{words};
    }
}

TEST(Ipv4View, RefusesAHeaderLongerThanThePacket) {
    Bytes packet = without_ethernet(example());
    ASSERT_EQ(packet.size(), 33U);
    for (std::uint8_t words = 5; words <= 15; ++words) {
        packet[0] = static_cast<std::uint8_t>(0x40 | words);
        const DropReason expected = words <= 8 ? DropReason::none : DropReason::truncated_ipv4;
        EXPECT_EQ(error_of(packet), expected) << int{words};
    }
}

TEST(Ipv4View, RefusesEveryOtherVersion) {
    Bytes packet = without_ethernet(example());
    for (unsigned version = 0; version < 16; ++version) {
        packet[0] = static_cast<std::uint8_t>(version << 4 | 5);
        const DropReason expected = version == 4 ? DropReason::none : DropReason::bad_ipv4_header;
        EXPECT_EQ(error_of(packet), expected) << version;
    }
}

TEST(Ipv4View, TakesATotalLengthOnlyBetweenHeaderAndInput) {
    for (const std::size_t words : {5U, 6U, 15U}) {
        GuardedBytes packet{with_header_of(words)};
        for (std::size_t length = 0; length <= 0xffff; ++length) {
            store(packet.bytes().data() + 2, Be16::from_host(static_cast<std::uint16_t>(length)));
            const auto view = Ipv4View::parse(packet.view());
            const bool is_true = length >= words * 4 && length <= packet.view().size();
            ASSERT_EQ(view.has_value(), is_true) << length;
            if (!view) {
                ASSERT_EQ(view.error(), DropReason::truncated_ipv4);
                continue;
            }
            ASSERT_EQ(view->payload().size(), length - words * 4);
            ASSERT_TRUE(is_inside(view->payload(), packet.view()));
        }
    }
}

TEST(Ipv4View, LeavesPaddingBehindThePacketOut) {
    const Bytes packet = without_ethernet(example().padding(13));
    const auto view = Ipv4View::parse(packet);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->total_length(), 33);
    EXPECT_EQ(view->payload().size(), 13U);
}

TEST(Ipv4View, ReadsEveryField) {
    const GuardedBytes packet{
        without_ethernet(example().ttl(9).traffic_class(0xb9).protocol(ip_protocol::tcp))};
    const auto view = Ipv4View::parse(packet.view());
    ASSERT_TRUE(view);
    EXPECT_EQ(view->header_length(), 20U);
    EXPECT_FALSE(view->has_options());
    EXPECT_EQ(view->tos(), 0xb9);
    EXPECT_EQ(view->ttl(), 9);
    EXPECT_EQ(view->protocol(), ip_protocol::tcp);
    EXPECT_EQ(IpAddress{view->source()}.text(), "192.0.2.1");
    EXPECT_EQ(IpAddress{view->destination()}.text(), "198.51.100.20");
    EXPECT_EQ(load<Ipv4Address>(view->source_bytes()), view->source());
    EXPECT_EQ(load<Ipv4Address>(view->destination_bytes()), view->destination());
    EXPECT_TRUE(view->has_valid_checksum());
}

TEST(Ipv4View, SkipsOptions) {
    for (std::size_t words = 6; words <= 15; ++words) {
        const Bytes packet = with_header_of(words);
        const auto view = Ipv4View::parse(packet);
        ASSERT_TRUE(view);
        EXPECT_TRUE(view->has_options());
        EXPECT_EQ(view->header_length(), words * 4);
        EXPECT_EQ(view->payload().size(), 13U);
        EXPECT_EQ(view->payload().data(), packet.data() + words * 4);
        EXPECT_TRUE(view->has_valid_checksum());
    }
}

TEST(Ipv4View, SeesEveryFlippedBitOfTheHeaderInItsChecksum) {
    for (const std::size_t words : {5U, 9U}) {
        Bytes packet = with_header_of(words);
        // Not those of version and lengths, which make it another view or none.
        for (std::size_t bit = 32; bit < words * 4 * 8; ++bit) {
            const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
            packet[bit / 8] ^= mask;
            const auto view = Ipv4View::parse(packet);
            ASSERT_TRUE(view);
            EXPECT_FALSE(view->has_valid_checksum()) << bit;
            packet[bit / 8] ^= mask;
        }
        packet.back() ^= 0xff;
        EXPECT_TRUE(Ipv4View::parse(packet)->has_valid_checksum());
    }
}

TEST(Ipv4View, TellsFragmentsFromWholePackets) {
    struct Case {
        std::uint16_t field;
        bool is_fragment;
        bool is_first;
    };
    for (const Case& one :
         {Case{0x0000, false, true},   // whole
          Case{0x4000, false, true},   // don't fragment
          Case{0x8000, false, true},   // reserved
          Case{0x2000, true, true},    // more follow
          Case{0x2001, true, false},   // a middle one
          Case{0x0001, true, false},   // the last
          Case{0x1fff, true, false},   // as far back as can be
          Case{0x0100, true, false}})  // an offset in the upper byte only
    {
        const Bytes packet = without_ethernet(example().fragment_field(one.field));
        const auto view = Ipv4View::parse(packet);
        ASSERT_TRUE(view);
        EXPECT_EQ(view->is_fragment(), one.is_fragment) << std::hex << one.field;
        EXPECT_EQ(view->is_first_fragment(), one.is_first) << std::hex << one.field;
    }
}

}  // namespace
}  // namespace ntm
