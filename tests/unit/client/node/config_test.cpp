// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/config.hpp"

#include "client/node/config_view.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::client {
namespace {

std::string example() {
    std::ifstream file{std::string{NTM_CONFIGS} + "/node.yaml"};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string with(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

// The error's text; nothing if the file is fine.
std::string complaint(const std::string& text) {
    const std::string file = ::testing::TempDir() + "/node_config_test.yaml";
    std::ofstream{file} << text;
    const auto config = read_config(file);
    std::remove(file.c_str());
    return config ? "" : config.error().text();
}

TEST(NodeConfig, the_example_is_read) {
    const auto config = read_config(std::string{NTM_CONFIGS} + "/node.yaml");
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_EQ(config->fqdn, "mn.a.ntm.test");
    EXPECT_EQ(config->port.number, 9770);
    EXPECT_EQ(config->dc_addresses.size(), 2U);
    EXPECT_EQ(config->zones, (std::vector<std::string>{"a.ntm.test", "b.ntm.test"}));
    EXPECT_EQ(config->general_names, GeneralNames{});
    EXPECT_FALSE(config->wants_exit);
    EXPECT_FALSE(config->wants_fast_links);
    EXPECT_EQ(config->resolver->listen.text(), "127.0.0.53:53");
    EXPECT_EQ(config->suites, crypto::usual_suites());
    EXPECT_EQ(config->log_level, "info");
}

TEST(NodeConfig, links_are_fast_where_it_says_so) {
    const std::string file = ::testing::TempDir() + "/node_config_fast.yaml";
    std::ofstream{file} << with(example(), "fast: false", "fast: true");
    const auto config = read_config(file);
    std::remove(file.c_str());
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_TRUE(config->wants_fast_links);
    EXPECT_NE(complaint(with(example(), "fast: false", "fast: eth0")), "");
}

TEST(NodeConfig, an_exit_path_is_wanted_or_not) {
    const std::string file = ::testing::TempDir() + "/node_config_exit.yaml";
    std::ofstream{file} << with(example(), "exit: false", "exit: true");
    const auto config = read_config(file);
    std::remove(file.c_str());
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_TRUE(config->wants_exit);
    EXPECT_NE(complaint(with(example(), "exit: false", "exit: rs1")), "");
}

TEST(NodeConfig, keys_are_renewed_as_it_says_and_no_later_than_the_protocol_has_it) {
    const std::string usual =
        "keys: { exchange: true, renew_seconds: 7200, renew_packets: 4294967296 }";
    const std::string file = ::testing::TempDir() + "/node_config_keys.yaml";
    std::ofstream{file} << with(example(), usual, "keys: { exchange: false, renew_seconds: 2 }");
    const auto config = read_config(file);
    std::ofstream{file} << with(example(), usual, "");
    const auto without = read_config(file);
    std::remove(file.c_str());
    ASSERT_TRUE(config && without);
    EXPECT_FALSE(config->keys.is_at_once);
    EXPECT_EQ(config->keys.renew_after, std::chrono::seconds{2});
    EXPECT_EQ(config->keys.renew_packets, std::uint64_t{1} << 32);
    EXPECT_TRUE(without->keys.is_at_once);
    EXPECT_EQ(without->keys.renew_after, std::chrono::hours{2});
    for (const char* wrong :
         {"renew_seconds: 0",
          "renew_seconds: 7201",
          "renew_packets: 1",
          "renew_packets: 4294967297"}) {
        EXPECT_NE(complaint(with(example(), usual, std::string{"keys: { "} + wrong + " }")), "")
            << wrong;
    }
}

TEST(NodeConfig, known_peers_have_a_file_of_their_own) {
    const std::string usual = "known_peers: /var/lib/ntm/known-peers";
    EXPECT_EQ(complaint(with(example(), usual, "")), "");
    EXPECT_NE(complaint(with(example(), usual, "known_peers: /etc/ntm/keys/node.key")), "");
    EXPECT_NE(complaint(with(example(), usual, "known_peers: /run/ntm/node.sock")), "");
}

TEST(NodeConfig, what_is_wrong_is_named_with_its_place) {
    EXPECT_NE(
        complaint(with(example(), "fqdn: mn.a", "fqnd: mn.a")).find("fqdn"), std::string::npos
    );
    EXPECT_NE(complaint(with(example(), "port: 9770", "port: 0")), "");
    EXPECT_NE(
        complaint(with(example(), "port: 9770", "listen_port: 9770"))
            .find("did you mean \"port\"?"),
        std::string::npos
    );
    EXPECT_NE(complaint(with(example(), "mn.a.ntm.test", "mn")), "");
    EXPECT_NE(
        complaint(with(example(), "{ name: ntm0 }", "{ name: a-name-that-is-too-long }")), ""
    );
    EXPECT_NE(complaint(with(example(), "aes-128-gcm", "rot13")).find("rot13"), std::string::npos);
    EXPECT_NE(
        complaint(with(example(), "203.0.113.53:53", "127.0.0.53:53")).find("ask itself"),
        std::string::npos
    );
    EXPECT_NE(complaint(with(example(), "\"203.0.113.10:9770\"", "\"nowhere\"")), "");
    EXPECT_EQ(complaint(example()), "");
}

TEST(NodeConfig, its_name_lies_under_one_of_its_zones) {
    using ::testing::EndsWith;
    EXPECT_THAT(
        complaint(with(example(), "mn.a.ntm.test\n", "mn.c.ntm.test\n")),
        EndsWith(":8:7: \"mn.c.ntm.test\" is under none of the node's zones; allowed: a name under "
                 "a.ntm.test, b.ntm.test")
    );
    EXPECT_NE(complaint(with(example(), "mn.a.ntm.test\n", "a.ntm.test\n")), "") << "a zone";
    EXPECT_EQ(complaint(with(example(), "mn.a.ntm.test\n", "MN.A.ntm.test.\n")), "");
    EXPECT_THAT(
        complaint(with(example(), "mn.a.ntm.test\n", "\"m n.a.ntm.test\"\n")),
        EndsWith(
            "\"m n.a.ntm.test\" is not a valid fqdn; allowed: a host name such as mn.a.ntm.test"
        )
    );
}

TEST(NodeConfig, zones_are_names_each_once) {
    using ::testing::EndsWith;
    EXPECT_THAT(
        complaint(with(example(), "[a.ntm.test, b.ntm.test]", "[a.ntm.test, A.ntm.test]")),
        EndsWith("\"a.ntm.test\" is there twice; allowed: each zone once, and none within another")
    );
    EXPECT_THAT(
        complaint(with(example(), "[a.ntm.test, b.ntm.test]", "[a.ntm.test, .]")),
        EndsWith("\".\" is not a zone's name; allowed: names like a.example.org")
    );
}

TEST(NodeConfig, general_names_are_all_or_those_within_some_domains) {
    const auto read = [](const std::string& gn) {
        const std::string file = ::testing::TempDir() + "/node_config_gn.yaml";
        std::ofstream{file} << with(example(), "gn: []", gn);
        auto config = read_config(file);
        std::remove(file.c_str());
        EXPECT_TRUE(config) << config.error().text();
        return config ? config->general_names : GeneralNames{};
    };
    EXPECT_EQ(read("gn: all"), (GeneralNames{true, {}}));
    EXPECT_EQ(read("gn: [Example.org., test]"), (GeneralNames{false, {"example.org", "test"}}));
    EXPECT_EQ(read(""), GeneralNames{});
}

TEST(NodeConfig, what_is_wrong_with_general_names_is_named_with_its_place) {
    using ::testing::EndsWith;
    EXPECT_THAT(
        complaint(with(example(), "gn: []", "gn: none")),
        EndsWith(":33:5: \"none\" is not a valid gn; allowed: all, or a list of names like "
                 "example.org")
    );
    EXPECT_THAT(
        complaint(with(example(), "gn: []", "gn: [example.org, \"*.example.net\"]")),
        EndsWith(":33:19: \"*.example.net\" is not a domain's name; allowed: names like "
                 "a.example.org")
    );
    EXPECT_THAT(
        complaint(with(example(), "gn: []", "gn: [example.org, a.Example.org]")),
        EndsWith(":33:19: \"a.example.org\" overlaps with the domain \"example.org\"; allowed: "
                 "each domain once, and none within another")
    );
}

TEST(NodeConfig, general_names_need_a_resolver) {
    std::string text = example();
    const std::size_t resolver = text.find("\nresolver:\n");
    text.erase(resolver, text.find("\n\n", resolver) - resolver);
    EXPECT_EQ(complaint(text), "");
    EXPECT_THAT(
        complaint(with(text, "gn: []", "gn: all")),
        ::testing::EndsWith(
            ":33:5: without a resolver nobody asks for a name; allowed: a section resolver"
        )
    );
}

TEST(NodeConfig, general_names_change_while_the_node_runs) {
    auto running = read_config(std::string{NTM_CONFIGS} + "/node.yaml");
    ASSERT_TRUE(running);
    NodeConfig read = *running;
    read.general_names = {true, {}};
    take_over(*running, read);
    EXPECT_TRUE(running->general_names.are_all);
    EXPECT_EQ(config_json(*running).at("gn"), "all");
    EXPECT_EQ(config_json(NodeConfig{}).at("gn"), admin::Json::array());
}

constexpr const char* usual_list = "[aes-128-gcm, chacha20-poly1305, aes-128-cbc-hmac-sha-256]";

TEST(NodeConfig, suites_are_not_none_at_all_and_each_is_there_once) {
    EXPECT_THAT(
        complaint(with(example(), usual_list, "[]")),
        ::testing::EndsWith(
            "\"suites\" is an empty list; allowed: a list, each one of aes-128-gcm, "
            "chacha20-poly1305, aes-128-cbc-hmac-sha-256, aes-128-cbc-hmac-md5, none"
        )
    );
    EXPECT_THAT(
        complaint(with(example(), usual_list, "[none, aes-128-gcm, none]")),
        ::testing::EndsWith("\"none\" is there twice; allowed: each once")
    );
    EXPECT_EQ(complaint(with(example(), usual_list, "[none]")), "");
    const std::string whole = std::string{"paths: { suites: "} + usual_list + " }";
    EXPECT_EQ(complaint(with(example(), whole, "")), "");
}

// F-24: a file that is good by itself, but not with what stays until a restart.
TEST(NodeConfig, a_reload_takes_over_nothing_that_clashes) {
    const auto running = read_config(std::string{NTM_CONFIGS} + "/node.yaml");
    ASSERT_TRUE(running);
    EXPECT_EQ(clash_in(*running), std::nullopt);

    NodeConfig elsewhere = *running;
    elsewhere.fqdn = "mn.c.ntm.test";
    elsewhere.zones = {"c.ntm.test"};
    EXPECT_EQ(clash_in(elsewhere), std::nullopt);
    NodeConfig merged = *running;
    take_over(merged, elsewhere);
    EXPECT_THAT(
        clash_in(merged).value_or(""), ::testing::HasSubstr("under none of the node's zones")
    );

    NodeConfig swapped = *running;
    std::swap(swapped.resolver->listen, swapped.resolver->upstream[0]);
    EXPECT_EQ(clash_in(swapped), std::nullopt);
    merged = *running;
    take_over(merged, swapped);
    EXPECT_THAT(clash_in(merged).value_or(""), ::testing::HasSubstr("would ask itself"));
}

}  // namespace
}  // namespace ntm::client
