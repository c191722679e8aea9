// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/byte_order.hpp"

#include "common/base/bytes.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

TEST(BigEndian, LiesInWireOrderInMemory) {
    std::array<std::uint8_t, 8> bytes{};
    store(bytes.data(), Be16::from_host(0x0102));
    EXPECT_EQ(to_hex(bytes), "0102000000000000");
    store(bytes.data(), Be32::from_host(0x01020304));
    EXPECT_EQ(to_hex(bytes), "0102030400000000");
    store(bytes.data(), Be64::from_host(0x0102030405060708));
    EXPECT_EQ(to_hex(bytes), "0102030405060708");
}

TEST(BigEndian, HostAndRawConvertBack) {
    EXPECT_EQ(Be16::from_host(0xa1b2).to_host(), 0xa1b2);
    EXPECT_EQ(Be32::from_host(0xa1b2c3d4).to_host(), 0xa1b2c3d4U);
    EXPECT_EQ(Be64::from_host(0xa1b2c3d4e5f60718).to_host(), 0xa1b2c3d4e5f60718U);
    EXPECT_EQ(Be32::from_raw(Be32::from_host(7).raw()), Be32::from_host(7));
    EXPECT_NE(Be32::from_host(7), Be32::from_host(8));
}

TEST(BigEndian, LoadsFromUnalignedMemory) {
    const Bytes bytes = *from_hex("ff0102030405060708");
    EXPECT_EQ(load<Be32>(bytes.data() + 1).to_host(), 0x01020304U);
    EXPECT_EQ(load<Be64>(bytes.data() + 1).to_host(), 0x0102030405060708U);
}

TEST(BigEndian, ConvertsInConstantExpressions) {
    static_assert(Be16::from_host(0x0102).to_host() == 0x0102);
    static_assert(std::endian::native != std::endian::little || Be16::from_host(1).raw() == 0x0100);
    SUCCEED();
}

}  // namespace
}  // namespace ntm
