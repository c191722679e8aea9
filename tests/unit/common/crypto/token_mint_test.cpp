// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/token_mint.hpp"

#include <gtest/gtest.h>

namespace ntm::crypto {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class TokenMintTest : public testing::Test {
  protected:
    static Secret<16> key(std::uint8_t filler) {
        const std::array<std::uint8_t, 16> bytes{filler, 1, 2, 3};
        return Secret<16>{bytes};
    }

    TokenMint mint_{key(0)};
    Endpoint source_ = *Endpoint::parse("192.0.2.1:9770");
    Instant now_{seconds{500} + nanoseconds{123'456'789}};
};

TEST_F(TokenMintTest, AcceptsItsOwnTokenAndTellsTheTimeOfIssue) {
    const Token token = mint_.mint(source_, now_);
    const auto issued = mint_.check(token, source_, now_ + seconds{3});
    ASSERT_TRUE(issued);
    EXPECT_EQ(*issued, Instant{seconds{500} + microseconds{123'456}});
    EXPECT_NE(token, Token{});
}

TEST_F(TokenMintTest, TokensLiveFor120Seconds) {
    const Token token = mint_.mint(source_, now_);
    EXPECT_TRUE(mint_.check(token, source_, now_));
    EXPECT_TRUE(mint_.check(token, source_, now_ + token_lifetime));
    EXPECT_FALSE(mint_.check(token, source_, now_ + token_lifetime + microseconds{1}));
}

TEST_F(TokenMintTest, RefusesTokensFromTheFuture) {
    const Token token = mint_.mint(source_, now_);
    EXPECT_FALSE(mint_.check(token, source_, now_ - seconds{100}));
}

// S-5.
TEST_F(TokenMintTest, RefusesAnotherSource) {
    const Token token = mint_.mint(source_, now_);
    for (const char* const other : {
             "192.0.2.2:9770",
             "192.0.2.1:9771",
             "192.0.2.1:10026",
             "[c000:201::]:9770",
         }) {
        EXPECT_FALSE(mint_.check(token, *Endpoint::parse(other), now_)) << other;
    }
}

TEST_F(TokenMintTest, TellsFamiliesWithEqualBytesApart) {
    // Both are c0 00 02 01 and zeros.
    const Endpoint same_bytes{*IpAddress::parse("c000:201::"), source_.port};
    ASSERT_EQ(same_bytes.address.padded(), source_.address.padded());
    EXPECT_FALSE(mint_.check(mint_.mint(source_, now_), same_bytes, now_));
    EXPECT_FALSE(mint_.check(mint_.mint(same_bytes, now_), source_, now_));
}

TEST_F(TokenMintTest, RefusesEveryChangedBit) {
    const Token token = mint_.mint(source_, now_);
    for (std::size_t bit = 0; bit < token.size() * 8; ++bit) {
        Token changed = token;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(mint_.check(changed, source_, now_ + seconds{1})) << bit;
    }
    EXPECT_FALSE(mint_.check(Token{}, source_, now_));
}

TEST_F(TokenMintTest, OnlyMintsOfTheSameKeyAgree) {
    const Token token = mint_.mint(source_, now_);
    TokenMint same{key(0)};
    TokenMint other{key(9)};
    EXPECT_TRUE(same.check(token, source_, now_));
    EXPECT_FALSE(other.check(token, source_, now_));
}

TEST_F(TokenMintTest, ForgivesClocksThatAreALittleApart) {
    const std::chrono::milliseconds skew{20};
    const auto issued = mint_.check(mint_.mint(source_, now_ + skew), source_, now_);
    ASSERT_TRUE(issued);
    EXPECT_LT(now_ - *issued, microseconds{1});
    EXPECT_GE(now_, *issued);
    const Token later = mint_.mint(source_, now_ + skew + microseconds{1});
    EXPECT_FALSE(mint_.check(later, source_, now_));
}

TEST_F(TokenMintTest, OutlivesTheWrapOfItsClock) {
    // 6 bytes of microseconds wrap after 8.9 years.
    const Instant before{microseconds{(std::int64_t{1} << 48) - 1'000'000}};
    const Token token = mint_.mint(source_, before);
    const auto issued = mint_.check(token, source_, before + seconds{2});
    ASSERT_TRUE(issued);
    EXPECT_EQ(*issued, before);
}

}  // namespace
}  // namespace ntm::crypto
