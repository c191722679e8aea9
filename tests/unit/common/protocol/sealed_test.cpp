// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/sealed.hpp"

#include "common/protocol/keys.hpp"

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

constexpr PathId path{0x0102030405060708};

// 000102..1f, the secret of docs/protocol.md section 6.
Secret32 secret() {
    std::array<std::uint8_t, 32> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(i);
    }
    return Secret32{bytes};
}

// Gives the salt a0a1..af of the check value.
class CountingRandom final : public RandomSource {
  public:
    void fill(MutableByteView bytes) override {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = static_cast<std::uint8_t>(0xa0 + i);
        }
    }
};

v1::Leg request() {
    v1::Leg message;
    message.mutable_request()->set_nonce("12345678");
    return message;
}

v1::Leg response() {
    v1::Leg message;
    message.mutable_response()->set_nonce("12345678");
    message.mutable_response()->set_bound(true);
    return message;
}

TEST(Keys, AgreeWithTheCheckValues) {
    const auto data =
        derive_key(secret(), {PacketType::data, 0, crypto::Suite::aes_128_gcm, path}, {});
    EXPECT_EQ(to_hex(data.view()), "3451a3844997af46f3f1f74930539965");
    const Bytes salt = *from_hex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
    const auto leg = derive_key(
        secret(), {PacketType::leg, NtmHeader::flag_role, crypto::Suite::aes_128_gcm, path}, salt
    );
    EXPECT_EQ(to_hex(leg.view()), "d22dc0585bfc56fc439f0e4e6cc54131");
}

TEST(Keys, DependOnEverythingThatNamesTheirUse) {
    const Secret32 from = secret();
    const auto key = [&](PacketType type, std::uint8_t flags, crypto::Suite suite, PathId id) {
        return to_hex(derive_key(from, {type, flags, suite, id}, {}).view());
    };
    constexpr auto gcm = crypto::Suite::aes_128_gcm;
    const std::string base = key(PacketType::data, 0, gcm, path);
    EXPECT_NE(base, key(PacketType::end, 0, gcm, path));
    EXPECT_NE(base, key(PacketType::data, NtmHeader::flag_role, gcm, path));
    EXPECT_NE(base, key(PacketType::data, NtmHeader::flag_answer, gcm, path));
    EXPECT_NE(base, key(PacketType::data, 0, gcm, PathId{1}));
    EXPECT_EQ(base, key(PacketType::data, NtmHeader::flag_key_phase, gcm, path));
    const std::string chacha = key(PacketType::data, 0, crypto::Suite::chacha20_poly1305, path);
    EXPECT_EQ(chacha.size(), 64U);
    EXPECT_NE(chacha.substr(0, 32), base);
}

TEST(Data, AgreesWithTheCheckValue) {
    DataSealer sealer{secret(), crypto::Suite::aes_128_gcm, path, Role::initiator};
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(sealer.seal(Bytes(3)));
    }
    EXPECT_EQ(sealer.sent(), 5U);
    EXPECT_EQ(
        to_hex(*sealer.seal({})), "10000000000000050102030405060708079ae9b1732e51e61155f018fa7544e4"
    );
}

// The phase is additional data: who turns it makes a forgery.
TEST(Data, CarriesTheLowestBitOfItsEpoch) {
    for (const std::uint32_t epoch : {0U, 1U, 2U, 3U}) {
        DataSealer sealer{secret(), crypto::Suite::aes_128_gcm, path, Role::responder, {}, epoch};
        DataOpener opener{secret(), crypto::Suite::aes_128_gcm, path, Role::initiator};
        Bytes sealed = *sealer.seal({});
        const auto header = NtmHeader::parse(sealed);
        EXPECT_EQ(header->key_phase(), epoch % 2 == 1);
        EXPECT_EQ(header->role(), Role::responder);
        sealed[1] ^= NtmHeader::flag_key_phase;
        EXPECT_EQ(opener.open(sealed).error(), OpenError::bad_tag);
        sealed[1] ^= NtmHeader::flag_key_phase;
        EXPECT_TRUE(opener.open(sealed));
    }
}

class DataPair : public testing::TestWithParam<crypto::Suite> {
  protected:
    DataSealer mn_{secret(), GetParam(), path, Role::initiator};
    DataSealer cn_{secret(), GetParam(), path, Role::responder};
    DataOpener at_cn_{secret(), GetParam(), path, Role::responder};
    DataOpener at_mn_{secret(), GetParam(), path, Role::initiator};
    const Bytes inner_ = Bytes(100, 0x45);
};

TEST_P(DataPair, OpensWhatTheOtherEndSealed) {
    for (int i = 0; i < 3; ++i) {
        const auto up = at_cn_.open(*mn_.seal(inner_));
        ASSERT_TRUE(up);
        EXPECT_EQ(*up, inner_);
        const auto down = at_mn_.open(*cn_.seal({}));
        ASSERT_TRUE(down);
        EXPECT_TRUE(down->empty());
    }
    EXPECT_EQ(mn_.seal(inner_)->size(), 16 + inner_.size() + 16);
}

TEST_P(DataPair, RefusesReplaysButNotReordering) {
    const Bytes first = *mn_.seal(inner_);
    const Bytes second = *mn_.seal(inner_);
    EXPECT_TRUE(at_cn_.open(second));
    EXPECT_TRUE(at_cn_.open(first));
    EXPECT_EQ(at_cn_.open(first).error(), OpenError::replayed);
    EXPECT_EQ(at_cn_.open(second).error(), OpenError::replayed);
}

TEST_P(DataPair, ForgeriesMoveNoWindow) {
    Bytes forged = *mn_.seal(inner_);
    const Bytes real = forged;
    forged.back() ^= 1;
    EXPECT_EQ(at_cn_.open(forged).error(), OpenError::bad_tag);
    // A counter far ahead, which would push everything else out of the window.
    forged[3] = 0x7f;
    EXPECT_EQ(at_cn_.open(forged).error(), OpenError::bad_tag);
    EXPECT_TRUE(at_cn_.open(real));
}

TEST_P(DataPair, RefusesEveryChangedByteAndLength) {
    const Bytes real = *mn_.seal(inner_);
    for (std::size_t at = 0; at < real.size(); ++at) {
        Bytes changed = real;
        changed[at] ^= 0x10;
        EXPECT_FALSE(at_cn_.open(changed)) << at;
        EXPECT_FALSE(at_cn_.open(ByteView{real}.first(at))) << at;
    }
    Bytes longer = real;
    longer.push_back(0);
    EXPECT_FALSE(at_cn_.open(longer));
    EXPECT_TRUE(at_cn_.open(real));
}

TEST_P(DataPair, RefusesItsOwnRoleAndOtherPaths) {
    EXPECT_EQ(at_mn_.open(*mn_.seal(inner_)).error(), OpenError::malformed);
    DataSealer elsewhere{secret(), GetParam(), PathId{7}, Role::initiator};
    EXPECT_EQ(at_cn_.open(*elsewhere.seal(inner_)).error(), OpenError::malformed);
}

INSTANTIATE_TEST_SUITE_P(
    Suites, DataPair, testing::Values(crypto::Suite::aes_128_gcm, crypto::Suite::chacha20_poly1305)
);

TEST(Leg, OpensOnlyUnderItsSecret) {
    SeededRandom random{1};
    const Bytes sealed = seal_leg(secret(), path, Role::responder, request(), random);
    const auto opened = open_leg(secret(), sealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->request().nonce(), "12345678");
    EXPECT_EQ(open_leg(Secret32{}, sealed).error(), OpenError::bad_tag);
}

TEST(Leg, UsesTheKeyOfTheCheckValue) {
    CountingRandom random;
    const Bytes sealed = seal_leg(secret(), path, Role::responder, request(), random);
    EXPECT_EQ(
        to_hex(ByteView{sealed}.first(32)),
        "11010000000000000102030405060708a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
    );
    const Bytes raw = *from_hex("d22dc0585bfc56fc439f0e4e6cc54131");
    const crypto::AeadKey key{crypto::Suite::aes_128_gcm, raw};
    Bytes plaintext(sealed.size() - 48);
    ASSERT_TRUE(crypto::Aead{key}.open(
        crypto::Nonce{}, ByteView{sealed}.first(32), ByteView{sealed}.subspan(32), plaintext
    ));
    EXPECT_EQ(as_text(plaintext), request().SerializeAsString());
}

TEST(Leg, SetsTheAnswerFlagOfResponses) {
    SeededRandom random{1};
    const Bytes sealed = seal_leg(secret(), path, Role::initiator, response(), random);
    EXPECT_EQ(NtmHeader::parse(sealed)->flags, NtmHeader::flag_answer);
    ASSERT_TRUE(open_leg(secret(), sealed));
    EXPECT_TRUE(open_leg(secret(), sealed)->response().bound());
}

TEST(Leg, RefusesEveryChangedByteAndLength) {
    SeededRandom random{1};
    const Bytes sealed = seal_leg(secret(), path, Role::initiator, request(), random);
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        Bytes changed = sealed;
        changed[at] ^= 0x01;
        EXPECT_FALSE(open_leg(secret(), changed)) << at;
        EXPECT_FALSE(open_leg(secret(), ByteView{sealed}.first(at))) << at;
    }
}

TEST(Leg, EverySealHasItsOwnSalt) {
    SeededRandom random{1};
    const Bytes a = seal_leg(secret(), path, Role::initiator, request(), random);
    const Bytes b = seal_leg(secret(), path, Role::initiator, request(), random);
    EXPECT_NE(a, b);
}

TEST(Leg, RefusesAnEmptyMessage) {
    SeededRandom random{1};
    const Bytes sealed = seal_leg(secret(), path, Role::initiator, v1::Leg{}, random);
    EXPECT_EQ(open_leg(secret(), sealed).error(), OpenError::malformed);
}

v1::Leg longest_response() {
    v1::Leg message;
    auto& body = *message.mutable_response();
    body.set_nonce(std::string(8, '\xff'));
    body.mutable_outside()->set_ip(std::string(16, '\xff'));
    body.mutable_outside()->set_port(65535);
    body.set_bound(true);
    body.set_peer_bound(true);
    body.set_token(std::string(16, '\xff'));
    body.set_boot_id(UINT64_MAX);
    return message;
}

TEST(PadTunnelRequest, MakesNoResponseLongerThanItsRequest) {
    SeededRandom random{1};
    for (const std::size_t token : {0U, 16U}) {
        v1::Leg message = request();
        message.mutable_request()->set_token(std::string(token, 'x'));
        pad_tunnel_request(*message.mutable_request());
        const Bytes asked = seal_leg(secret(), path, Role::initiator, message, random);
        const Bytes answered =
            seal_leg(secret(), path, Role::initiator, longest_response(), random);
        EXPECT_GE(asked.size(), answered.size());
        EXPECT_LE(asked.size(), answered.size() + 1);
    }
}

TEST(PadTunnelRequest, PadsAgainAfterAChange) {
    v1::TunnelRequest twice;
    twice.set_nonce("12345678");
    pad_tunnel_request(twice);
    const std::size_t once = twice.ByteSizeLong();
    pad_tunnel_request(twice);
    EXPECT_EQ(twice.ByteSizeLong(), once);
}

TEST(End, OpensUnderThePathSecretOnly) {
    SeededRandom random{1};
    v1::End message;
    message.mutable_probe()->set_nonce("abcdefgh");
    const Bytes sealed = seal_end(secret(), path, Role::responder, message, random);
    EXPECT_EQ(NtmHeader::parse(sealed)->flags, NtmHeader::flag_role);
    const auto opened = open_end(secret(), sealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->probe().nonce(), "abcdefgh");
    EXPECT_FALSE(open_end(Secret32{}, sealed));
    EXPECT_EQ(open_leg(secret(), sealed).error(), OpenError::malformed);
    for (std::size_t length = 0; length < sealed.size(); ++length) {
        EXPECT_FALSE(open_end(secret(), ByteView{sealed}.first(length)));
    }
}

}  // namespace
}  // namespace ntm::protocol
