// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/aead.hpp"

#include <gtest/gtest.h>

namespace ntm::crypto {
namespace {

struct Vector {
    const char* name;
    Suite suite;
    const char* key;
    const char* nonce;
    const char* additional;
    const char* plaintext;
    const char* sealed;
};

const Vector vectors[] = {
    // The GCM specification (McGrew, Viega), test cases 1, 2, 4 and 16.
    {"gcm_1",
     Suite::aes_128_gcm,
     "00000000000000000000000000000000",
     "000000000000000000000000",
     "",
     "",
     "58e2fccefa7e3061367f1d57a4e7455a"},
    {"gcm_2",
     Suite::aes_128_gcm,
     "00000000000000000000000000000000",
     "000000000000000000000000",
     "",
     "00000000000000000000000000000000",
     "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"},
    {"gcm_4",
     Suite::aes_128_gcm,
     "feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
     "b525b16aedf5aa0de657ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84"
     "aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"},
    {"gcm_16",
     Suite::aes_256_gcm,
     "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
     "b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b105682"
     "8838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
    // RFC 8439 section 2.8.2.
    {"chacha",
     Suite::chacha20_poly1305,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "070000004041424344454647",
     "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620492"
     "0"
     "636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c20737"
     "5"
     "6e73637265656e20776f756c642062652069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da927"
     "2"
     "8b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b483"
     "1"
     "d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"},
};

Nonce nonce_from(ByteView bytes) {
    Nonce nonce;
    std::copy(bytes.begin(), bytes.end(), nonce.begin());
    return nonce;
}

class AeadVectors : public testing::TestWithParam<Vector> {
  protected:
    AeadVectors()
        : aead_{AeadKey{GetParam().suite, *from_hex(GetParam().key)}},
          nonce_{nonce_from(*from_hex(GetParam().nonce))},
          additional_{*from_hex(GetParam().additional)},
          plaintext_{*from_hex(GetParam().plaintext)},
          sealed_{*from_hex(GetParam().sealed)} {}

    Aead aead_;
    Nonce nonce_;
    Bytes additional_;
    Bytes plaintext_;
    Bytes sealed_;
};

TEST_P(AeadVectors, SealsAsPublished) {
    Bytes out(plaintext_.size() + tag_size);
    aead_.seal(nonce_, additional_, plaintext_, out);
    EXPECT_EQ(to_hex(out), GetParam().sealed);
}

TEST_P(AeadVectors, SealsAndOpensInPlaceManyTimes) {
    for (int round = 0; round < 3; ++round) {
        Bytes buffer = plaintext_;
        buffer.resize(plaintext_.size() + tag_size);
        aead_.seal(nonce_, additional_, ByteView{buffer}.first(plaintext_.size()), buffer);
        ASSERT_EQ(buffer, sealed_);
        const MutableByteView out = MutableByteView{buffer}.first(plaintext_.size());
        ASSERT_TRUE(aead_.open(nonce_, additional_, buffer, out));
        ASSERT_TRUE(std::equal(out.begin(), out.end(), plaintext_.begin()));
    }
}

// S-2.
TEST_P(AeadVectors, RefusesEveryChangedBitAndWipes) {
    Bytes out(plaintext_.size());
    for (std::size_t at = 0; at < sealed_.size() * 8; ++at) {
        Bytes changed = sealed_;
        changed[at / 8] ^= static_cast<std::uint8_t>(1U << (at % 8));
        std::fill(out.begin(), out.end(), std::uint8_t{0xaa});
        ASSERT_FALSE(aead_.open(nonce_, additional_, changed, out)) << at;
        ASSERT_EQ(out, Bytes(out.size(), 0));
    }
    ASSERT_TRUE(aead_.open(nonce_, additional_, sealed_, out));
    EXPECT_EQ(out, plaintext_);
}

TEST_P(AeadVectors, RefusesChangedNonceAndAdditionalData) {
    Bytes out(plaintext_.size());
    for (std::size_t at = 0; at < nonce_.size(); ++at) {
        Nonce changed = nonce_;
        changed[at] ^= 0x80;
        EXPECT_FALSE(aead_.open(changed, additional_, sealed_, out));
    }
    for (std::size_t at = 0; at < additional_.size(); ++at) {
        Bytes changed = additional_;
        changed[at] ^= 1;
        EXPECT_FALSE(aead_.open(nonce_, changed, sealed_, out));
    }
    Bytes longer = additional_;
    longer.push_back(0);
    EXPECT_FALSE(aead_.open(nonce_, longer, sealed_, out));
}

TEST_P(AeadVectors, RefusesTruncatedInput) {
    for (std::size_t length = 0; length < sealed_.size(); ++length) {
        Bytes out(length < tag_size ? 0 : length - tag_size);
        EXPECT_FALSE(aead_.open(nonce_, additional_, ByteView{sealed_}.first(length), out));
    }
}

TEST_P(AeadVectors, SurvivesBeingMoved) {
    Aead moved{std::move(aead_)};
    Aead assigned{AeadKey{Suite::aes_128_gcm, Bytes(16, 9)}};
    assigned = std::move(moved);
    Bytes out(plaintext_.size() + tag_size);
    assigned.seal(nonce_, additional_, plaintext_, out);
    EXPECT_EQ(out, sealed_);
}

INSTANTIATE_TEST_SUITE_P(
    Published,
    AeadVectors,
    testing::ValuesIn(vectors),
    [](const testing::TestParamInfo<Vector>& tested) { return std::string{tested.param.name}; }
);

}  // namespace
}  // namespace ntm::crypto
