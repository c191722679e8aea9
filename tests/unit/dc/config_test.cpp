// SPDX-License-Identifier: BSD-3-Clause
#include "dc/config.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace ntm::dc {
namespace {

const std::string valid = R"(key_file: /k
store: /s
zones: [a.ntm.test]
virtual: {ipv4: 198.18.0.0/17, ipv6: "fd00:a::/64"}
)";

Result<DcConfig, config::ConfigError> read(const std::string& text) {
    const std::string file = testing::TempDir() + "ntm_dc_config_test.yaml";
    std::ofstream{file} << text;
    auto config = read_config(file);
    std::filesystem::remove(file);
    return config;
}

std::string problem(const std::string& from, const std::string& to) {
    std::string text = valid;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos);
    const auto config = read(text.replace(at, from.size(), to));
    if (config) {
        return "";
    }
    // Without the file's name, which is the test's own.
    const std::string found = config.error().text();
    return found.substr(found.find(".yaml:") + 6);
}

TEST(DcConfig, ExampleLoads) {
    const auto config = read_config(NTM_CONFIGS "/dc.yaml");
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_EQ(config->port, Port{9770});
    EXPECT_EQ(config->store, "/var/lib/ntm/dc.sqlite");
    const std::vector<std::string> zones{"a.ntm.test", "b.ntm.test"};
    EXPECT_EQ(config->settings.zones, zones);
    EXPECT_EQ(config->settings.blocks.ipv4.text(), "198.18.0.0/17");
    EXPECT_EQ(config->settings.blocks.ipv6.text(), "fd00:a::/64");
}

TEST(DcConfig, HasTheDefaultsThatTheExampleNames) {
    const auto config = read(valid);
    ASSERT_TRUE(config) << config.error().text();
    const auto example = read_config(NTM_CONFIGS "/dc.yaml");
    ASSERT_TRUE(example);
    EXPECT_EQ(config->port, example->port);
    EXPECT_TRUE(config->addresses.empty());
    EXPECT_EQ(config->admin_socket, example->admin_socket);
    EXPECT_EQ(config->log_level, example->log_level);
    EXPECT_EQ(config->settings.suites, example->settings.suites);
    EXPECT_EQ(config->settings.inner_mtu, example->settings.inner_mtu);
    EXPECT_EQ(config->settings.drain_time, example->settings.drain_time);
    const Limits& limits = config->settings.limits;
    const Limits& named = example->settings.limits;
    EXPECT_EQ(limits.paths_per_node, named.paths_per_node);
    EXPECT_EQ(limits.requests_per_second, named.requests_per_second);
    EXPECT_EQ(limits.calls_per_second, named.calls_per_second);
    EXPECT_EQ(limits.restored_per_second, named.restored_per_second);
    EXPECT_EQ(limits.cookies_per_second, named.cookies_per_second);
    EXPECT_EQ(limits.subscriber_ports, named.subscriber_ports);
    EXPECT_EQ(limits.subscriber_sessions, named.subscriber_sessions);
}

TEST(DcConfig, NormalisesZones) {
    const auto config = read(std::string{valid}.replace(valid.find("a.ntm"), 5, "A.NTM"));
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_EQ(config->settings.zones, std::vector<std::string>{"a.ntm.test"});
}

// A valid file with these lines under general_nodes; its problem, or nothing.
std::string general_problem(const std::string& lines) {
    return problem("zones:", "general_nodes: {" + lines + "}\nzones:");
}

TEST(DcConfig, ReadsGeneralNodes) {
    EXPECT_FALSE(read(valid)->settings.general_blocks);
    const auto config = read(valid + R"(general_nodes:
  resolvers: ["198.51.100.53:53", "[2001:db8::53]:53"]
  ipv4: 198.18.64.0/18
  ipv6: "fd00:a::1:0:0/96"
)");
    ASSERT_TRUE(config) << config.error().text();
    ASSERT_EQ(config->resolvers.size(), 2U);
    EXPECT_EQ(config->resolvers[0].text(), "198.51.100.53:53");
    ASSERT_TRUE(config->settings.general_blocks);
    EXPECT_EQ(config->settings.general_blocks->ipv4.text(), "198.18.64.0/18");
    EXPECT_EQ(config->settings.general_blocks->ipv6.text(), "fd00:a::1:0:0/96");
    EXPECT_TRUE(config->settings.general_allowed.empty());
}

TEST(DcConfig, RefusesGeneralNodesThatWouldMeetNodes) {
    const std::string resolvers = R"(resolvers: ["198.51.100.53:53"], )";
    const std::string good_4 = "ipv4: 198.18.64.0/18, ";
    const std::string good_6 = R"(ipv6: "fd00:a::1:0:0/96")";
    EXPECT_EQ(general_problem(resolvers + good_4 + good_6), "");
    EXPECT_EQ(general_problem(resolvers + good_4 + good_6 + ", allow: [203.0.113.0/24]"), "");
    EXPECT_NE(
        general_problem(resolvers + good_4 + good_6 + ", allow: [203.0.113.7]").find("no prefix"),
        std::string::npos
    );
    for (const char* ipv4 : {"198.18.0.0/17", "198.19.0.0/24", "198.18.64.0/31", "10.0.0.0/15"}) {
        std::string section = resolvers;
        section.append("ipv4: ").append(ipv4).append(", ").append(good_6);
        const std::string found = general_problem(section);
        EXPECT_NE(found.find("part of virtual.ipv4"), std::string::npos) << ipv4 << ": " << found;
        EXPECT_EQ(found.rfind("3:", 0), 0U) << found;
    }
    for (const char* ipv6 :
         {"fd00:a::/64", "fd00:b::1:0:0/96", "fd00:a::/112", "fd00:a::4000/120"}) {
        const std::string found = general_problem(resolvers + good_4 + "ipv6: \"" + ipv6 + "\"");
        EXPECT_NE(found.find("part of virtual.ipv6"), std::string::npos) << ipv6 << ": " << found;
    }
    EXPECT_NE(general_problem(good_4 + good_6).find("resolvers"), std::string::npos);
}

TEST(DcConfig, NamesThePlaceOfEachProblem) {
    EXPECT_NE(problem("zones: [a.ntm.test]", "zones: [nozone]").find("3:"), std::string::npos);
    EXPECT_NE(
        problem("198.18.0.0/17", "198.18.0.0/31").find("a prefix from /8 to /30"), std::string::npos
    );
    EXPECT_EQ(
        problem("198.18.0.0/17", "198.18.0.1/17"),
        "4:17: \"198.18.0.1/17\" is not a valid ipv4; allowed: a prefix from /8 to /30 without "
        "bits behind the length, of addresses that hosts can have"
    );
    EXPECT_NE(problem("fd00:a::/64", "fd00:a::/65").find("/16 to /64"), std::string::npos);
    EXPECT_NE(problem("fd00:a::/64", "10.0.0.0/8").find("/16 to /64"), std::string::npos);
    EXPECT_NE(problem("store: /s\n", "").find("store"), std::string::npos);
    EXPECT_NE(problem("store:", "stoer:").find("did you mean"), std::string::npos);
    const std::string suites = problem("store:", "paths: {suites: [aes]}\nstore:");
    EXPECT_NE(suites.find("chacha20-poly1305"), std::string::npos) << suites;
    const std::string no_suites = problem("store:", "paths: {suites: []}\nstore:");
    EXPECT_EQ(
        no_suites,
        "2:17: \"suites\" is an empty list; allowed: a list, each one of aes-128-gcm, "
        "chacha20-poly1305, aes-128-cbc-hmac-sha-256, aes-128-cbc-hmac-md5, none"
    );
    EXPECT_EQ(
        problem("[a.ntm.test]", "[a.ntm.test, b.ntm.test, A.ntm.test.]"),
        "3:33: \"a.ntm.test\" is there twice; allowed: each zone once, and none within another"
    );
    const std::string twice =
        problem("store:", "listen: {addresses: [192.0.2.1, 192.0.2.1]}\nstore:");
    EXPECT_NE(twice.find("twice"), std::string::npos) << twice;
}

}  // namespace
}  // namespace ntm::dc
