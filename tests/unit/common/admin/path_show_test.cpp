// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/path_show.hpp"

#include <gtest/gtest.h>

namespace ntm::admin {

namespace {

// Paths with the IDs 1 to `total`.
PathsToShow paths_up_to(std::size_t total) {
    const auto one = [total](PathId id) -> std::optional<Json> {
        return id.value >= 1 && id.value <= total ? std::optional{Json(id.text())} : std::nullopt;
    };
    const auto first = [total](std::size_t limit) {
        Json shown = Json::array();
        for (std::size_t i = 1; i <= total && i <= limit; ++i) {
            shown.push_back(PathId{i}.text());
        }
        return shown;
    };
    return {total, one, first};
}

std::size_t shown(const Answer& answer) {
    return answer->at("paths").size();
}

TEST(PathShow, ShowsAllPathsBesideTheirNumber) {
    const Answer answer = show_paths(Json::object(), paths_up_to(2));
    ASSERT_TRUE(answer);
    const Json expected{
        {"total", 2}, {"paths", Json::array({"0000000000000001", "0000000000000002"})}};
    EXPECT_EQ(*answer, expected);
}

TEST(PathShow, NoPathsAreAnEmptyList) {
    const Answer answer = show_paths(Json::object(), paths_up_to(0));
    ASSERT_TRUE(answer);
    EXPECT_EQ(*answer, (Json{{"total", 0}, {"paths", Json::array()}}));
}

TEST(PathShow, ALimitCutsTheListButNotTheNumber) {
    const Answer answer = show_paths({{"limit", 5}}, paths_up_to(9));
    ASSERT_TRUE(answer);
    EXPECT_EQ(shown(answer), 5U);
    EXPECT_EQ(answer->at("total"), 9);
    EXPECT_EQ(shown(show_paths({{"limit", 10}}, paths_up_to(9))), 9U);
}

TEST(PathShow, ALimitOfNothingIsRefused) {
    for (const int limit : {0, -1}) {
        const Answer answer = show_paths({{"limit", limit}}, paths_up_to(3));
        ASSERT_FALSE(answer) << limit;
        EXPECT_EQ(answer.error().code, "bad_argument");
        EXPECT_EQ(answer.error().hint, "it must be at least 1");
    }
    EXPECT_EQ(shown(show_paths({{"limit", 1}}, paths_up_to(3))), 1U);
}

TEST(PathShow, AThousandAreShownUnlessMoreAreAskedFor) {
    EXPECT_EQ(shown(show_paths(Json::object(), paths_up_to(1001))), 1000U);
    EXPECT_EQ(shown(show_paths({{"limit", 1001}}, paths_up_to(1001))), 1001U);
}

TEST(PathShow, AnIdPicksItsPath) {
    for (const char* id : {"2", "0002", "0000000000000002"}) {
        const Answer answer = show_paths({{"path_id", id}}, paths_up_to(3));
        ASSERT_TRUE(answer) << id;
        const Json expected{{"total", 3}, {"paths", Json::array({"0000000000000002"})}};
        EXPECT_EQ(*answer, expected) << id;
    }
    EXPECT_TRUE(show_paths({{"path_id", "A"}}, paths_up_to(10))) << "upper case";
}

TEST(PathShow, AnUnknownOrMalformedIdIsAnError) {
    for (const char* id : {"4", "", "x", "2x", "0x2", "-2", " 2", "00000000000000002222"}) {
        const Answer answer = show_paths({{"path_id", id}}, paths_up_to(3));
        ASSERT_FALSE(answer) << id;
        EXPECT_EQ(answer.error().code, "unknown_path") << id;
        EXPECT_EQ(answer.error().message, "no path " + std::string{id} + " here");
    }
}

TEST(PathShow, ArgumentsOfAnotherTypeAreTheClientsFault) {
    EXPECT_THROW(static_cast<void>(show_paths({{"path_id", 2}}, paths_up_to(3))), Json::exception);
    EXPECT_THROW(static_cast<void>(show_paths({{"limit", "2"}}, paths_up_to(3))), Json::exception);
}

}  // namespace

}  // namespace ntm::admin
