// SPDX-License-Identifier: BSD-3-Clause
#include "dc/general_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::dc {
namespace {

using namespace std::chrono_literals;
using dns::Answer;
using dns::RecordType;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Kind = NameFinding::Kind;

Answer nothing(const std::string& zone = "") {
    Answer answer;
    answer.kind = Answer::Kind::exists;
    answer.zone = zone;
    answer.ttl = 60s;
    return answer;
}

Answer no_such_name(const std::string& zone = "") {
    Answer answer = nothing(zone);
    answer.kind = Answer::Kind::no_such_name;
    return answer;
}

Answer addresses(const std::vector<const char*>& texts, Duration ttl = 60s) {
    Answer answer = nothing();
    for (const char* text : texts) {
        answer.addresses.push_back(*IpAddress::parse(text));
    }
    answer.ttl = ttl;
    return answer;
}

Answer texts(const std::vector<std::string>& records) {
    Answer answer = nothing();
    answer.texts = records;
    return answer;
}

Answer name_servers() {
    Answer answer = nothing();
    answer.has_name_servers = true;
    return answer;
}

class GeneralNamesTest : public testing::Test {
  protected:
    // "ns www.example.test" and so on.
    std::vector<std::string> asked() {
        std::vector<std::string> texts;
        for (NameQuestion& question : names.take_questions()) {
            const std::string text =
                std::string{spell(question.question.type)} + " " + question.question.name;
            texts.push_back(text);
            questions[text] = std::move(question);
        }
        return texts;
    }
    void answer(const std::string& question, const Answer& given) {
        static_cast<void>(asked());
        ASSERT_TRUE(questions.contains(question)) << question;
        names.handle_answer(questions.at(question), given, now);
    }
    void answer_addresses(const Answer& ipv4, const Answer& ipv6) {
        answer("a " + name, ipv4);
        answer("aaaa " + name, ipv6);
    }
    NameFinding found() {
        const auto all = names.take_found();
        EXPECT_EQ(all.size(), 1U);
        return all.empty() ? NameFinding{} : all.front().finding;
    }
    static const char* spell(RecordType type) {
        switch (type) {
            case RecordType::a:
                return "a";
            case RecordType::aaaa:
                return "aaaa";
            case RecordType::ns:
                return "ns";
            case RecordType::txt:
                break;
        }
        return "txt";
    }

    const std::string name = "www.example.test";
    Instant now{100s};
    GeneralNames names;
    std::map<std::string, NameQuestion> questions;
};

TEST_F(GeneralNamesTest, AsksForTheZoneAndTheAddressesAtOnce) {
    EXPECT_TRUE(names.inquire(name, now));
    EXPECT_THAT(
        asked(),
        UnorderedElementsAre("ns www.example.test", "a www.example.test", "aaaa www.example.test")
    );
    EXPECT_TRUE(names.inquire(name, now));
    EXPECT_THAT(asked(), IsEmpty()) << "it is under way";
}

TEST_F(GeneralNamesTest, WalksUpToTheZoneAndFindsAGeneralNode) {
    ASSERT_TRUE(names.inquire(name, now));
    answer_addresses(addresses({"198.51.100.80"}), addresses({"2001:db8::80"}));
    answer("ns www.example.test", nothing());
    EXPECT_THAT(asked(), ElementsAre("ns example.test"));
    answer("ns example.test", name_servers());
    EXPECT_THAT(asked(), ElementsAre("txt example.test"));
    EXPECT_THAT(names.take_found(), IsEmpty()) << "it may be a DC's";
    answer("txt example.test", texts({"v=spf1 -all", "v=ntm10"}));
    const NameFinding finding = found();
    EXPECT_EQ(finding.kind, Kind::general);
    EXPECT_THAT(
        finding.addresses,
        ElementsAre(*IpAddress::parse("198.51.100.80"), *IpAddress::parse("2001:db8::80"))
    );
}

TEST_F(GeneralNamesTest, GoesStraightToTheZoneThatAnAnswerTells) {
    ASSERT_TRUE(names.inquire("a.b.c.example.test", now));
    answer("ns a.b.c.example.test", no_such_name("example.test"));
    EXPECT_THAT(asked(), ElementsAre("txt example.test"));
}

TEST_F(GeneralNamesTest, DoesNotTakeAZoneThatIsNotAboveTheName) {
    ASSERT_TRUE(names.inquire(name, now));
    answer("ns www.example.test", nothing("cdn.test"));
    EXPECT_THAT(asked(), ElementsAre("ns example.test"));
}

TEST_F(GeneralNamesTest, ANameOfAnotherDcsZoneIsNoGeneralNode) {
    ASSERT_TRUE(names.inquire(name, now));
    answer_addresses(addresses({"198.51.100.80"}), nothing());
    answer("ns www.example.test", no_such_name("example.test"));
    answer("txt example.test", texts({"v=ntm1 k=abc a=192.0.2.1"}));
    const NameFinding finding = found();
    EXPECT_EQ(finding.kind, Kind::other_dc);
    EXPECT_EQ(finding.zone, "example.test");
}

TEST_F(GeneralNamesTest, NoDcHasAZoneOfOneLabel) {
    ASSERT_TRUE(names.inquire(name, now));
    answer("ns www.example.test", no_such_name("test"));
    answer_addresses(no_such_name(), no_such_name());
    EXPECT_THAT(asked(), IsEmpty());
    EXPECT_EQ(found().kind, Kind::unknown);
}

TEST_F(GeneralNamesTest, OneFamilyIsEnough) {
    ASSERT_TRUE(names.inquire(name, now));
    answer("ns www.example.test", nothing("test"));
    answer_addresses(Answer{}, addresses({"2001:db8::80"}));
    EXPECT_EQ(found().kind, Kind::general);
}

TEST_F(GeneralNamesTest, ANameWithoutAddressesIsUnknownOnlyIfTheResolversSaySo) {
    ASSERT_TRUE(names.inquire(name, now));
    answer("ns www.example.test", nothing("test"));
    answer_addresses(nothing(), nothing());
    EXPECT_EQ(found().kind, Kind::unknown);
    ASSERT_TRUE(names.inquire("other.test", now));
    answer("ns other.test", nothing("test"));
    answer("a other.test", nothing());
    answer("aaaa other.test", Answer{});
    EXPECT_EQ(found().kind, Kind::unclear);
}

TEST_F(GeneralNamesTest, WhatCanNotBeToldToBeNoDcsIsUnclear) {
    for (const char* silent : {"ns www.example.test", "txt example.test"}) {
        ASSERT_TRUE(names.inquire(name, now));
        answer_addresses(addresses({"198.51.100.80"}), nothing());
        if (silent[0] == 't') {
            answer("ns www.example.test", nothing("example.test"));
        }
        answer(silent, Answer{});
        EXPECT_EQ(found().kind, Kind::unclear) << silent;
        EXPECT_EQ(names.find(name, now), nullptr) << "it is asked again";
    }
}

TEST_F(GeneralNamesTest, KeepsWhatItFoundForTheTtlWithinBounds) {
    for (const auto& [ttl, kept] : {std::pair{60s, 60s}, {0s, 5s}, {86400s, 300s}}) {
        ASSERT_TRUE(names.inquire(name, now));
        Answer zone = nothing("test");
        zone.ttl = 100h;
        answer("ns www.example.test", zone);
        Answer none = nothing();
        none.ttl = 100h;
        answer_addresses(addresses({"198.51.100.80"}, ttl), none);
        static_cast<void>(found());
        EXPECT_NE(names.find(name, now + kept - 1ms), nullptr) << kept.count();
        EXPECT_EQ(names.find(name, now + kept), nullptr) << kept.count();
        now += 1h;
    }
}

TEST_F(GeneralNamesTest, GivesUpAfterItsPatienceAndForgetsWhatComesLater) {
    ASSERT_TRUE(names.inquire(name, now));
    static_cast<void>(asked());
    EXPECT_EQ(names.next_timeout(), now + GeneralNames::patience);
    now += GeneralNames::patience;
    names.handle_timeout(now);
    EXPECT_EQ(found().kind, Kind::unclear);
    EXPECT_EQ(names.next_timeout(), Instant::never());
    answer("a www.example.test", addresses({"198.51.100.80"}));
    EXPECT_THAT(names.take_found(), IsEmpty());
    EXPECT_EQ(names.under_way(), 0U);
}

TEST_F(GeneralNamesTest, DoesNotWalkForEver) {
    std::string deep = "example.test";
    for (int i = 0; i < 20; ++i) {
        deep.insert(0, "a.");
    }
    ASSERT_TRUE(names.inquire(deep, now));
    for (int steps = 0; names.under_way() != 0; ++steps) {
        ASSERT_LT(steps, 10);
        for (const NameQuestion& question : names.take_questions()) {
            if (question.question.type == RecordType::ns) {
                names.handle_answer(question, nothing(), now);
            }
        }
    }
    EXPECT_EQ(found().kind, Kind::unclear);
}

TEST_F(GeneralNamesTest, BoundsWhatIsUnderWayAndWhatItKeeps) {
    const auto spelt = [](std::size_t i) {
        return "n" + std::to_string(i) + ".test";
    };
    for (std::size_t i = 0; i < GeneralNames::most_under_way; ++i) {
        ASSERT_TRUE(names.inquire(spelt(i), now));
    }
    EXPECT_FALSE(names.inquire("one.more", now));
    now += GeneralNames::patience;
    names.handle_timeout(now);
    static_cast<void>(names.take_questions());
    for (std::size_t i = 0; i < GeneralNames::most_kept + 10; ++i) {
        ASSERT_TRUE(names.inquire(spelt(i), now));
        for (const NameQuestion& question : names.take_questions()) {
            names.handle_answer(question, nothing("test"), now);
        }
        now += 1us;
    }
    EXPECT_EQ(names.kept(), GeneralNames::most_kept);
    EXPECT_EQ(names.find(spelt(0), now), nullptr) << "the first to end made room";
    EXPECT_NE(names.find(spelt(GeneralNames::most_kept), now), nullptr);
}

}  // namespace
}  // namespace ntm::dc
