// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/wall_time.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

// `date -u -d 2026-11-30T10:00:00Z +%s`.
constexpr WallTime ten_o_clock{seconds{1796032800}};

TEST(WallTime, IsWrittenWithMicroseconds) {
    EXPECT_EQ(WallTime{}.text(), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(ten_o_clock.text(), "2026-11-30T10:00:00.000000Z");
    const WallTime leap{seconds{1709251199} + microseconds{7}};
    EXPECT_EQ(leap.text(), "2024-02-29T23:59:59.000007Z");
}

TEST(WallTime, IsReadAsRfc3339HasIt) {
    for (const char* text :
         {"2026-11-30T10:00:00Z",
          "2026-11-30t10:00:00z",
          "2026-11-30 10:00:00.0Z",
          "2026-11-30T19:00:00+09:00",
          "2026-11-29T22:30:00-11:30",
          "2026-11-30T10:00:00.0000009Z"}) {
        EXPECT_EQ(WallTime::parse(text), ten_o_clock) << text;
    }
    EXPECT_EQ(
        WallTime::parse("2026-11-30T10:00:00.25Z"),
        (WallTime{ten_o_clock.since_epoch + microseconds{250'000}})
    );
    EXPECT_EQ(WallTime::parse(ten_o_clock.text()), ten_o_clock);
}

TEST(WallTime, IsNothingElse) {
    for (const char* text :
         {"",
          "2026-11-30",
          "2026-11-30T10:00:00",
          "2026-11-30T10:00Z",
          "2026-02-29T10:00:00Z",
          "2026-13-01T10:00:00Z",
          "2026-11-30T24:00:00Z",
          "2026-11-30T10:60:00Z",
          "2026-11-30T10:00:60Z",
          "2026-11-30T10:00:00.Z",
          "2026-11-30T10:00:00+9:00",
          "2026-11-30T10:00:00+24:00",
          "2026-11-30T10:00:00Z ",
          "-026-11-30T10:00:00Z",
          "2026-11--3T10:00:00Z",
          "0000-01-01T00:00:00Z"}) {
        EXPECT_FALSE(WallTime::parse(text)) << text;
    }
}

}  // namespace
}  // namespace ntm
