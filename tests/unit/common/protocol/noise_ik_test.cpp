// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/noise_ik.hpp"

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

crypto::KeyPair pair(const char* hex) {
    const Bytes bytes = *from_hex(hex);
    return crypto::KeyPair::from_private(Secret32{std::span<const std::uint8_t, 32>{bytes}});
}

Bytes hex(const char* text) {
    return *from_hex(text);
}

std::string seal(const crypto::AeadKey& key, const char* plaintext_hex) {
    const Bytes plaintext = hex(plaintext_hex);
    Bytes sealed(plaintext.size() + crypto::tag_size);
    crypto::Aead{key}.seal(crypto::Nonce{}, {}, plaintext, sealed);
    return to_hex(sealed);
}

// docs/protocol.md section 9.
class NoiseVector : public testing::Test {
  protected:
    NoiseVector()
        : initiator_{initiator_static_.clone(), responder_static_.public_key(), pair("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"), prologue_},
          responder_{responder_static_, prologue_} {}

    const Bytes prologue_ = hex("4a6f686e2047616c74");
    const crypto::KeyPair initiator_static_ =
        pair("e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1");
    const crypto::KeyPair responder_static_ =
        pair("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893");
    const crypto::KeyPair responder_ephemeral_ =
        pair("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b");
    const Bytes payload_1_ = hex("4c756477696720766f6e204d69736573");
    const Bytes payload_2_ = hex("4d757272617920526f746862617264");
    NoiseInitiator initiator_;
    NoiseResponder responder_;
};

TEST_F(NoiseVector, AgreesWithThePublishedOne) {
    const auto message_1 = initiator_.write_message_1(payload_1_);
    ASSERT_TRUE(message_1);
    EXPECT_EQ(
        to_hex(*message_1),
        "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444e417bc55c7a8166c993356c1b"
        "e4"
        "1ef67818a292426f301556c7f26b21d25ddb097153891a9a956cff47b83e63ad8d701c1342c209cff1ca5ecd43"
        "40"
        "2762ac249e3bd3a4c0a145fe07cb5dae28ea13a3"
    );
    EXPECT_EQ(message_1->size(), noise_message_1_overhead + payload_1_.size());
    EXPECT_EQ(responder_.read_static(*message_1), initiator_static_.public_key());
    EXPECT_EQ(responder_.read_payload(*message_1), payload_1_);

    const auto message_2 = responder_.write_message_2(responder_ephemeral_, payload_2_);
    ASSERT_TRUE(message_2);
    EXPECT_EQ(
        to_hex(*message_2),
        "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843af2ccf9972e22afc67aeafcd25"
        "16"
        "2f7f98c363b7762e3e4cb7d272e39f27a5"
    );
    EXPECT_EQ(message_2->size(), noise_message_2_overhead + payload_2_.size());
    EXPECT_EQ(initiator_.read_message_2(*message_2), payload_2_);

    EXPECT_EQ(
        to_hex(initiator_.hash()),
        "669c8640d9e42a3cda2f232f78597ceefb01daa6e3df81181ccce6fc6b5026bf"
    );
    EXPECT_EQ(responder_.hash(), initiator_.hash());

    const TransportKeys keys = initiator_.split();
    EXPECT_EQ(
        seal(keys.initiator_to_responder, "462e20412e20486179656b"),
        "66acfc92e3197de166809e6d4d5d003dcc819a84bc3522ca53c9d9"
    );
    EXPECT_EQ(
        seal(keys.responder_to_initiator, "4361726c204d656e676572"),
        "71f89aa6533a6de70b0826864dd75f60806ee40170c16290189eb3"
    );
    const TransportKeys same = responder_.split();
    EXPECT_EQ(same.initiator_to_responder.bytes, keys.initiator_to_responder.bytes);
    EXPECT_EQ(same.responder_to_initiator.bytes, keys.responder_to_initiator.bytes);
}

TEST_F(NoiseVector, ResponderRefusesEveryChangedByteOfMessage1) {
    const Bytes message = *initiator_.write_message_1(payload_1_);
    for (std::size_t at = 0; at < message.size(); ++at) {
        Bytes changed = message;
        changed[at] ^= 1;
        NoiseResponder responder{responder_static_, prologue_};
        EXPECT_FALSE(responder.read_static(changed) && responder.read_payload(changed)) << at;
    }
}

TEST_F(NoiseVector, ResponderRefusesAnotherPrologueOrKey) {
    const Bytes message = *initiator_.write_message_1(payload_1_);
    NoiseResponder other_prologue{responder_static_, hex("4a6f686e2047616c75")};
    EXPECT_FALSE(other_prologue.read_static(message));
    NoiseResponder other_key{initiator_static_, prologue_};
    EXPECT_FALSE(other_key.read_static(message));
}

TEST_F(NoiseVector, ResponderRefusesTruncatedMessages) {
    const Bytes message = *initiator_.write_message_1({});
    for (std::size_t length = 0; length < message.size(); ++length) {
        NoiseResponder responder{responder_static_, prologue_};
        EXPECT_FALSE(responder.read_static(ByteView{message}.first(length))) << length;
    }
}

TEST_F(NoiseVector, InitiatorStillTakesTheRealMessage2AfterForgedOnes) {
    const Bytes message_1 = *initiator_.write_message_1(payload_1_);
    ASSERT_TRUE(responder_.read_static(message_1) && responder_.read_payload(message_1));
    const Bytes message_2 = *responder_.write_message_2(responder_ephemeral_, payload_2_);
    for (std::size_t at = 0; at < message_2.size(); ++at) {
        Bytes changed = message_2;
        changed[at] ^= 1;
        EXPECT_FALSE(initiator_.read_message_2(changed)) << at;
        EXPECT_FALSE(initiator_.read_message_2(ByteView{message_2}.first(at))) << at;
    }
    EXPECT_EQ(initiator_.read_message_2(message_2), payload_2_);
}

TEST_F(NoiseVector, ZeroAgreementsEndTheHandshake) {
    NoiseInitiator to_nobody{
        initiator_static_.clone(), crypto::PublicKey{}, responder_ephemeral_.clone(), prologue_};
    EXPECT_FALSE(to_nobody.write_message_1({}));

    Bytes message_1 = *initiator_.write_message_1({});
    std::fill_n(message_1.begin(), 32, std::uint8_t{0});
    EXPECT_FALSE(responder_.read_static(message_1));
    Bytes message_2(noise_message_2_overhead);
    EXPECT_FALSE(initiator_.read_message_2(message_2));
}

}  // namespace
}  // namespace ntm::protocol
