// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/cookie.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

CookieAnswer answer_to(const char* outside) {
    CookieAnswer answer;
    answer.nonce = 0x1112131415161718;
    answer.token = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    answer.boot_id.value = 0x2122232425262728;
    answer.outside = *Endpoint::parse(outside);
    return answer;
}

TEST(Cookie, AskIsANonceAndZeros) {
    const Bytes ask = build_cookie_ask(0x1112131415161718);
    EXPECT_EQ(
        to_hex(ask),
        "14000000000000000000000000000000"
        "1112131415161718" +
            std::string(96, '0')
    );
    EXPECT_EQ(parse_cookie_ask(ask), 0x1112131415161718U);
    EXPECT_FALSE(parse_cookie_answer(ask));
}

TEST(Cookie, AnswerLiesOnTheWireAsDocumented) {
    const Bytes answer = build_cookie_answer(answer_to("192.0.2.1:9770"));
    EXPECT_EQ(
        to_hex(answer),
        "14040000000000000000000000000000"
        "1112131415161718"
        "0102030405060708090a0b0c0d0e0f10"
        "2122232425262728"
        "d9d5"
        "04"
        "0000000000"
        "3ffffdfe000000000000000000000000"
    );
    EXPECT_FALSE(parse_cookie_ask(answer));
}

TEST(Cookie, AnswerParsesBackInBothFamilies) {
    for (const char* const outside : {"192.0.2.1:9770", "[2001:db8::1]:1", "0.0.0.0:65535"}) {
        const CookieAnswer built = answer_to(outside);
        const auto parsed = parse_cookie_answer(build_cookie_answer(built));
        ASSERT_TRUE(parsed) << outside;
        EXPECT_EQ(parsed->nonce, built.nonce);
        EXPECT_EQ(parsed->token, built.token);
        EXPECT_EQ(parsed->boot_id, built.boot_id);
        EXPECT_EQ(parsed->outside, built.outside);
    }
}

TEST(Cookie, NeverShowsAnAddressThatANatWouldRewrite) {
    const Bytes answer = build_cookie_answer(answer_to("192.0.2.1:9770"));
    const Bytes address{192, 0, 2, 1};
    EXPECT_EQ(
        std::search(answer.begin(), answer.end(), address.begin(), address.end()), answer.end()
    );
}

TEST(Cookie, RefusesOtherLengthsTypesAndFamilies) {
    const Bytes ask = build_cookie_ask(1);
    const Bytes answer = build_cookie_answer(answer_to("192.0.2.1:9770"));
    for (std::size_t length = 0; length < cookie_size; ++length) {
        EXPECT_FALSE(parse_cookie_ask(ByteView{ask}.first(length)));
        EXPECT_FALSE(parse_cookie_answer(ByteView{answer}.first(length)));
    }
    Bytes longer = ask;
    longer.push_back(0);
    EXPECT_FALSE(parse_cookie_ask(longer));
    Bytes other_type = ask;
    other_type[0] = 0x13;
    EXPECT_FALSE(parse_cookie_ask(other_type));
    Bytes other_version = ask;
    other_version[0] = 0x24;
    EXPECT_FALSE(parse_cookie_ask(other_version));
    Bytes with_id = ask;
    with_id[15] = 1;
    EXPECT_FALSE(parse_cookie_ask(with_id));
    Bytes other_family = answer;
    other_family[cookie_family_at] = 5;
    EXPECT_FALSE(parse_cookie_answer(other_family));
}

}  // namespace
}  // namespace ntm::protocol
