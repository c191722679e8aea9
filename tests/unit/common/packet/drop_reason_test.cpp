// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/drop_reason.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace ntm {
namespace {

TEST(DropReasons, HaveDifferentNamesAndSentences) {
    std::set<std::string_view> names;
    std::set<std::string_view> sentences;
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
        const DropReasonText& text = describe(static_cast<DropReason>(i));
        EXPECT_TRUE(names.insert(text.name).second) << text.name;
        EXPECT_TRUE(sentences.insert(text.sentence).second) << text.name;
    }
    EXPECT_EQ(names.size(), drop_reason_count);
}

TEST(DropReasons, HaveNamesFitForCountersAndTextsThatAreSentences) {
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
        const DropReasonText& text = describe(static_cast<DropReason>(i));
        ASSERT_FALSE(text.name.empty());
        EXPECT_TRUE(std::ranges::all_of(text.name, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        })) << text.name;
        ASSERT_GT(text.sentence.size(), 10U) << text.name;
        EXPECT_TRUE(text.sentence[0] >= 'A' && text.sentence[0] <= 'Z') << text.name;
        EXPECT_EQ(text.sentence.back(), '.') << text.name;
    }
}

TEST(DropReasons, AreDescribedByTheirOwnLineOfTheList) {
    std::size_t lines = 0;
#define DROP_REASON(reason, where, text)                                      \
    EXPECT_EQ(describe(DropReason::reason).name, #reason);                    \
    EXPECT_EQ(describe(DropReason::reason).sentence, std::string_view{text}); \
    EXPECT_EQ(describe(DropReason::reason).place, DropPlace::where);          \
    ++lines;
#include "common/packet/drop_reason.def"
#undef DROP_REASON
    EXPECT_EQ(lines + 1, drop_reason_count);
    EXPECT_EQ(describe(DropReason::none).name, "none");
}

TEST(DropReasons, BeginWithNoneSoThatAClearedPacketIsNotDropped) {
    EXPECT_EQ(DropReason{}, DropReason::none);
}

}  // namespace
}  // namespace ntm
