// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/hkdf.hpp"

#include <gtest/gtest.h>

namespace ntm::crypto {
namespace {

Bytes hex(const char* text) {
    return *from_hex(text);
}

std::string derive(const Bytes& salt, const Bytes& key, const Bytes& info, std::size_t length) {
    Bytes out(length);
    hkdf_sha256(salt, key, info, out);
    return to_hex(out);
}

Bytes range(std::uint8_t from, std::uint8_t to) {
    Bytes bytes;
    for (unsigned value = from; value <= to; ++value) {
        bytes.push_back(static_cast<std::uint8_t>(value));
    }
    return bytes;
}

// RFC 5869 appendix A.
TEST(Hkdf, AgreesWithRfc5869Case1) {
    EXPECT_EQ(
        derive(range(0, 0x0c), Bytes(22, 0x0b), range(0xf0, 0xf9), 42),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    );
}

TEST(Hkdf, AgreesWithRfc5869Case2) {
    EXPECT_EQ(
        derive(range(0x60, 0xaf), range(0, 0x4f), range(0xb0, 0xff), 82),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e"
        "59"
        "0e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
    );
}

TEST(Hkdf, AgreesWithRfc5869Case3) {
    EXPECT_EQ(
        derive({}, Bytes(22, 0x0b), {}, 42),
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    );
}

TEST(Hkdf, LengthsAroundABlockArePrefixesOfOneAnother) {
    const std::string longest = derive(hex("01"), hex("02"), hex("03"), 65);
    for (const std::size_t length : {0U, 1U, 31U, 32U, 33U, 64U, 65U}) {
        EXPECT_EQ(derive(hex("01"), hex("02"), hex("03"), length), longest.substr(0, length * 2));
    }
}

// FIPS 180-4's example and RFC 4231 test case 2.
TEST(Hash, AgreesWithPublishedValues) {
    EXPECT_EQ(
        to_hex(sha256(as_bytes("abc"))),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    EXPECT_EQ(sha256(as_bytes("a"), as_bytes("bc")), sha256(as_bytes("abc")));
    EXPECT_EQ(
        to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    EXPECT_EQ(
        to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

}  // namespace
}  // namespace ntm::crypto
