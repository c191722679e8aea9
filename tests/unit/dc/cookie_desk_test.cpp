// SPDX-License-Identifier: BSD-3-Clause
#include "dc/cookie_desk.hpp"

#include "common/protocol/cookie.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace ntm::dc {
namespace {

using namespace std::chrono_literals;

class CookieDeskTest : public testing::Test {
  protected:
    [[nodiscard]] Datagram ask_from(const char* source) const {
        return {
            *Endpoint::parse("203.0.113.10:9770"),
            *Endpoint::parse(source),
            protocol::build_cookie_ask(0x1122334455667788)};
    }
    SeededRandom random_{7};
    const Secret<16> token_key_{random_.bytes<16>()};
    CookieDesk desk_{BootId{42}, 10, token_key_, random_};
    Instant now_{1000s};
};

TEST_F(CookieDeskTest, TellsTheOutsideAddressInAsManyBytes) {
    const auto answer = desk_.answer(ask_from("192.0.2.1:40000"), now_);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->local, *Endpoint::parse("203.0.113.10:9770"));
    EXPECT_EQ(answer->remote, *Endpoint::parse("192.0.2.1:40000"));
    EXPECT_EQ(answer->payload.size(), 72U);
    const auto read = protocol::parse_cookie_answer(answer->payload);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->nonce, 0x1122334455667788U);
    EXPECT_EQ(read->boot_id, BootId{42});
    EXPECT_EQ(read->outside, *Endpoint::parse("192.0.2.1:40000"));
    EXPECT_NE(read->token, crypto::Token{});
}

TEST_F(CookieDeskTest, LimitsOneSourceAndNoOther) {
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(desk_.answer(ask_from("192.0.2.1:40000"), now_)) << i;
    }
    EXPECT_FALSE(desk_.answer(ask_from("192.0.2.1:40001"), now_)) << "another port is no other";
    EXPECT_EQ(desk_.counters().limited, 1U);
    EXPECT_TRUE(desk_.answer(ask_from("192.0.2.2:40000"), now_));
    EXPECT_TRUE(desk_.answer(ask_from("192.0.2.1:40000"), now_ + 100ms));
}

TEST_F(CookieDeskTest, TakesAnIpv6NetworkForOneSource) {
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(desk_.answer(ask_from("[2001:db8::1]:1"), now_)) << i;
    }
    EXPECT_FALSE(desk_.answer(ask_from("[2001:db8::2]:1"), now_));
    EXPECT_TRUE(desk_.answer(ask_from("[2001:db8:1::1]:1"), now_));
}

TEST_F(CookieDeskTest, AnswersNothingButAWholeAsk) {
    Datagram ask = ask_from("192.0.2.1:40000");
    const Bytes whole = ask.payload;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        ask.payload.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(desk_.answer(ask, now_)) << size;
    }
    ask.payload = whole;
    ask.payload.push_back(0);
    EXPECT_FALSE(desk_.answer(ask, now_));
    EXPECT_EQ(desk_.counters().malformed, 73U);
    const auto answer = desk_.answer(ask_from("192.0.2.1:40000"), now_);
    EXPECT_FALSE(desk_.answer({ask.local, ask.remote, answer->payload}, now_)) << "an answer";
}

}  // namespace
}  // namespace ntm::dc
