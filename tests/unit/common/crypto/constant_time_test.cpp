// SPDX-License-Identifier: BSD-3-Clause
// S-2: secrets are compared in constant time. Runs under valgrind's memcheck, which is told that
// secret bytes are undefined, and then reports each branch and each address that hangs on one: an
// early way out of a comparison among them. Whatever a comparison has to say is public.
#include "common/base/secret.hpp"
#include "common/crypto/data_cipher.hpp"
#include "common/crypto/token_mint.hpp"

#include <algorithm>
#include <chrono>

#include <gtest/gtest.h>
#include <valgrind/memcheck.h>

namespace ntm::crypto {
namespace {

void hide(ByteView bytes) {
    VALGRIND_MAKE_MEM_UNDEFINED(bytes.data(), bytes.size());
}
template <typename Value>
Value made_public(Value value) {
    VALGRIND_MAKE_MEM_DEFINED(&value, sizeof value);
    return value;
}

// What memcheck has to say of `work`.
template <typename Work>
unsigned reports_of(Work work) {
    const unsigned before = VALGRIND_COUNT_ERRORS;
    work();
    return VALGRIND_COUNT_ERRORS - before;
}

class ConstantTime : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(RUNNING_ON_VALGRIND) << "to be run by valgrind"; }
};

// Without this one the others would show nothing.
TEST_F(ConstantTime, AnEarlyWayOutIsSeen) {
    const Bytes one(32, 1);
    const Bytes other(32, 1);
    hide(one);
    volatile bool is_same = true;
    EXPECT_GT(
        reports_of([&] {
            for (std::size_t i = 0; i < one.size() && is_same; ++i) {
                if (one[i] != other[i]) {
                    is_same = false;
                }
            }
        }),
        0U
    );
}

TEST_F(ConstantTime, SecretsAreComparedWithoutABranch) {
    const Secret32 secret;
    hide(secret.view());
    for (std::size_t at = 0; at <= Secret32::size; ++at) {
        Secret32 guess;
        if (at < Secret32::size) {
            guess.mutable_view()[at] = 1;
        }
        bool is_same = false;
        bool is_zero = false;
        EXPECT_EQ(
            reports_of([&] {
                is_same = made_public(secret == guess);
                is_zero = made_public(secret.is_zero());
            }),
            0U
        );
        EXPECT_EQ(is_same, at == Secret32::size);
        EXPECT_TRUE(is_zero);
    }
}

// The one branch is on what the comparison says, wherever the first wrong byte is. The time of issue
// is no secret.
TEST_F(ConstantTime, ATokenIsComparedInOnePiece) {
    Secret<16> key;
    hide(key.view());
    TokenMint mint{key};
    const Instant now{std::chrono::seconds{1000}};
    const Endpoint source = *Endpoint::parse("192.0.2.1:9770");
    constexpr std::size_t time_size = 6;
    const Token good = made_public(mint.mint(source, now));
    for (std::size_t at = time_size; at < good.size(); ++at) {
        Token guess = good;
        guess[at] ^= 1;
        bool is_taken = true;
        EXPECT_EQ(reports_of([&] { is_taken = mint.check(guess, source, now).has_value(); }), 1U);
        EXPECT_FALSE(is_taken);
    }
    EXPECT_EQ(reports_of([&] { EXPECT_TRUE(mint.check(good, source, now)); }), 1U);
}

// Of suites 3 and 4, likewise.
TEST_F(ConstantTime, AnHmacIsComparedInOnePiece) {
    constexpr std::array<std::uint8_t, DataCipher::header_size> header{0x10};
    for (const Suite suite : {Suite::aes_128_cbc_hmac_sha_256, Suite::aes_128_cbc_hmac_md5}) {
        AeadKey key;
        key.suite = suite;
        hide(key.view().subspan(aes_128_key_size));
        DataCipher cipher{key};
        Bytes sealed(sealed_size(suite, 0));
        cipher.seal(header, {}, sealed);
        VALGRIND_MAKE_MEM_DEFINED(sealed.data(), sealed.size());
        Bytes text(aes_block_size);
        std::optional<std::size_t> length;
        for (std::size_t at = sealed.size() - tag_size; at < sealed.size(); ++at) {
            Bytes guess = sealed;
            guess[at] ^= 1;
            EXPECT_EQ(reports_of([&] { length = cipher.open(header, guess, text); }), 1U);
            EXPECT_FALSE(length);
        }
        EXPECT_EQ(reports_of([&] { length = cipher.open(header, sealed, text); }), 1U);
        EXPECT_EQ(length, 0U);
    }
}

}  // namespace
}  // namespace ntm::crypto
