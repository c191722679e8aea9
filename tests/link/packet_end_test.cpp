// SPDX-License-Identifier: BSD-3-Clause
#include "tests/link/packet_end.hpp"

#include <gtest/gtest.h>

namespace ntm::link {
namespace {

TEST(PacketEnd, PutsTheTagBehindTheAddresses) {
    Frame frame{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x08, 0x00, 0x45};
    insert_tag(frame, 0x8100, 0x2064);
    EXPECT_EQ(
        frame,
        (Frame{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0x00, 0x20, 0x64, 0x08, 0x00, 0x45})
    );
}

TEST(PacketEnd, NamesTheInterfaceThatThereIsNot) {
    const auto end = PacketEnd::open("nowhere");
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().substr(0, 9), "nowhere: ");
}

}  // namespace
}  // namespace ntm::link
