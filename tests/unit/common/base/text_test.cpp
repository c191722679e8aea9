// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/text.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

using namespace std::string_view_literals;

TEST(Text, WhatIsShownStaysAsItIs) {
    for (const std::string_view text :
         {"rs1.a.ntm.test"sv, "B\u00fccher \u3042 \U0001f600"sv, ""sv, "\u00a0"sv}) {
        EXPECT_EQ(printable(text), text);
    }
}

TEST(Text, ControlCharactersOfBothSetsAreEscaped) {
    EXPECT_EQ(printable("a\x1b[2J\r\n\t\0\x7f"sv), "a\\x1b[2J\\x0d\\x0a\\x09\\x00\\x7f");
    // CSI as one character, which some terminals obey like ESC [.
    EXPECT_EQ(printable("\u009b2J"), "\\xc2\\x9b2J");
    EXPECT_EQ(printable("\u0080\u009f"), "\\xc2\\x80\\xc2\\x9f");
}

TEST(Text, WhatBreaksLinesOrTurnsThemIsEscaped) {
    EXPECT_EQ(printable("\u2028"), "\\xe2\\x80\\xa8");
    // NOLINTNEXTLINE(misc-misleading-bidirectional): that it misleads is what is asked for
    EXPECT_EQ(printable("\u202egpj.exe"), "\\xe2\\x80\\xaegpj.exe");
    for (const std::string_view mark : {"\u061c", "\u200f", "\u2069", "\ufeff"}) {
        EXPECT_EQ(printable(mark).substr(0, 2), "\\x") << mark;
    }
}

TEST(Text, WhatIsNoCharacterIsEscapedByteByByte) {
    EXPECT_EQ(printable("\x9b\xff"), "\\x9b\\xff");
    EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");  // overlong
    EXPECT_EQ(printable("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf");
    EXPECT_EQ(printable("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf");
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
    EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond the last
    EXPECT_EQ(printable("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80");
    EXPECT_EQ(printable("\xe3\x81"), "\\xe3\\x81");  // cut short
    EXPECT_EQ(printable("\xf0\x9f\x98!"), "\\xf0\\x9f\\x98!");
}

}  // namespace
}  // namespace ntm
