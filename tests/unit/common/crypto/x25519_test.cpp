// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/x25519.hpp"

#include <gtest/gtest.h>

namespace ntm::crypto {
namespace {

KeyPair pair(const char* hex) {
    const Bytes bytes = *from_hex(hex);
    return KeyPair::from_private(Secret32{std::span<const std::uint8_t, 32>{bytes}});
}

PublicKey key(const char* hex) {
    return *PublicKey::from_bytes(*from_hex(hex));
}

// RFC 7748 section 5.2.
TEST(X25519, MultipliesAsPublished) {
    const auto scalar = pair("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
    const auto shared =
        scalar.agree(key("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"));
    ASSERT_TRUE(shared);
    EXPECT_EQ(
        to_hex(shared->view()), "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    );
}

// RFC 7748 section 6.1.
TEST(X25519, AgreesAsPublished) {
    const auto alice = pair("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    const auto bob = pair("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    EXPECT_EQ(
        to_hex(alice.public_key().bytes),
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    );
    EXPECT_EQ(
        to_hex(bob.public_key().bytes),
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    );
    const auto shared = alice.agree(bob.public_key());
    ASSERT_TRUE(shared);
    EXPECT_EQ(
        to_hex(shared->view()), "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    );
    EXPECT_EQ(bob.agree(alice.public_key()), shared);
}

TEST(X25519, RefusesKeysOfLowOrder) {
    SeededRandom random{1};
    const auto own = KeyPair::generate(random);
    for (const char* const low : {
             "0000000000000000000000000000000000000000000000000000000000000000",
             "0100000000000000000000000000000000000000000000000000000000000000",
             "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
             "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
         }) {
        EXPECT_FALSE(own.agree(key(low))) << low;
    }
}

TEST(X25519, GeneratesWhatTheRandomSourceGives) {
    SeededRandom first{7};
    SeededRandom same{7};
    const auto a = KeyPair::generate(first);
    EXPECT_EQ(a.public_key(), KeyPair::generate(same).public_key());
    EXPECT_NE(a.public_key(), KeyPair::generate(first).public_key());
    EXPECT_EQ(a.clone().public_key(), a.public_key());
    EXPECT_EQ(a.clone().private_key(), a.private_key());
}

TEST(PublicKey, TextIsBase64BothWays) {
    SeededRandom random{3};
    const PublicKey public_key = KeyPair::generate(random).public_key();
    EXPECT_EQ(PublicKey::parse(public_key.text()), public_key);
    EXPECT_EQ(public_key.text().size(), 44U);
}

TEST(PublicKey, RefusesOtherLengthsAndTexts) {
    EXPECT_FALSE(PublicKey::from_bytes(Bytes(31)));
    EXPECT_FALSE(PublicKey::from_bytes(Bytes(33)));
    EXPECT_FALSE(PublicKey::from_bytes({}));
    EXPECT_FALSE(PublicKey::parse(""));
    EXPECT_FALSE(PublicKey::parse("AAAA"));
    EXPECT_FALSE(PublicKey::parse(std::string(44, '!')));
}

}  // namespace
}  // namespace ntm::crypto
