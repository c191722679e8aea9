// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/bytes.hpp"

#include <utility>

#include <gtest/gtest.h>

namespace ntm {
namespace {

TEST(Hex, GoesBothWays) {
    const Bytes bytes{0x00, 0x0f, 0xa5, 0xff};
    EXPECT_EQ(to_hex(bytes), "000fa5ff");
    EXPECT_EQ(from_hex("000fa5ff"), bytes);
    EXPECT_EQ(from_hex("000FA5Ff"), bytes);
    EXPECT_EQ(from_hex(""), Bytes{});
    EXPECT_EQ(to_hex({}), "");
}

TEST(Hex, RefusesOddLengthsAndOtherDigits) {
    for (const char* const wrong : {"0", "000", "0g", "g0", " 0", "0x", "-1"}) {
        EXPECT_FALSE(from_hex(wrong)) << wrong;
    }
}

// RFC 4648 section 10.
TEST(Base64, AgreesWithTheRfc) {
    const std::pair<const char*, const char*> pairs[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [text, encoded] : pairs) {
        EXPECT_EQ(to_base64(as_bytes(text)), encoded);
        const auto decoded = from_base64(encoded);
        ASSERT_TRUE(decoded) << encoded;
        EXPECT_EQ(as_text(*decoded), text);
    }
    EXPECT_EQ(to_base64(Bytes{0xfb, 0xff, 0xbf}), "+/+/");
}

TEST(Base64, RefusesWhatIsNotCanonical) {
    for (const char* const wrong :
         {"Z",
          "Zg",
          "Zg=",
          "Zg===",
          "=Zg=",
          "Z===",
          "====",
          "Zg==Zg==",
          "Zh==",
          "Zm9=",
          "Zm9v\n",
          " m9v",
          "Zm-v",
          "Zm_v",
          "Zg=A"}) {
        EXPECT_FALSE(from_base64(wrong)) << wrong;
    }
}

TEST(Bytes, TextIsBorrowedAndCopied) {
    const std::string text{"a\0b", 3};
    EXPECT_EQ(as_bytes(text).size(), 3U);
    EXPECT_EQ(as_text(as_bytes(text)), text);
    Bytes bytes{1};
    append(bytes, Bytes{2, 3});
    append(bytes, {});
    EXPECT_EQ(bytes, (Bytes{1, 2, 3}));
}

}  // namespace
}  // namespace ntm
