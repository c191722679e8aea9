// SPDX-License-Identifier: BSD-3-Clause
// Queries for names outside of the zones that may be those of general nodes (docs/protocol.md
// section 4.2).
#include "tests/unit/client/node/node_world.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

const std::string general_node = "gn.example.test";

// All names may be those of general nodes, and the DC knows one, on an RS-N path.
struct GeneralNamesWorld : NodeWorld {
    GeneralNamesWorld() {
        node->set_names({"a.ntm.test", "b.ntm.test"}, {true, {}});
        relay.hold_end(PathId{FakeDc::path_number}, secret(0x22));
        dc.on_direction_request = [this](const v1::DirectionRequest& request) {
            v1::Signal answer;
            if (request.fqdn() == general_node) {
                *answer.mutable_direction_response()->mutable_route() = dc.general_direction();
            } else {
                answer.set_status(refusal);
            }
            return answer;
        };
        start();
    }
    // The outcome of the only answer so far; nothing if there is none, or more.
    [[nodiscard]] std::optional<DnsOutcome> only_outcome() const {
        return dns_answers.size() == 1 ? std::optional{dns_answers[0].second.outcome}
                                       : std::nullopt;
    }
    [[nodiscard]] std::ptrdiff_t lines_with(const std::string& beginning) const {
        return std::ranges::count_if(log, [&](const std::string& line) {
            return line.starts_with(beginning);
        });
    }
    v1::Status refusal = v1::STATUS_UNKNOWN_NAME;
};

TEST(GeneralNamesTest, all_host_names_of_two_labels_or_those_within_a_domain) {
    const GeneralNames none;
    EXPECT_FALSE(none.cover("www.example.org"));
    const GeneralNames all{true, {}};
    EXPECT_TRUE(all.cover("www.example.org"));
    EXPECT_FALSE(all.cover("printer"));
    EXPECT_FALSE(all.cover("_dns.resolver.arpa"));
    const GeneralNames some{false, {"example.org", "test"}};
    EXPECT_TRUE(some.cover("example.org"));
    EXPECT_TRUE(some.cover("www.example.org"));
    EXPECT_TRUE(some.cover("gn.test"));
    EXPECT_FALSE(some.cover("test"));
    EXPECT_FALSE(some.cover("notexample.org"));
    EXPECT_FALSE(some.cover("example.net"));
}

TEST(GeneralNamesTest, are_the_dcs_for_addresses_only) {
    GeneralNamesWorld world;
    EXPECT_TRUE(world.node->is_for_dc("Gn.Example.TEST.", DnsWish::addresses));
    EXPECT_FALSE(world.node->is_for_dc("gn.example.test", DnsWish::existence));
    EXPECT_TRUE(world.node->is_for_dc("cn.b.ntm.test", DnsWish::existence));
    world.node->set_names({"a.ntm.test"}, {});
    EXPECT_FALSE(world.node->is_for_dc("gn.example.test", DnsWish::addresses));
    EXPECT_FALSE(world.node->is_for_dc("cn.b.ntm.test", DnsWish::addresses));
}

TEST(GeneralNamesTest, a_general_node_is_answered_with_its_virtual_address) {
    GeneralNamesWorld world;
    world.query(1, "GN.example.test.");
    world.run_for(seconds{1});
    ASSERT_EQ(world.only_outcome(), DnsOutcome::addresses);
    EXPECT_EQ(world.dns_answers[0].second.vipv4, ip("198.18.0.2"));
    EXPECT_FALSE(world.dns_answers[0].second.vipv6);
}

TEST(GeneralNamesTest, a_name_that_the_dc_does_not_know_is_another_resolvers) {
    GeneralNamesWorld world;
    const Instant asked = world.now;
    world.query(1, "www.example.test");
    world.run_for(seconds{1});
    EXPECT_EQ(world.only_outcome(), DnsOutcome::not_ours);
    EXPECT_EQ(world.dns_answers[0].first - asked, Duration{milliseconds{20}});
    world.query(2, "nobody.b.ntm.test");
    world.run_for(seconds{1});
    ASSERT_EQ(world.dns_answers.size(), 2U);
    EXPECT_EQ(world.dns_answers[1].second.outcome, DnsOutcome::no_such_name) << "in a zone";
}

TEST(GeneralNamesTest, one_that_the_dc_knows_and_can_not_serve_fails) {
    GeneralNamesWorld world;
    world.refusal = v1::STATUS_UNREACHABLE;
    world.query(1, "www.example.test");
    world.run_for(seconds{2});
    EXPECT_EQ(world.only_outcome(), DnsOutcome::failed);
}

// Whoever has asked for all names would have none left.
TEST(GeneralNamesTest, one_that_no_relay_can_serve_is_another_resolvers) {
    GeneralNamesWorld world;
    world.refusal = v1::STATUS_NO_RELAY;
    world.query(1, "www.example.test");
    world.query(2, "cn.b.ntm.test");
    world.run_for(milliseconds{500});
    ASSERT_EQ(world.dns_answers.size(), 2U);
    EXPECT_EQ(world.dns_answers[0].second.outcome, DnsOutcome::not_ours);
    EXPECT_EQ(world.dns_answers[1].second.outcome, DnsOutcome::failed) << "in a zone";
}

TEST(GeneralNamesTest, that_no_relay_can_serve_them_is_said_once_and_shown) {
    GeneralNamesWorld world;
    EXPECT_EQ(world.node->status().general_trouble, "");
    world.refusal = v1::STATUS_NO_RELAY;
    for (std::uint64_t i = 0; i < 15; ++i) {
        world.query(i, "host" + std::to_string(i) + ".example.test");
    }
    world.run_for(milliseconds{500});
    EXPECT_EQ(world.lines_with("no path to "), 1);
    EXPECT_EQ(world.lines_with("no path to general nodes: status 5; "), 1);
    EXPECT_EQ(world.node->status().general_trouble, "status 5");
    world.query(20, general_node);
    world.run_for(milliseconds{500});
    EXPECT_EQ(world.lines_with("general nodes are reached by paths again"), 1);
    EXPECT_EQ(world.node->status().general_trouble, "");
    world.run_for(seconds{1});
    world.query(21, "www.example.test");
    world.run_for(milliseconds{500});
    EXPECT_EQ(world.lines_with("no path to general nodes: "), 2);
    world.node->set_names({"a.ntm.test"}, {});
    EXPECT_EQ(world.node->status().general_trouble, "") << "by a reload";
}

// S-13: ten lines at once, and one a second, of those that go and come.
TEST(GeneralNamesTest, that_come_and_go_by_turns_fill_no_log) {
    GeneralNamesWorld world;
    std::uint64_t asked = 0;
    world.dc.on_direction_request = [&](const v1::DirectionRequest& request) {
        v1::Signal answer;
        if (++asked % 2 == 1) {
            answer.set_status(v1::STATUS_NO_RELAY);
            return answer;
        }
        v1::RouteDirection& route = *answer.mutable_direction_response()->mutable_route();
        route = world.dc.general_direction();
        route.set_path_id(1000 + asked);
        route.set_peer_fqdn(request.fqdn());
        route.mutable_peer_vipv4()->back() = static_cast<char>(asked);
        route.clear_peer_vipv6();
        return answer;
    };
    for (std::uint64_t turn = 0; turn < 100; ++turn) {
        world.query(turn, "host" + std::to_string(turn) + ".example.test");
        world.run_for(milliseconds{60});
    }
    EXPECT_EQ(asked, 100U);
    EXPECT_LE(world.lines_with("no path to general nodes: "), 17);
    EXPECT_LE(world.lines_with("general nodes are reached by paths again"), 17);
}

// S-13.
TEST(GeneralNamesTest, those_that_come_to_nothing_fill_no_log) {
    GeneralNamesWorld world;
    world.refusal = v1::STATUS_BUSY;
    world.query(1, "www.example.test");
    world.run_for(seconds{2});
    EXPECT_EQ(world.lines_with("no path to "), 0) << "another resolver's by now";
    world.refusal = v1::STATUS_UNREACHABLE;
    for (std::uint64_t i = 0; i < 20; ++i) {
        world.query(2 + i, "host" + std::to_string(i) + ".example.test");
    }
    world.run_for(milliseconds{500});
    EXPECT_EQ(world.lines_with("no path to "), 10);
    world.run_for(seconds{2});
    world.query(100, "www.example.test");
    world.run_for(seconds{1});
    EXPECT_EQ(world.lines_with("no path to "), 11);
}

TEST(GeneralNamesTest, a_silent_dc_holds_them_up_for_a_second) {
    GeneralNamesWorld world;
    world.dc.is_up = false;
    const Instant asked = world.now;
    world.query(1, general_node);
    world.query(2, "cn.b.ntm.test");
    world.run_for(seconds{2});
    ASSERT_EQ(world.only_outcome(), DnsOutcome::not_ours);
    EXPECT_EQ(world.dns_answers[0].second.query, 1U);
    EXPECT_EQ(world.dns_answers[0].first - asked, Duration{seconds{1}});
    world.run_for(seconds{4});
    ASSERT_EQ(world.dns_answers.size(), 2U);
    EXPECT_EQ(world.dns_answers[1].second.outcome, DnsOutcome::failed) << "in a zone";
}

TEST(GeneralNamesTest, a_dc_that_is_known_to_be_silent_does_not_hold_them_up) {
    GeneralNamesWorld world;
    world.dc.is_up = false;
    world.query(1, general_node);
    world.run_for(seconds{4});
    world.dns_answers.clear();
    world.query(2, general_node);
    EXPECT_EQ(world.only_outcome(), DnsOutcome::not_ours);
}

TEST(GeneralNamesTest, a_path_that_stands_needs_no_dc) {
    GeneralNamesWorld world;
    world.query(1, general_node);
    world.run_for(seconds{1});
    world.dc.is_up = false;
    world.query(2, "www.example.test");
    world.run_for(seconds{4});
    world.dns_answers.clear();
    world.query(3, general_node);
    EXPECT_EQ(world.only_outcome(), DnsOutcome::addresses);
}

TEST(GeneralNamesTest, once_the_dc_has_spoken_the_path_gets_its_time) {
    GeneralNamesWorld world;
    world.relay.is_up = false;
    const Instant asked = world.now;
    world.query(1, general_node);
    world.run_for(seconds{1});
    world.query(2, general_node);  // while it is being set up
    world.run_for(seconds{6});
    ASSERT_EQ(world.dns_answers.size(), 2U);
    EXPECT_EQ(world.dns_answers[0].second.outcome, DnsOutcome::failed);
    EXPECT_EQ(world.dns_answers[0].first - asked, Duration{milliseconds{4500}});
    EXPECT_EQ(world.dns_answers[1].second.outcome, DnsOutcome::failed);
    EXPECT_EQ(world.dns_answers[1].first - asked, Duration{milliseconds{5500}});
}

TEST(GeneralNamesTest, more_than_the_dc_takes_in_a_second_go_to_another_resolver) {
    GeneralNamesWorld world;
    for (std::uint64_t i = 0; i < 21; ++i) {
        world.query(i, "host" + std::to_string(i) + ".example.test");
    }
    ASSERT_EQ(world.only_outcome(), DnsOutcome::not_ours);
    EXPECT_EQ(world.dns_answers[0].second.query, 20U);
    world.refusal = v1::STATUS_BUSY;
    world.run_for(seconds{1});
    ASSERT_EQ(world.dns_answers.size(), 21U);
    EXPECT_EQ(world.dns_answers.back().second.outcome, DnsOutcome::not_ours);
}

}  // namespace
}  // namespace ntm::client::testing
