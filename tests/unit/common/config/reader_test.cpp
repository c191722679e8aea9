// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/reader.hpp"

#include "common/config/shared_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::config {

namespace {

using std::chrono::seconds;

// The problems of a text as lines, "" for none.
std::string problems(const std::string& text, const std::function<void(Section&)>& walk) {
    const auto done = read_text(text, "f.yaml", walk);
    return done ? "" : done.error().text();
}

TEST(Reader, ReadsEveryType) {
    const std::string text = R"(
name: rs1
port: 9770
idle: true
every: 300ms
driver: af_xdp
address: 2001:db8::1
endpoint: "[2001:db8::1]:9770"
block: 198.18.0.0/17
names: [a.test, b.test]
addresses: [198.51.100.20/24, "2001:db8:1::20/64"]
gateways: [198.51.100.1]
dcs: ["203.0.113.10:9770"]
suites: [two, one]
)";
    const auto done = read_text(text, "f.yaml", [](Section& root) {
        EXPECT_EQ(root.text("name"), "rs1");
        EXPECT_EQ(root.port("port"), Port{9770});
        EXPECT_TRUE(root.boolean("idle"));
        EXPECT_EQ(root.duration("every", {seconds{0}, seconds{1}}), std::chrono::milliseconds{300});
        EXPECT_EQ(root.choice("driver", {"af_packet", "af_xdp"}), "af_xdp");
        EXPECT_EQ(root.address("address"), IpAddress::parse("2001:db8::1"));
        EXPECT_EQ(root.endpoint("endpoint"), Endpoint::parse("[2001:db8::1]:9770"));
        EXPECT_EQ(root.prefix("block"), Prefix::parse("198.18.0.0/17"));
        EXPECT_THAT(root.texts("names", Need::required), testing::ElementsAre("a.test", "b.test"));
        EXPECT_EQ(root.interface_addresses("addresses", Need::required).size(), 2U);
        EXPECT_EQ(root.addresses("gateways", Need::required).size(), 1U);
        EXPECT_EQ(root.endpoints("dcs", Need::required).size(), 1U);
        EXPECT_THAT(
            root.choices("suites", {"one", "two"}, Need::required),
            testing::ElementsAre("two", "one")
        );
    });
    EXPECT_TRUE(done) << done.error().text();
}

TEST(Reader, TakesTheFallbackOfAnAbsentKey) {
    const auto done = read_text("", "f.yaml", [](Section& root) {
        EXPECT_EQ(root.text("name", "x"), "x");
        EXPECT_EQ(root.integer("count", {1, 2}, 7), 7);
        EXPECT_EQ(root.port("port", Port{1}), Port{1});
        EXPECT_TRUE(root.boolean("idle", true));
        EXPECT_EQ(root.choice("driver", {"a"}, "none"), "none");
        EXPECT_TRUE(root.texts("names", Need::optional).empty());
        root.section("log", Need::optional, [](Section&) { ADD_FAILURE(); });
        EXPECT_EQ(read_log_level(root), "info");
    });
    EXPECT_TRUE(done) << done.error().text();
}

TEST(Reader, NamesAMissingKeyWithThePlaceOfItsSection) {
    const std::string text = "a: 1\nlisten:\n  host: x\n";
    EXPECT_EQ(
        problems(
            text,
            [](Section& root) {
                (void)root.integer("a", {0, 9});
                root.section("listen", Need::required, [](Section& listen) {
                    (void)listen.text("host");
                    (void)listen.port("port");
                });
            }
        ),
        "f.yaml:3:3: \"port\" is missing"
    );
}

TEST(Reader, SuggestsTheNearestKeyForAnUnknownOne) {
    EXPECT_EQ(
        problems(
            "name: x\nlisten_prot: 9770\n",
            [](Section& root) {
                (void)root.text("name");
                (void)root.port("listen_port", Port{1});
            }
        ),
        "f.yaml:2:1: unknown key \"listen_prot\"; allowed: name, listen_port; did you mean "
        "\"listen_port\"?"
    );
}

TEST(Reader, RefusesADuplicateKey) {
    EXPECT_EQ(
        problems("name: x\nname: y\n", [](Section& root) { (void)root.text("name"); }),
        "f.yaml:2:1: \"name\" is there twice; allowed: each key once"
    );
}

TEST(Reader, SaysTypeAndRangeAtTheValue) {
    const auto walk = [](Section& root) {
        (void)root.port("port");
    };
    const std::string allowed = "; allowed: a whole number from 1 to 65535";
    EXPECT_EQ(problems("port: 0", walk), "f.yaml:1:7: \"port\" can not be \"0\"" + allowed);
    EXPECT_EQ(problems("port: 65536", walk), "f.yaml:1:7: \"port\" can not be \"65536\"" + allowed);
    EXPECT_EQ(problems("port: 0x10", walk), "f.yaml:1:7: \"port\" can not be \"0x10\"" + allowed);
    EXPECT_EQ(
        problems("port: '70'", walk),
        "f.yaml:1:7: \"port\" can not be \"70\"" + allowed + " (without quotes)"
    );
    EXPECT_EQ(
        problems("idle: 'true'", [](Section& root) { (void)root.boolean("idle"); }),
        "f.yaml:1:7: \"idle\" can not be \"true\"; allowed: true, false (without quotes)"
    );
    EXPECT_EQ(problems("port: [1]", walk), "f.yaml:1:7: \"port\" is a list" + allowed);
    EXPECT_EQ(problems("port: {a: 1}", walk), "f.yaml:1:7: \"port\" is a map" + allowed);
    EXPECT_EQ(
        problems("idle: yes", [](Section& root) { (void)root.boolean("idle"); }),
        "f.yaml:1:7: \"idle\" can not be \"yes\"; allowed: true, false"
    );
    EXPECT_EQ(
        problems(
            "every: 90s",
            [](Section& root) {
                (void)root.duration("every", {seconds{1}, seconds{60}});
            }
        ),
        "f.yaml:1:8: \"every\" can not be \"90s\"; allowed: a number with us, ms, s, m, h or d, "
        "from "
        "1s to 1m"
    );
}

TEST(Reader, ReportsEverythingInTheOrderOfTheFile) {
    const std::string found = problems("z: 1\na: x\nb: x\n", [](Section& root) {
        (void)root.integer("b", {0, 1});
        (void)root.integer("a", {0, 1});
    });
    EXPECT_EQ(found.find("f.yaml:1:1: unknown key \"z\""), 0U);
    EXPECT_LT(found.find("f.yaml:2:4"), found.find("f.yaml:3:4"));
}

TEST(Reader, SuggestsTheNearestChoice) {
    EXPECT_EQ(
        problems(
            "driver: af_xpd",
            [](Section& root) {
                (void)root.choice("driver", {"af_xdp", "af_packet"});
            }
        ),
        "f.yaml:1:9: \"driver\" can not be \"af_xpd\"; allowed: af_xdp, af_packet; did you mean "
        "\"af_xdp\"?"
    );
}

TEST(Reader, RefusesWrongAddresses) {
    EXPECT_NE(problems("a: 300.1.1.1", [](Section& root) { (void)root.address("a"); }), "");
    EXPECT_NE(problems("a: 10.0.0.1/8", [](Section& root) { (void)root.prefix("a"); }), "");
    EXPECT_NE(problems("a: 10.0.0.1", [](Section& root) { (void)root.endpoint("a"); }), "");
    EXPECT_NE(problems("a: 10.0.0.1:0", [](Section& root) { (void)root.endpoint("a"); }), "");
    EXPECT_NE(
        problems(
            "a: [x/24]", [](Section& root) { (void)root.interface_addresses("a", Need::required); }
        ),
        ""
    );
    EXPECT_NE(
        problems("a: []", [](Section& root) { (void)root.addresses("a", Need::required); }), ""
    );
    EXPECT_EQ(
        problems("a: []", [](Section& root) { (void)root.addresses("a", Need::optional); }), ""
    );
}

TEST(Reader, WalksListsOfMapsAndSaysWhichIsWrong) {
    std::vector<std::string> names;
    const std::string found = problems("dcs:\n  - {name: a}\n  - {nam: b}\n", [&](Section& root) {
        root.sections("dcs", Need::required, [&](Section& dc) {
            names.push_back(dc.text("name"));
        });
    });
    EXPECT_THAT(names, testing::ElementsAre("a", ""));
    EXPECT_EQ(
        found,
        "f.yaml:3:5: \"name\" is missing\n"
        "f.yaml:3:6: unknown key \"nam\"; allowed: name; did you mean \"name\"?"
    );
}

TEST(Reader, ParsesTypesOfTheCaller) {
    const auto walk = [](Section& root) {
        const auto even = [](std::string_view typed) -> std::optional<std::size_t> {
            return typed.size() % 2 == 0 ? std::optional{typed.size()} : std::nullopt;
        };
        (void)root.parsed("key", even, "an even length");
    };
    EXPECT_EQ(problems("key: abcd", walk), "");
    EXPECT_EQ(
        problems("key: abc", walk),
        "f.yaml:1:6: \"abc\" is not a valid key; allowed: an even length"
    );
    EXPECT_EQ(problems("", walk), "f.yaml:1:1: \"key\" is missing");
    EXPECT_EQ(problems("key: ''", walk), "f.yaml:1:6: \"key\" is an empty text; allowed: a text");
}

TEST(Reader, SaysWhereTheYamlIsBroken) {
    const std::string found = problems("a: [1, 2\nb: 3\n", [](Section&) {});
    EXPECT_EQ(found.find("f.yaml:2:"), 0U) << found;
    EXPECT_NE(found.find("not YAML"), std::string::npos) << found;
}

TEST(Reader, RefusesWhatIsNoMap) {
    EXPECT_EQ(
        problems("- a\n", [](Section&) {}),
        "f.yaml:1:1: this is a list; allowed: a map of keys and values"
    );
    EXPECT_NE(problems("a: 1\n---\nb: 2\n", [](Section& root) { (void)root.text("a"); }), "");
}

TEST(Reader, SaysWhyAFileCanNotBeRead) {
    const auto done = read_file("/nonexistent/f.yaml", [](Section&) { ADD_FAILURE(); });
    ASSERT_FALSE(done);
    EXPECT_EQ(
        done.error().text(),
        "/nonexistent/f.yaml:1:1: can not read the file: No such file or directory"
    );
    EXPECT_FALSE(read_file("/", [](Section&) { ADD_FAILURE(); }));
}

}  // namespace

}  // namespace ntm::config
