// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/scalar.hpp"

#include <gtest/gtest.h>

namespace ntm::config {

namespace {

using namespace std::chrono_literals;

TEST(Scalar, TakesDurationsWithAUnitOnly) {
    EXPECT_EQ(parse_duration("300ms"), Duration{300ms});
    EXPECT_EQ(parse_duration("30s"), Duration{30s});
    EXPECT_EQ(parse_duration("2h"), Duration{2h});
    EXPECT_EQ(parse_duration("1d"), Duration{24h});
    for (const char* wrong : {"", "30", "s", "-1s", "1.5s", "1 s", "1week", "99999999999999999d"}) {
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
    }
}

TEST(Scalar, PrintsDurationsThatItCanReadAgain) {
    EXPECT_EQ(duration_text(90s), "90s");
    EXPECT_EQ(duration_text(120s), "2m");
    EXPECT_EQ(duration_text(0s), "0s");
    EXPECT_EQ(parse_duration(duration_text(1500ms)), Duration{1500ms});
}

TEST(Scalar, TakesDecimalIntegersOnly) {
    EXPECT_EQ(parse_integer("-12"), -12);
    for (const char* wrong : {"", "0x1", "1e3", " 1", "1 ", "1_000", "9223372036854775808"}) {
        EXPECT_FALSE(parse_integer(wrong)) << wrong;
    }
}

}  // namespace

}  // namespace ntm::config
