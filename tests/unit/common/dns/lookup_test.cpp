// SPDX-License-Identifier: BSD-3-Clause
// Questions to resolvers on the wire, and what answers say that a server has written by hand.
#include "common/dns/lookup.hpp"

#include "common/base/byte_order.hpp"
#include "common/dns/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ldns/ldns.h>

namespace ntm::dns {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// A server's answer with these records, as zone files spell them.
struct Reply {
    std::vector<std::string> answer;
    std::vector<std::string> authority;
    ldns_pkt_rcode rcode = LDNS_RCODE_NOERROR;

    [[nodiscard]] Answer to(const Question& question) const {
        ldns_pkt* packet = nullptr;
        const Bytes query = make_query(question);
        EXPECT_EQ(ldns_wire2pkt(&packet, query.data(), query.size()), LDNS_STATUS_OK);
        ldns_pkt_set_qr(packet, true);
        ldns_pkt_set_rcode(packet, static_cast<std::uint8_t>(rcode));
        push(packet, LDNS_SECTION_ANSWER, answer);
        push(packet, LDNS_SECTION_AUTHORITY, authority);
        const Bytes wire = wire_of(packet);
        ldns_pkt_free(packet);
        EXPECT_TRUE(is_answer_to(wire, query));
        return read_answer(wire, question);
    }

  private:
    static void push(
        ldns_pkt* packet, ldns_pkt_section section, const std::vector<std::string>& records
    ) {
        for (const std::string& text : records) {
            ldns_rr* record = nullptr;
            ASSERT_EQ(
                ldns_rr_new_frm_str(&record, text.c_str(), 0, nullptr, nullptr), LDNS_STATUS_OK
            );
            ldns_pkt_push_rr(packet, section, record);
        }
    }
};

std::vector<std::string> texts_of(const std::vector<IpAddress>& addresses) {
    std::vector<std::string> texts;
    texts.reserve(addresses.size());
    for (const IpAddress& address : addresses) {
        texts.push_back(address.text());
    }
    return texts;
}

const std::string soa = "example.test. 900 IN SOA ns.example.test. me.example.test. 1 2 3 4 60";

TEST(DnsLookup, AQueryAsksForItsNameAndWantsRecursion) {
    const Bytes query = make_query({"www.example.test", RecordType::aaaa});
    ASSERT_GT(query.size(), head_size);
    EXPECT_EQ(query[2], 0x01);
    EXPECT_EQ(load<Be16>(query.data() + 4).to_host(), 1);
    const auto end = question_end(query);
    ASSERT_TRUE(end);
    EXPECT_EQ(load<Be16>(query.data() + *end - 4).to_host(), 28);
}

TEST(DnsLookup, ANameThatCanNotBeAskedForMakesNoQuery) {
    EXPECT_THAT(make_query({std::string(64, 'x') + ".test", RecordType::a}), IsEmpty());
}

TEST(DnsLookup, AddressesAreThoseOfTheNamesAliasToo) {
    const Answer answer = Reply{
        {"www.example.test. 300 IN CNAME host.example.net.",
         "host.example.net. 60 IN A 198.51.100.80",
         "host.example.net. 90 IN A 198.51.100.81"},
        {}}.to({"www.example.test", RecordType::a});
    EXPECT_EQ(answer.kind, Answer::Kind::exists);
    EXPECT_THAT(texts_of(answer.addresses), ElementsAre("198.51.100.80", "198.51.100.81"));
    EXPECT_EQ(answer.ttl, Duration{60s}) << "of what ends first";
}

TEST(DnsLookup, NameServersAreThoseOfTheVeryName) {
    const Question question{"Example.test", RecordType::ns};
    EXPECT_TRUE(
        (Reply{{"example.TEST. 60 IN NS ns.example.test."}, {}}.to(question).has_name_servers)
    );
    const Answer of_alias =
        Reply{{"example.test. 60 IN CNAME a.test.", "a.test. 60 IN NS ns.a.test."}, {}}.to(question
        );
    EXPECT_FALSE(of_alias.has_name_servers);
}

TEST(DnsLookup, ATextIsOneForEachRecordHoweverItIsCut) {
    const Answer answer = Reply{
        {R"(example.test. 60 IN TXT "v=ntm1 " "k=abc")",
         R"(example.test. 60 IN TXT "other")",
         R"(a.test. 60 IN TXT "v=ntm1")"},
        {}}.to({"example.test", RecordType::txt});
    EXPECT_THAT(answer.texts, ElementsAre("v=ntm1 k=abc", "other"));
}

TEST(DnsLookup, NothingIsToldWithItsZoneAndForHowLong) {
    const Question question{"www.example.test", RecordType::ns};
    const Answer no_data = Reply{{}, {soa}}.to(question);
    EXPECT_EQ(no_data.kind, Answer::Kind::exists);
    EXPECT_FALSE(no_data.has_name_servers);
    EXPECT_EQ(no_data.zone, "example.test");
    EXPECT_EQ(no_data.ttl, Duration{60s}) << "the last field is less than the record's TTL";
    const Answer no_name = Reply{{}, {soa}, LDNS_RCODE_NXDOMAIN}.to(question);
    EXPECT_EQ(no_name.kind, Answer::Kind::no_such_name);
    EXPECT_EQ(no_name.zone, "example.test");
}

TEST(DnsLookup, WhatAResolverCanNotTellIsAFailure) {
    const Question question{"www.example.test", RecordType::a};
    EXPECT_EQ((Reply{{}, {}, LDNS_RCODE_SERVFAIL}.to(question).kind), Answer::Kind::failure);
    EXPECT_EQ((Reply{{}, {}, LDNS_RCODE_REFUSED}.to(question).kind), Answer::Kind::failure);
    EXPECT_EQ(read_answer(Bytes(11, 0), question).kind, Answer::Kind::failure);
}

TEST(DnsLookup, ATruncatedAnswerIsSeen) {
    Bytes wire(head_size, 0);
    EXPECT_FALSE(is_truncated(wire));
    wire[2] = 0x82;
    EXPECT_TRUE(is_truncated(wire));
    EXPECT_FALSE(is_truncated({}));
}

}  // namespace
}  // namespace ntm::dns
