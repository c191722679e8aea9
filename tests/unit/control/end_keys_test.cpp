// SPDX-License-Identifier: BSD-3-Clause
// No counter of a path's end starts at 0 twice under one key.
#include "control/end_keys.hpp"

#include "common/base/random.hpp"
#include "common/protocol/keys.hpp"

#include <gtest/gtest.h>

namespace ntm::control {

namespace {

using Keys = std::shared_ptr<tables::EndKeys>;

Secret32 secret(char letter) {
    return Secret32{as_bytes(std::string(32, letter)).first<32>()};
}

Keys keys_of(std::uint64_t path, char letter, crypto::Suite suite = crypto::Suite::aes_128_gcm) {
    static EndKeyMaker maker;
    return maker.make(PathId{path}, suite, secret(letter));
}

class Shelf : public testing::Test {
  protected:
    static constexpr std::size_t capacity = 3;
    Keys take(std::uint64_t path, char letter) {
        return shelf.take(PathId{path}, keys_of(path, letter));
    }
    EndKeyShelf shelf{capacity};
};

TEST(EndKeys, AreThoseOfDataInBothRoles) {
    const Keys keys = keys_of(7, 'a', crypto::Suite::chacha20_poly1305);
    for (const Role role : {Role::initiator, Role::responder}) {
        const crypto::AeadKey expected = protocol::derive_key(
            secret('a'),
            {protocol::PacketType::data,
             static_cast<std::uint8_t>(role),
             crypto::Suite::chacha20_poly1305,
             PathId{7}},
            {}
        );
        const crypto::AeadKey& made =
            role == Role::initiator ? keys->opening.key : keys->sealing.key;
        EXPECT_EQ(made.suite, expected.suite);
        EXPECT_TRUE(made.bytes == expected.bytes);
    }
    EXPECT_EQ(keys->sealing.next_counter, 0U);
    EXPECT_EQ(keys->opening.received.next(), 0U);
}

TEST(EndKeys, AreTheSameForOneSecretPathAndSuite) {
    EXPECT_TRUE(are_same(*keys_of(7, 'a'), *keys_of(7, 'a')));
    EXPECT_FALSE(are_same(*keys_of(7, 'a'), *keys_of(7, 'b')));
    EXPECT_FALSE(are_same(*keys_of(7, 'a'), *keys_of(8, 'a')));
    EXPECT_FALSE(are_same(*keys_of(7, 'a'), *keys_of(7, 'a', crypto::Suite::chacha20_poly1305)));
}

TEST_F(Shelf, SecretThatHasNotBeenInUseHasFreshKeys) {
    const Keys fresh = keys_of(7, 'a');
    EXPECT_EQ(shelf.take(PathId{7}, fresh), fresh);
}

// S-10.
TEST_F(Shelf, SecretThatComesBackGoesOnCounting) {
    const Keys first = take(7, 'a');
    const Keys second = take(7, 'b');
    shelf.lay_aside(PathId{7}, first);
    shelf.lay_aside(PathId{7}, second);
    EXPECT_EQ(take(7, 'a'), first);
    EXPECT_EQ(take(7, 'b'), second);
}

TEST_F(Shelf, KeysOfAnotherPathAreOthers) {
    const Keys laid = take(7, 'a');
    shelf.lay_aside(PathId{7}, laid);
    const Keys other = take(8, 'a');
    ASSERT_TRUE(other);
    EXPECT_NE(other, laid);
}

TEST_F(Shelf, KeysAreHandedOutOnce) {
    const Keys laid = take(7, 'a');
    shelf.lay_aside(PathId{7}, laid);
    EXPECT_EQ(take(7, 'a'), laid);
    shelf.lay_aside(PathId{7}, laid);
    EXPECT_EQ(take(7, 'a'), laid) << "and laid aside as often as they come";
}

// S-10.
TEST_F(Shelf, SecretWhoseCountersAreForgottenIsRefusedForGood) {
    for (std::uint64_t path = 1; path <= capacity + 2; ++path) {
        shelf.lay_aside(PathId{path}, take(path, 'a'));
    }
    EXPECT_FALSE(take(1, 'a'));
    EXPECT_FALSE(take(2, 'a'));
    EXPECT_FALSE(take(1, 'a'));
    for (std::uint64_t path = 3; path <= capacity + 2; ++path) {
        EXPECT_TRUE(take(path, 'a')) << path;
    }
    EXPECT_TRUE(take(1, 'b')) << "another secret of that path";
}

TEST(ForgottenKeys, HoldsWhatWasAddedAndHardlyMore) {
    ForgottenKeys forgotten;
    EXPECT_FALSE(forgotten.may_hold(*keys_of(1, 'a')));
    constexpr std::uint64_t many = 2000;
    for (std::uint64_t path = 0; path < many; ++path) {
        forgotten.add(*keys_of(path, 'a'));
    }
    std::size_t mistaken = 0;
    for (std::uint64_t path = 0; path < many; ++path) {
        EXPECT_TRUE(forgotten.may_hold(*keys_of(path, 'a')));
        mistaken += forgotten.may_hold(*keys_of(path, 'b')) ? 1U : 0U;
    }
    EXPECT_EQ(mistaken, 0U);
}

}  // namespace

}  // namespace ntm::control
