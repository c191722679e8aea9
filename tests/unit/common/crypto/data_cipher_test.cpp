// SPDX-License-Identifier: BSD-3-Clause
// S-2: DATA of every suite, against vectors that another program has made (tests/interop)
// and RFC 3602's first.
#include "common/crypto/data_cipher.hpp"

#include "common/base/random.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::crypto {
namespace {

// Counter 5 of the initiator on path 0102030405060708, as in docs/protocol.md section 6.
constexpr std::array<std::uint8_t, 16> header{0x10, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8};
constexpr std::size_t longest = 2000;

AeadKey key_of(Suite suite, ByteView bytes) {
    EXPECT_EQ(bytes.size(), key_size(suite));
    return {suite, bytes};
}

Bytes sealed_by(DataCipher& cipher, DataCipher::Header under, ByteView text) {
    Bytes out(sealed_size(cipher.suite(), text.size()));
    cipher.seal(under, text, out);
    return out;
}

// Nothing: refused, and what there was room for is wiped.
std::optional<Bytes> opened_by(DataCipher& cipher, DataCipher::Header under, ByteView sealed) {
    Bytes out(text_room(cipher.suite(), sealed.size()).value_or(longest), 0xaa);
    const auto length = cipher.open(under, sealed, out);
    if (!length) {
        EXPECT_EQ(out, Bytes(out.size()));
        return std::nullopt;
    }
    out.resize(*length);
    return out;
}

bool holds(ByteView whole, ByteView part) {
    return std::search(whole.begin(), whole.end(), part.begin(), part.end()) != whole.end();
}

struct Vector {
    Suite suite;
    const char* key;
    const char* empty;     // sealed
    const char* sentence;  // "NTMobile over it", sealed
};

constexpr std::array vectors{
    Vector{
        Suite::none,
        "5c3f226c797bdc17eee0be168f0b1d8f0526880c9f97909cc9938ca8cfaf6607",
        "",
        "4e544d6f62696c65206f766572206974"},
    Vector{
        Suite::aes_128_gcm,
        "3451a3844997af46f3f1f74930539965",
        "079ae9b1732e51e61155f018fa7544e4",
        "a2e8da12e736ad7179375143826ec559ca38b3cf7841c1efa1b4706403d99864"},
    Vector{
        Suite::chacha20_poly1305,
        "9b6e3afa06cfabd4792a537ff87aee00df046e071b50fba3ab624a232886aa8b",
        "143ad9917e1205cb07960ea0ca0ac15f",
        "4616806cf90f5cc8b5c513ce5860ed6f21bb9d32d30b6d53bddd280c908c9f8c"},
    Vector{
        Suite::aes_128_cbc_hmac_sha_256,
        "01e9fdebb03e7038c5d484b6ceb41d2ffe2df3720457d82abf05aaf261a51cd277f934a35d632a74cb7ec59d3c"
        "b"
        "007b3",
        "7822e5bfc891df93ab44c065531594db20d1fca399ac668f631df52e057b38bd9fc57d30a8da29d1e9bf22297f"
        "2"
        "731be",
        "7822e5bfc891df93ab44c065531594db0ac7628a079d0bc7e590907fefd57e86a3befebfbfdeebe9d5a774e7f2"
        "c"
        "443b7fe09c11d6e5b467f3eea98758e663d29"},
    Vector{
        Suite::aes_128_cbc_hmac_md5,
        "0a47f235a512a668c1f617f049af6b278ec29e8fa61515a11e7cd0a5983629b7",
        "debf462aa4ec48ac8dd34f75366e253563945e8ca0a746b5934525e25d4ee9fdaef9ee37fd67a377e5427f1800"
        "9"
        "5f45d",
        "debf462aa4ec48ac8dd34f75366e25350952d72b10c9136e577d03e3e3baa8e928a6ed3ac81fb7f58a4f27175f"
        "8"
        "28e089ec64728d41120651cd6a833e388ceea"},
};

class DataCiphers : public testing::TestWithParam<Vector> {
  protected:
    DataCiphers() : cipher_{key_of(GetParam().suite, *from_hex(GetParam().key))} {}

    Bytes draw(std::size_t length) {
        Bytes bytes(length);
        random_.fill(bytes);
        return bytes;
    }

    DataCipher cipher_;
    SeededRandom random_{1};
};

TEST_P(DataCiphers, SealAsAnotherProgramDoes) {
    EXPECT_EQ(to_hex(sealed_by(cipher_, header, {})), GetParam().empty);
    const Bytes text = *from_hex("4e544d6f62696c65206f766572206974");
    EXPECT_EQ(to_hex(sealed_by(cipher_, header, text)), GetParam().sentence);
}

TEST_P(DataCiphers, BringEveryLengthBack) {
    for (std::size_t length = 0; length <= longest; ++length) {
        const Bytes text = draw(length);
        ASSERT_EQ(opened_by(cipher_, header, sealed_by(cipher_, header, text)), text) << length;
    }
}

// All but suite 0.
class SealingCiphers : public DataCiphers {};

TEST_P(SealingCiphers, RefuseEveryChangedBitAndWipe) {
    const Bytes sealed = sealed_by(cipher_, header, draw(40));
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        Bytes changed = sealed;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        ASSERT_EQ(opened_by(cipher_, header, changed), std::nullopt) << bit;
    }
    for (std::size_t bit = 0; bit < header.size() * 8; ++bit) {
        auto changed = header;
        changed.at(bit / 8) ^= static_cast<std::uint8_t>(1U << (bit % 8));
        ASSERT_EQ(opened_by(cipher_, changed, sealed), std::nullopt) << bit;
    }
}

TEST_P(SealingCiphers, RefuseWhatIsCutOffOrLonger) {
    const Bytes sealed = sealed_by(cipher_, header, draw(100));
    for (std::size_t length = 0; length < sealed.size(); ++length) {
        ASSERT_EQ(opened_by(cipher_, header, ByteView{sealed}.first(length)), std::nullopt);
        ASSERT_EQ(opened_by(cipher_, header, ByteView{sealed}.last(length)), std::nullopt);
    }
    Bytes longer = sealed;
    for (int i = 0; i < 32; ++i) {
        longer.push_back(0);
        ASSERT_EQ(opened_by(cipher_, header, longer), std::nullopt);
    }
}

TEST_P(SealingCiphers, HideTheTextAndNeverInTheSameWay) {
    const Bytes text(64, 0x61);
    auto next = header;
    next[7] = 6;
    const Bytes one = sealed_by(cipher_, header, text);
    const Bytes other = sealed_by(cipher_, next, text);
    for (std::size_t at = 0; at + aes_block_size <= one.size(); at += aes_block_size) {
        const ByteView block = ByteView{one}.subspan(at, aes_block_size);
        EXPECT_FALSE(holds(other, block)) << at;
        EXPECT_FALSE(holds(text, block)) << at;
    }
}

std::string name_of(const testing::TestParamInfo<Vector>& tested) {
    return "Number" + std::to_string(static_cast<unsigned>(tested.param.suite));
}
INSTANTIATE_TEST_SUITE_P(Suites, DataCiphers, testing::ValuesIn(vectors), name_of);
INSTANTIATE_TEST_SUITE_P(
    Suites, SealingCiphers, testing::ValuesIn(std::span{vectors}.subspan<1>()), name_of
);

// A sender may make its IV as it likes.
TEST(CbcHmac, OpensUnderAnyIv) {
    const char* const of_rfc_3602 = "06a9214036b8a15b512e03d534120006";
    const std::string iv_and_text =
        "3dafba429d9eb430b422da802c9fac41e353779c1079aeb82708942dbe77181a";
    const std::string padding = "b97c825e1c785146542d396941bce55d";
    const std::string counting = "000102030405060708090a0b0c0d0e0f";
    const std::string sha_256 = "5745bab2e718f84c8362f4e5f8393940";
    const std::string md5 = "1991b20c230b9c9d4b8a738406bb0430";
    DataCipher with_sha_256{key_of(
        Suite::aes_128_cbc_hmac_sha_256,
        *from_hex(of_rfc_3602 + counting + "101112131415161718191a1b1c1d1e1f")
    )};
    DataCipher with_md5{key_of(Suite::aes_128_cbc_hmac_md5, *from_hex(of_rfc_3602 + counting))};
    const Bytes text = *from_hex("53696e676c6520626c6f636b206d7367");  // "Single block msg"
    EXPECT_EQ(opened_by(with_sha_256, header, *from_hex(iv_and_text + padding + sha_256)), text);
    EXPECT_EQ(opened_by(with_md5, header, *from_hex(iv_and_text + padding + md5)), text);
}

TEST(CbcHmac, TakesForPaddingWhatSaysHowLongItIs) {
    Bytes text(32, 0x61);
    for (std::uint8_t padding = 1; padding <= 16; ++padding) {
        std::fill(text.end() - padding, text.end(), padding);
        EXPECT_EQ(unpadded(text), text.size() - padding);
    }
    text[20] = 15;
    EXPECT_EQ(unpadded(text), std::nullopt) << "one byte of it is another";
    for (const int wrong : {0, 17, 255}) {
        EXPECT_EQ(unpadded(Bytes(32, static_cast<std::uint8_t>(wrong))), std::nullopt);
    }
}

}  // namespace
}  // namespace ntm::crypto
