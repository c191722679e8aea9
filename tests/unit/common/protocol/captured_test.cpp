// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/captured.hpp"

#include "common/base/random.hpp"
#include "common/protocol/sealed.hpp"
#include "common/protocol/session.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ntm::protocol {

namespace {

constexpr PathId path{0x0102030405060708};

class Captured : public testing::Test {
  protected:
    Captured() : secret_{random_.bytes<32>()} {}

    void know(KeyLogLine::Kind kind, std::uint64_t id, crypto::Suite suite, Role role) {
        KeyLogLine line;
        line.kind = kind;
        line.id = id;
        line.suite = suite;
        line.role = role;
        line.secret = secret_.clone();
        keys_.add(std::move(line));
    }
    void know_path(crypto::Suite suite = crypto::Suite::aes_128_gcm) {
        know(KeyLogLine::Kind::path_secret, path.value, suite, Role::initiator);
    }
    [[nodiscard]] CaptureError error_of(ByteView datagram) const {
        const auto opened = keys_.open(datagram);
        EXPECT_FALSE(opened);
        return opened ? CaptureError::malformed : opened.error();
    }
    // The opened packet keeps its length, and all but its version and `plaintext` at `at`, which may
    // have been padded.
    void expect_opened(const Bytes& datagram, ByteView plaintext, std::size_t at) const {
        const auto opened = keys_.open(datagram);
        ASSERT_TRUE(opened);
        Bytes wanted = datagram;
        wanted[0] = static_cast<std::uint8_t>(0xf0 | (datagram[0] & 0x0f));
        std::fill(wanted.begin() + static_cast<long>(at), wanted.end() - crypto::tag_size, 0);
        std::copy(plaintext.begin(), plaintext.end(), wanted.begin() + static_cast<long>(at));
        EXPECT_EQ(*opened, wanted);
    }

    SeededRandom random_{1};
    Secret32 secret_;
    CaptureKeys keys_;
};

TEST_F(Captured, OpensDataOfEverySuiteThatSeals) {
    const Bytes inner{0x45, 1, 2, 3};
    for (const auto suite : crypto::all_suites) {
        if (suite == crypto::Suite::none) {
            continue;
        }
        know_path(suite);
        DataSealer sealer{secret_, suite, path, Role::responder};
        static_cast<void>(sealer.seal({}));
        expect_opened(*sealer.seal(inner), inner, 16);
    }
}

TEST_F(Captured, HasNoKeyForSuite0) {
    know_path(crypto::Suite::none);
    DataSealer plain{secret_, crypto::Suite::none, path, Role::responder};
    EXPECT_EQ(error_of(*plain.seal(Bytes(40, 0x45))), CaptureError::no_key);
}

TEST_F(Captured, OpensLegAndEnd) {
    v1::Leg leg;
    leg.mutable_request()->set_nonce("12345678");
    know(KeyLogLine::Kind::leg_secret, path.value, {}, Role::responder);
    expect_opened(
        seal_leg(secret_, path, Role::responder, leg, random_),
        as_bytes(leg.SerializeAsString()),
        32
    );
    // The other leg's secret is another, even if it looks the same here.
    EXPECT_EQ(
        error_of(seal_leg(secret_, path, Role::initiator, leg, random_)), CaptureError::bad_tag
    );
    v1::End end;
    end.mutable_probe()->set_nonce("12345678");
    const Bytes sealed = seal_end(secret_, path, Role::initiator, end, random_);
    EXPECT_EQ(error_of(sealed), CaptureError::bad_tag);
    know_path();
    expect_opened(sealed, as_bytes(end.SerializeAsString()), 32);
    // On a direct path the path secret takes the leg secret's place.
    EXPECT_TRUE(keys_.open(seal_leg(secret_, path, Role::initiator, leg, random_)));
}

TEST_F(Captured, OpensDataOfAnEpochAndNothingElseByItsSecret) {
    know(KeyLogLine::Kind::epoch_secret, path.value, crypto::Suite::aes_128_gcm, {});
    DataSealer sealer{secret_, crypto::Suite::aes_128_gcm, path, Role::initiator, {}, 1};
    const Bytes inner{0x45, 1, 2, 3};
    expect_opened(*sealer.seal(inner), inner, 16);
    v1::End end;
    end.mutable_probe()->set_nonce("12345678");
    EXPECT_EQ(
        error_of(seal_end(secret_, path, Role::initiator, end, random_)), CaptureError::bad_tag
    );
}

TEST_F(Captured, OpensSignalByTheSessionIdOfItsDirection) {
    TransportKeys keys;
    keys.initiator_to_responder = {crypto::Suite::aes_256_gcm, secret_.view()};
    keys.responder_to_initiator = {crypto::Suite::aes_256_gcm, random_.bytes<32>()};
    Session initiator{{{0xa}, {0xb}, {}}, keys, true, {}};
    Session responder{{{0xb}, {0xa}, {}}, keys, false, {}};
    know(KeyLogLine::Kind::signal_key, 0xb, {}, {});
    expect_opened(*initiator.seal(as_bytes("hello")), as_bytes("hello"), 16);
    expect_opened(*initiator.seal({}), {}, 16);
    EXPECT_EQ(error_of(*responder.seal(as_bytes("hello"))), CaptureError::no_key);
}

TEST_F(Captured, TriesAllSecretsOfAnIdAndCountsEachOnce) {
    DataSealer sealer{secret_, crypto::Suite::aes_128_gcm, path, Role::initiator};
    const Secret32 own = secret_.clone();
    secret_ = Secret32{random_.bytes<32>()};
    know_path();
    know_path();
    EXPECT_EQ(keys_.size(), 1U);
    EXPECT_EQ(error_of(*sealer.seal({})), CaptureError::bad_tag);
    secret_ = own.clone();
    know_path();
    EXPECT_EQ(keys_.size(), 2U);
    EXPECT_TRUE(keys_.open(*sealer.seal({})));
}

TEST_F(Captured, SaysWhyItDoesNotOpen) {
    know_path();
    DataSealer sealer{secret_, crypto::Suite::aes_128_gcm, path, Role::initiator};
    Bytes damaged = *sealer.seal(Bytes{0x45});
    damaged.back() ^= 1;
    EXPECT_EQ(error_of(damaged), CaptureError::bad_tag);
    for (std::size_t length = 0; length < 32; ++length) {
        EXPECT_EQ(error_of(ByteView{damaged}.first(length)), CaptureError::malformed) << length;
    }
    damaged[0] = 0xf0;
    EXPECT_EQ(error_of(damaged), CaptureError::looks_opened);
    damaged[0] = 0x13;
    EXPECT_EQ(error_of(damaged), CaptureError::not_sealed);
    damaged[0] = 0x14;
    EXPECT_EQ(error_of(damaged), CaptureError::not_sealed);
    damaged[0] = 0x16;
    EXPECT_EQ(error_of(damaged), CaptureError::malformed);
}

}  // namespace

}  // namespace ntm::protocol
