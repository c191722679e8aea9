// SPDX-License-Identifier: BSD-3-Clause
// The suites by number and name, and the lengths of what they seal.
#include "common/crypto/suite.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::crypto {
namespace {

constexpr std::size_t longest = 2000;

TEST(Suite, HasANumberAndANameThatLeadBackToIt) {
    for (const Suite suite : all_suites) {
        EXPECT_EQ(suite_of(std::string_view{text_of(suite)}), suite);
        EXPECT_EQ(suite_of(static_cast<std::uint64_t>(suite)), suite);
    }
    EXPECT_EQ(suite_of(std::uint64_t{5}), std::nullopt);
    EXPECT_EQ(suite_of(std::uint64_t{255}), std::nullopt);
    EXPECT_EQ(suite_of(std::string_view{"aes-256-gcm"}), std::nullopt);
    EXPECT_EQ(suite_of(std::string_view{""}), std::nullopt);
}

TEST(Suite, IsAllowedUnaskedOnlyIfNothingIsToBeSaidAgainstIt) {
    const std::vector<Suite> usual = usual_suites();
    EXPECT_EQ(usual.front(), Suite::aes_128_gcm);
    for (const Suite suite : all_suites) {
        const bool is_usual = std::ranges::find(usual, suite) != usual.end();
        EXPECT_EQ(is_usual, weakness_of(suite) == nullptr) << text_of(suite);
    }
}

TEST(Suite, HasTheKeyLengthOfTheProtocol) {
    EXPECT_EQ(key_size(Suite::aes_128_gcm), 16U);
    EXPECT_EQ(key_size(Suite::chacha20_poly1305), 32U);
    EXPECT_EQ(key_size(Suite::aes_128_cbc_hmac_sha_256), 48U);
    EXPECT_EQ(key_size(Suite::aes_128_cbc_hmac_md5), 32U);
}

TEST(Suite, AddsWhatTheProtocolSays) {
    for (std::size_t text = 0; text <= longest; ++text) {
        ASSERT_EQ(sealed_size(Suite::none, text), text);
        ASSERT_EQ(sealed_size(Suite::aes_128_gcm, text), text + 16);
        ASSERT_EQ(sealed_size(Suite::chacha20_poly1305, text), text + 16);
        for (const Suite suite : {Suite::aes_128_cbc_hmac_sha_256, Suite::aes_128_cbc_hmac_md5}) {
            const std::size_t padding = sealed_size(suite, text) - text - 16 - 16;
            ASSERT_GE(padding, 1U);
            ASSERT_LE(padding, 16U);
            ASSERT_EQ((text + padding) % 16, 0U);
        }
    }
}

TEST(Suite, TellsHowMuchTextFits) {
    for (const Suite suite : all_suites) {
        for (std::size_t text = 0; text <= longest; ++text) {
            const std::size_t sealed = sealed_size(suite, text);
            ASSERT_GE(text_room(suite, sealed).value_or(0), text) << text_of(suite);
            ASSERT_GE(longest_text(suite, sealed), text) << text_of(suite);
        }
        for (std::size_t room = sealed_size(suite, 0); room <= longest; ++room) {
            const std::size_t text = longest_text(suite, room);
            ASSERT_LE(sealed_size(suite, text), room) << text_of(suite);
            ASSERT_GT(sealed_size(suite, text + 1), room) << text_of(suite);
        }
        for (std::size_t room = 0; room < sealed_size(suite, 0); ++room) {
            ASSERT_EQ(longest_text(suite, room), 0U) << text_of(suite);
            ASSERT_EQ(text_room(suite, room), std::nullopt) << text_of(suite);
        }
    }
    EXPECT_EQ(text_room(Suite::aes_128_cbc_hmac_sha_256, 48), 16U);
    EXPECT_EQ(text_room(Suite::aes_128_cbc_hmac_sha_256, 49), std::nullopt);
}

}  // namespace
}  // namespace ntm::crypto
