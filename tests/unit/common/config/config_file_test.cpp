// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/config_file.hpp"

#include <gtest/gtest.h>

namespace ntm::config {

namespace {

// Where the first wrong character is, as "line:column"; "" if all are good.
std::string place_of_bad(const std::string& text) {
    const auto checked = check_characters(text);
    return checked ? ""
                   : std::to_string(checked.error().line) + ":" +
                         std::to_string(checked.error().column);
}

TEST(ConfigFile, TakesUtf8AndCountsItsCharacters) {
    EXPECT_EQ(place_of_bad("a: 1\r\n\tb\n"), "");
    EXPECT_EQ(place_of_bad("\xef\xbb\xbf# \xc3\xa9 \xe4\xb8\xad \xf0\x9f\x99\x82\n"), "");
    EXPECT_EQ(place_of_bad("a\n\xc3\xa9\x01"), "2:2");
    EXPECT_EQ(place_of_bad("\x7f"), "1:1");
}

TEST(ConfigFile, RefusesWhatIsNoUtf8) {
    // Alone, cut short, overlong, a surrogate, beyond Unicode: RFC 3629 section 4.
    for (const char* bytes :
         {"\x80",
          "\xc3",
          "\xc3(",
          "\xc0\x80",
          "\xe0\x80\x80",
          "\xe4\xb8",
          "\xed\xa0\x80",
          "\xf0\x80\x80\x80",
          "\xf4\x90\x80\x80",
          "\xf8\x88\x80\x80\x80",
          "\xff"}) {
        EXPECT_EQ(place_of_bad(std::string{"ab"} + bytes), "1:3");
    }
}

TEST(ConfigFile, QuotesSoThatATerminalIsLeftAlone) {
    EXPECT_EQ(in_quotes("a\x1b[2Jb\n"), "\"a\\x1b[2Jb\\x0a\"");
    EXPECT_EQ(in_quotes("\xff"), "\"\\xff\"");
    EXPECT_EQ(in_quotes(std::string(100, 'a')), "\"" + std::string(60, 'a') + "...\"");
    // Never through the middle of a character.
    const std::string long_text = std::string(59, 'a') + "\xc3\xa9";
    EXPECT_EQ(in_quotes(long_text), "\"" + std::string(59, 'a') + "...\"");
}

TEST(ConfigFile, NestsSixteenDeep) {
    const auto nested = [](std::size_t depth) {
        return "a: " + std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(check_shape(nested(deepest_nesting - 1)));
    EXPECT_FALSE(check_shape(nested(deepest_nesting)));
}

}  // namespace

}  // namespace ntm::config
