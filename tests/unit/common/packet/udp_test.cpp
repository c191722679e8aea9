// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/udp.hpp"

#include "tests/unit/common/packet/guarded_bytes.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

// Ports 4000 and 9770, checksum 0x0100.
Bytes datagram(std::size_t payload) {
    Bytes bytes{0x0f, 0xa0, 0x26, 0x2a, 0, 0, 0x01, 0x00};
    bytes.resize(UdpView::size + payload, 0xaa);
    store(bytes.data() + 4, Be16::from_host(static_cast<std::uint16_t>(bytes.size())));
    return bytes;
}

TEST(UdpView, RefusesEveryTruncation) {
    const Bytes whole = datagram(9);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const GuardedBytes cut{ByteView{whole}.first(size)};
        const auto view = UdpView::parse(cut.view());
        ASSERT_FALSE(view) << size;
        EXPECT_EQ(view.error(), DropReason::bad_udp_length);
    }
}

TEST(UdpView, TakesNoLengthButThePackets) {
    for (const std::size_t payload : {0U, 1U, 100U}) {
        GuardedBytes guarded{datagram(payload)};
        for (std::size_t length = 0; length <= 0xffff; ++length) {
            store(guarded.bytes().data() + 4, Be16::from_host(static_cast<std::uint16_t>(length)));
            const auto view = UdpView::parse(guarded.view());
            ASSERT_EQ(view.has_value(), length == guarded.view().size()) << length;
            if (!view) {
                ASSERT_EQ(view.error(), DropReason::bad_udp_length);
            }
        }
    }
}

TEST(UdpView, RefusesBytesBehindTheDatagram) {
    Bytes bytes = datagram(4);
    bytes.push_back(0);
    EXPECT_FALSE(UdpView::parse(bytes));
}

TEST(UdpView, RefusesMoreThanItsLengthFieldCanSay) {
    // 2^16 + 8 bytes, whose lower 16 bits are the field's.
    Bytes bytes = datagram(0);
    bytes.resize(0x10000 + UdpView::size);
    EXPECT_FALSE(UdpView::parse(bytes));
}

TEST(UdpView, ReadsPortsAndPayload) {
    const GuardedBytes guarded{datagram(3)};
    const auto view = UdpView::parse(guarded.view());
    ASSERT_TRUE(view);
    EXPECT_EQ(view->source(), Port{4000});
    EXPECT_EQ(view->destination(), Port{9770});
    EXPECT_EQ(to_hex(view->payload()), "aaaaaa");
    EXPECT_TRUE(is_inside(view->payload(), guarded.view()));
}

TEST(UdpView, TakesADatagramOfNothing) {
    const GuardedBytes guarded{datagram(0)};
    const auto view = UdpView::parse(guarded.view());
    ASSERT_TRUE(view);
    EXPECT_TRUE(view->payload().empty());
}

TEST(UdpView, HasNoChecksumOnlyIfBothBytesAreZero) {
    Bytes bytes = datagram(0);
    for (unsigned checksum = 0; checksum <= 0xffff; ++checksum) {
        store(bytes.data() + 6, Be16::from_host(static_cast<std::uint16_t>(checksum)));
        ASSERT_EQ(UdpView::parse(bytes)->has_checksum(), checksum != 0);
    }
}

}  // namespace
}  // namespace ntm
