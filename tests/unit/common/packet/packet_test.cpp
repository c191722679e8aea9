// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/packet.hpp"

#include "common/base/random.hpp"
#include "tests/unit/common/packet/guarded_bytes.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

constexpr std::uint16_t head = 20;
constexpr std::uint16_t middle = 60;
constexpr std::uint16_t tail = 30;

Packet over(MutableByteView buffer) {
    Packet packet{};
    packet.begin = buffer.data() + head;
    packet.headroom = head;
    packet.length = middle;
    packet.capacity = head + middle + tail;
    return packet;
}

TEST(Packet, GrowsIntoAllOfItsHeadroom) {
    GuardedBytes buffer{Bytes(head + middle + tail)};
    Packet packet = over(buffer.bytes());
    packet.grow_front(head);
    EXPECT_EQ(packet.begin, buffer.bytes().data());
    EXPECT_EQ(packet.headroom, 0);
    EXPECT_EQ(packet.length, head + middle);
    EXPECT_EQ(packet.tailroom(), tail);
    EXPECT_EQ(packet.bytes().size(), std::size_t{head + middle});
}

TEST(Packet, ShrinksToNothing) {
    GuardedBytes buffer{Bytes(head + middle + tail)};
    Packet packet = over(buffer.bytes());
    packet.shrink_front(middle);
    EXPECT_EQ(packet.length, 0);
    EXPECT_EQ(packet.headroom, head + middle);
    EXPECT_TRUE(is_inside(packet.bytes(), buffer.view()));
}

TEST(Packet, TrimsItsEndOnly) {
    GuardedBytes buffer{Bytes(head + middle + tail)};
    Packet packet = over(buffer.bytes());
    packet.trim_to(middle);
    EXPECT_EQ(packet.tailroom(), tail);
    packet.trim_to(10);
    EXPECT_EQ(packet.begin, buffer.bytes().data() + head);
    EXPECT_EQ(packet.headroom, head);
    EXPECT_EQ(packet.length, 10);
    EXPECT_EQ(packet.tailroom(), tail + middle - 10);
    packet.trim_to(0);
    EXPECT_EQ(packet.tailroom(), tail + middle);
}

TEST(Packet, StaysInItsBufferWhateverIsCutAndAdded) {
    constexpr std::uint64_t seed = 11;
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    GuardedBytes buffer{Bytes(head + middle + tail)};
    Packet packet = over(buffer.bytes());
    for (int i = 0; i < 10'000; ++i) {
        const auto upto = [&](std::uint16_t most) {
            return static_cast<std::uint16_t>(random.below(most + std::uint64_t{1}));
        };
        switch (random.below(4)) {
            case 0:
                packet.grow_front(upto(packet.headroom));
                break;
            case 1:
                packet.shrink_front(upto(packet.length));
                break;
            case 2:
                packet.trim_to(upto(packet.length));
                break;
            default:
                packet = packet.length == 0 ? over(buffer.bytes()) : packet;
        }
        ASSERT_EQ(packet.headroom + packet.length + packet.tailroom(), head + middle + tail);
        ASSERT_EQ(packet.begin - packet.headroom, buffer.bytes().data());
        ASSERT_TRUE(is_inside(packet.bytes(), buffer.view()));
    }
}

TEST(Packet, EndsInOneFate) {
    Packet packet{};
    EXPECT_EQ(packet.fate, Fate::pending);
    packet.transmit(3);
    EXPECT_EQ(packet.fate, Fate::transmit);
    EXPECT_EQ(packet.port, 3);
    packet.punt(2);
    EXPECT_EQ(packet.fate, Fate::punt);
    EXPECT_EQ(packet.punt_class, 2);
    packet.drop(DropReason::no_route);
    EXPECT_EQ(packet.fate, Fate::drop);
    EXPECT_EQ(packet.reason, DropReason::no_route);
}

}  // namespace
}  // namespace ntm
