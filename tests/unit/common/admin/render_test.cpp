// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/render.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::admin {

namespace {

using testing::HasSubstr;

TEST(Render, ObjectsBecomeLinesAndListsTables) {
    const Json data{
        {"name", "rs1"},
        {"uptime_seconds", 3},
        {"key", nullptr},
        {"up", true},
        {"addresses", {"a", "b"}},
        {"dcs",
         {{{"name", "dc1"}, {"paths", 2}}, {{"name", "long-name"}, {"rtt_milliseconds", 1.5}}}}};
    EXPECT_EQ(
        render(data),
        "name        rs1\n"
        "uptime (s)  3\n"
        "key         -\n"
        "up          yes\n"
        "addresses   a, b\n"
        "dcs:\n"
        "  name       paths  rtt (ms)\n"
        "  dc1        2      -\n"
        "  long-name  -      1.5\n"
    );
}

TEST(Render, NumbersHaveNoMoreDecimalsThanTheyNeed) {
    const Json data{
        {"cycles_per_second", 2600000000.0},
        {"rtt_milliseconds", 1.514726},
        {"age_seconds", 12.5},
        {"small", 0.0001},
        {"negative", -0.0001},
        {"huge", 1e300},
        {"count", 100}};
    const std::string text = render(data);
    EXPECT_THAT(text, HasSubstr("cycles/s  2600000000\n"));
    EXPECT_THAT(text, HasSubstr("rtt (ms)  1.515\n"));
    EXPECT_THAT(text, HasSubstr("age (s)   12.5\n"));
    EXPECT_THAT(text, HasSubstr("small     0\n"));
    EXPECT_THAT(text, HasSubstr("negative  0\n"));
    EXPECT_THAT(text, HasSubstr("count     100\n"));
    EXPECT_THAT(text, testing::ContainsRegex("huge      1[0-9]+\n"));
}

TEST(Render, SaysNothingToTheTerminal) {
    EXPECT_EQ(
        render(Json{{"a\x1b", "\x1b[2J\nfake line\u009b2J"}}),
        "a\\x1b  \\x1b[2J\\x0afake line\\xc2\\x9b2J\n"
    );
}

TEST(Render, NestedPartsStandUnderTheirRow) {
    const Json data = Json::array({{{"id", 7}, {"legs", {{{"role", "initiator"}}}}}, {{"id", 8}}});
    EXPECT_EQ(
        render(data),
        "id\n"
        "7\n"
        "  legs:\n"
        "    role\n"
        "    initiator\n"
        "8\n"
    );
}

TEST(Render, EmptyAnswersAreShort) {
    EXPECT_EQ(render(Json::array()), "none\n");
    EXPECT_EQ(render(Json::object()), "");
    EXPECT_EQ(render(Json("text")), "text\n");
}

}  // namespace

}  // namespace ntm::admin
