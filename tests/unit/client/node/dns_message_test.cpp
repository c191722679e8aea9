// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/dns_message.hpp"

#include "common/base/byte_order.hpp"
#include "common/base/random.hpp"
#include "common/dns/wire.hpp"
#include "tests/unit/client/node/dns_wire.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

TEST(DnsMessage, an_a_query_is_taken_apart) {
    const ParsedQuery parsed = parse_query(dns_query(0x1234, "Cn.B.ntm.test", 1));
    ASSERT_TRUE(parsed.query);
    EXPECT_EQ(parsed.query->kind(), DnsQuery::Kind::address_v4);
    EXPECT_EQ(parsed.query->name(), "Cn.B.ntm.test.");
    EXPECT_EQ(parsed.query->id(), 0x1234);
    EXPECT_EQ(parsed.query->udp_size(), 512U);
}

TEST(DnsMessage, types_and_classes_are_told_apart) {
    EXPECT_EQ(parse_query(dns_query(1, "a.b", 28)).query->kind(), DnsQuery::Kind::address_v6);
    EXPECT_EQ(parse_query(dns_query(1, "a.b", 15)).query->kind(), DnsQuery::Kind::other);
    EXPECT_EQ(parse_query(dns_query(1, "a.b", 64)).query->kind(), DnsQuery::Kind::service);
    EXPECT_EQ(parse_query(dns_query(1, "a.b", 65)).query->kind(), DnsQuery::Kind::service);
    EXPECT_EQ(parse_query(dns_query(1, "a.b", 1, 3)).query->kind(), DnsQuery::Kind::foreign);
    Bytes notify = dns_query(1, "a.b", 6);
    notify[2] = 0x20;
    EXPECT_EQ(parse_query(notify).query->kind(), DnsQuery::Kind::foreign);
}

TEST(DnsMessage, an_answer_repeats_the_question_to_the_letter) {
    const Bytes wire = dns_query(0x1234, "cN.b.NTM.test", 1);
    const auto query = parse_query(wire).query;
    const Bytes answer = query->answer(DnsRcode::no_error, {Ipv4Address{{198, 18, 0, 2}}});
    ASSERT_GT(answer.size(), wire.size());
    EXPECT_TRUE(dns::is_answer_to(answer, wire));
    EXPECT_TRUE(std::equal(wire.begin() + 12, wire.end(), answer.begin() + 12));
    EXPECT_EQ(load<Be16>(answer.data() + 6).to_host(), 1);  // records
    const Bytes address{198, 18, 0, 2};
    EXPECT_TRUE(std::equal(address.begin(), address.end(), answer.end() - 4));
    EXPECT_EQ(load<Be32>(answer.data() + answer.size() - 10).to_host(), address_ttl_seconds);
    EXPECT_EQ(answer[2] & 0x80, 0x80);
    EXPECT_EQ(answer[3], 0x80);  // recursion available, no error
}

TEST(DnsMessage, error_codes_come_without_records) {
    const auto query = parse_query(dns_query(1, "a.b", 1)).query;
    const Bytes answer = query->answer(DnsRcode::no_such_name, {Ipv4Address{{1, 2, 3, 4}}});
    EXPECT_EQ(answer[3] & 0x0f, 3);
    EXPECT_EQ(load<Be16>(answer.data() + 6).to_host(), 0);
}

TEST(DnsMessage, edns_is_answered_with_edns) {
    const auto query = parse_query(with_edns(dns_query(1, "a.b", 1), 4096)).query;
    ASSERT_TRUE(query);
    EXPECT_EQ(query->udp_size(), 4096U);
    const Bytes answer = query->answer(DnsRcode::no_error, {});
    EXPECT_EQ(load<Be16>(answer.data() + 10).to_host(), 1);  // the OPT record
    const auto small = parse_query(with_edns(dns_query(1, "a.b", 1), 100)).query;
    EXPECT_EQ(small->udp_size(), 512U);
}

TEST(DnsMessage, a_later_edns_version_is_told_so) {
    const auto query = parse_query(with_edns(dns_query(1, "a.b", 1), 1232, 1)).query;
    const Bytes answer = query->answer(DnsRcode::no_error, {Ipv4Address{{1, 2, 3, 4}}});
    EXPECT_EQ(answer[3] & 0x0f, 0);
    EXPECT_EQ(load<Be16>(answer.data() + 6).to_host(), 0);
    EXPECT_EQ(answer[answer.size() - 6], 1);  // BADVERS' high bits, in the OPT record
}

TEST(DnsMessage, every_truncation_gets_a_format_error_or_nothing) {
    const Bytes wire = with_edns(dns_query(7, "cn.b.ntm.test", 1), 1232);
    for (std::size_t length = 0; length < wire.size(); ++length) {
        const ParsedQuery parsed = parse_query(ByteView{wire}.first(length));
        EXPECT_FALSE(parsed.query) << length;
        if (length < 12) {
            EXPECT_TRUE(parsed.refusal.empty()) << length;
        } else {
            ASSERT_EQ(parsed.refusal.size(), 12U) << length;
            EXPECT_EQ(parsed.refusal[3] & 0x0f, 1) << length;
            EXPECT_EQ(parsed.refusal[1], 7) << length;
        }
    }
}

TEST(DnsMessage, answers_are_no_queries) {
    Bytes wire = dns_query(1, "a.b", 1);
    wire[2] = 0x80;
    const ParsedQuery parsed = parse_query(wire);
    EXPECT_FALSE(parsed.query);
    EXPECT_TRUE(parsed.refusal.empty());
}

TEST(DnsMessage, none_or_two_questions_are_a_format_error) {
    Bytes none = dns_query(1, "a.b", 1);
    none[5] = 0;
    none.resize(12);
    EXPECT_EQ(parse_query(none).refusal.size(), 12U);
    Bytes two = dns_query(1, "a.b", 1);
    two[5] = 2;
    append(two, ByteView{two}.subspan(12, 9));
    EXPECT_EQ(parse_query(two).refusal.size(), 12U);
}

TEST(DnsMessage, random_bytes_do_no_harm) {
    SeededRandom random{7};
    for (int i = 0; i < 20000; ++i) {
        Bytes wire = dns_query(1, "cn.b.ntm.test", 1);
        for (int j = 0; j < 3; ++j) {
            wire[random.below(wire.size())] = static_cast<std::uint8_t>(random.number());
        }
        const ParsedQuery parsed = parse_query(wire);
        if (parsed.query && parsed.query->kind() != DnsQuery::Kind::foreign) {
            EXPECT_FALSE(parsed.query->answer(DnsRcode::no_error, {}).empty());
            EXPECT_GE(parsed.query->truncated_answer().size(), 12U);
        }
    }
}

TEST(DnsMessage, what_is_no_name_does_not_lengthen_a_truncated_answer) {
    // No question, by an opcode that is not taken; then labels without end.
    Bytes wire(12, 0);
    wire[2] = 0x08;
    wire.insert(wire.end(), 600, 1);
    wire.insert(wire.end(), 5, 0);
    const ParsedQuery parsed = parse_query(wire);
    ASSERT_TRUE(parsed.query);
    EXPECT_EQ(parsed.query->truncated_answer().size(), 12U);
}

TEST(DnsMessage, a_guessed_answer_is_not_taken) {
    const Bytes wire = dns_query(0x1234, "cN.b.ntm.test", 1);
    Bytes answer = parse_query(wire).query->answer(DnsRcode::no_error, {});
    EXPECT_TRUE(dns::is_answer_to(answer, wire));
    Bytes wrong_id = answer;
    wrong_id[0] ^= 1;
    EXPECT_FALSE(dns::is_answer_to(wrong_id, wire));
    Bytes wrong_case = answer;
    wrong_case[13] ^= 0x20;
    EXPECT_FALSE(dns::is_answer_to(wrong_case, wire));
    EXPECT_FALSE(dns::is_answer_to(wire, wire));
}

}  // namespace
}  // namespace ntm::client::testing
