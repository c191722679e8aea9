// SPDX-License-Identifier: BSD-3-Clause
// What the kernel makes of them is told by tests/system/exit_path_test.sh.
#include "client/node/exit_rules.hpp"

#include "tests/unit/client/node/made_up.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

TEST(ExitRules, keep_the_tunnels_packets_out_before_anything_else) {
    for (const char* const vip : {"198.18.0.1", "fd00:a::1"}) {
        const auto rules = exit_rules(ip(vip));
        ASSERT_EQ(rules.size(), 4U);
        EXPECT_EQ(rules[0].mark, own_mark);
        EXPECT_EQ(rules[0].goes_to, 32766U);
        EXPECT_EQ(rules[0].source, std::nullopt);
        for (std::size_t i = 1; i < rules.size(); ++i) {
            EXPECT_LT(rules[i - 1].priority, rules[i].priority);
            EXPECT_LT(rules[i].priority, 32766U) << "the main table";
            EXPECT_EQ(rules[i].mark, std::nullopt);
        }
    }
}

TEST(ExitRules, send_what_comes_from_the_virtual_address_even_to_the_next_host) {
    for (const char* const vip : {"198.18.0.1", "fd00:a::1"}) {
        const auto rules = exit_rules(ip(vip));
        EXPECT_EQ(rules[1].table, exit_table);
        ASSERT_TRUE(rules[1].source);
        EXPECT_EQ(rules[1].source->text(), ip(vip).is_ipv4() ? "198.18.0.1/32" : "fd00:a::1/128");
        EXPECT_FALSE(rules[1].passes_over_default);
    }
}

TEST(ExitRules, leave_specific_routes_and_other_sources_alone) {
    const auto ipv4 = exit_rules(ip("198.18.0.1"));
    EXPECT_EQ(ipv4[2].table, 254U);
    EXPECT_TRUE(ipv4[2].passes_over_default);
    EXPECT_EQ(ipv4[3].table, exit_table);
    ASSERT_TRUE(ipv4[3].source);
    EXPECT_EQ(ipv4[3].source->text(), "0.0.0.0/32");
    const auto ipv6 = exit_rules(ip("fd00:a::1"));
    EXPECT_TRUE(ipv6[2].passes_over_default);
    ASSERT_TRUE(ipv6[3].source);
    EXPECT_EQ(ipv6[3].source->text(), "fd00:a::1/128");
    EXPECT_TRUE(ipv6[3].finds_source);
}

}  // namespace
}  // namespace ntm::client::testing
