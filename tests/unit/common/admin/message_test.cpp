// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/message.hpp"

#include <gtest/gtest.h>

namespace ntm::admin {

namespace {

TEST(AdminMessage, RequestIsReadAsItWasWritten) {
    const auto read = parse_request(request_line({"node", "add", Json{{"fqdn", "mn.a.test"}}}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->noun, "node");
    EXPECT_EQ(read->verb, "add");
    EXPECT_EQ(read->args["fqdn"], "mn.a.test");
}

TEST(AdminMessage, ShowIsTheDefaultVerb) {
    const auto read = parse_request(R"({"noun":"path"})");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->verb, "show");
    EXPECT_TRUE(read->args.is_object());
}

TEST(AdminMessage, RefusesWhatIsNoRequest) {
    for (const char* wrong :
         {"",
          "{",
          "[]",
          "7",
          "{}",
          R"({"noun":7})",
          R"({"noun":""})",
          R"({"noun":"a","verb":[]})",
          R"({"noun":"a","args":7})",
          "\xff\xfe"}) {
        const auto read = parse_request(wrong);
        ASSERT_FALSE(read) << wrong;
        EXPECT_EQ(read.error().code, "bad_request") << wrong;
    }
}

// S-16: what is nested needs stack wherever it is copied, freed or written.
TEST(AdminMessage, RefusesWhatIsNestedTooDeep) {
    const std::string deep =
        R"({"noun":"a","args":{"b":)" + std::string(60'000, '[') + std::string(60'000, ']') + "}}";
    const auto read = parse_request(deep);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, "bad_request");
    EXPECT_FALSE(parse_answer(R"({"ok":true,"data":)" + std::string(60'000, '[') + "]}"));
    const std::string shallow = std::string(60, '[') + std::string(60, ']');
    EXPECT_TRUE(parse_request(R"({"noun":"a","args":{"b":)" + shallow + "}}"));
    EXPECT_TRUE(
        parse_request(R"({"noun":"[[[\"[[[", "args":{"b":")" + std::string(100, '{') + "\"}}")
    );
}

TEST(AdminMessage, AnswerIsReadAsItWasWritten) {
    EXPECT_EQ(answer_line(Json{{"paths", 2}}), "{\"ok\":true,\"data\":{\"paths\":2}}\n");
    const auto read = parse_answer(answer_line(Json{{"paths", 2}}));
    ASSERT_TRUE(read);
    EXPECT_EQ((*read)["paths"], 2);
}

TEST(AdminMessage, ErrorIsReadAsItWasWritten) {
    const auto read = parse_answer(answer_line(Unexpected{AdminError{"busy", "too many", "wait"}}));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, "busy");
    EXPECT_EQ(read.error().message, "too many");
    EXPECT_EQ(read.error().hint, "wait");
}

TEST(AdminMessage, ReplacesBytesThatAreNoUtf8) {
    EXPECT_TRUE(parse_answer(answer_line(Json("\xff"))));
}

TEST(AdminMessage, RefusesWhatIsNoAnswer) {
    for (const char* wrong : {"", "[]", "{}", "{\"error\":7}"}) {
        EXPECT_FALSE(parse_answer(wrong)) << wrong;
    }
}

}  // namespace

}  // namespace ntm::admin
