// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/noise_ik.hpp"

#include "common/base/byte_order.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace ntm::protocol {

namespace {

constexpr std::string_view protocol_name = "Noise_IK_25519_AESGCM_SHA256";
static_assert(protocol_name.size() <= crypto::hash_size, "a longer one would be hashed");

constexpr std::size_t key_size = 32;
constexpr std::size_t sealed_key_size = key_size + crypto::tag_size;

void copy(ByteView from, MutableByteView to) {
    std::ranges::copy(from, to.begin());
}

}  // namespace

NoiseSymmetricState::NoiseSymmetricState() : hash_{} {
    copy(as_bytes(protocol_name), hash_);
    copy(hash_, chaining_key_.mutable_view());
    key_.suite = crypto::Suite::aes_256_gcm;
}

NoiseSymmetricState NoiseSymmetricState::clone() const {
    NoiseSymmetricState copied;
    copied.hash_ = hash_;
    copied.chaining_key_ = chaining_key_.clone();
    copied.key_.bytes = key_.bytes.clone();
    copied.next_counter_ = next_counter_;
    return copied;
}

void NoiseSymmetricState::mix_hash(ByteView bytes) {
    hash_ = crypto::sha256(hash_, bytes);
}

void NoiseSymmetricState::mix_key(ByteView key_material) {
    Secret<64> both;
    // Noise's HKDF is RFC 5869's with the chaining key as salt and no info.
    crypto::hkdf_sha256(chaining_key_.view(), key_material, {}, both.mutable_view());
    copy(both.view().first<32>(), chaining_key_.mutable_view());
    copy(both.view().last<32>(), key_.mutable_view());
    next_counter_ = 0;
}

crypto::Nonce NoiseSymmetricState::next_nonce() {
    crypto::Nonce nonce{};
    store(nonce.data() + 4, Be64::from_host(next_counter_++));
    return nonce;
}

void NoiseSymmetricState::encrypt_and_hash(ByteView plaintext, Bytes& to) {
    const std::size_t before = to.size();
    to.resize(before + plaintext.size() + crypto::tag_size);
    const MutableByteView sealed = MutableByteView{to}.subspan(before);
    crypto::Aead{key_}.seal(next_nonce(), hash_, plaintext, sealed);
    mix_hash(sealed);
}

std::optional<Bytes> NoiseSymmetricState::decrypt_and_hash(ByteView sealed) {
    if (sealed.size() < crypto::tag_size) {
        return std::nullopt;
    }
    Bytes plaintext(sealed.size() - crypto::tag_size);
    if (!crypto::Aead{key_}.open(next_nonce(), hash_, sealed, plaintext)) {
        return std::nullopt;
    }
    mix_hash(sealed);
    return plaintext;
}

TransportKeys NoiseSymmetricState::split() const {
    Secret<64> both;
    crypto::hkdf_sha256(chaining_key_.view(), {}, {}, both.mutable_view());
    return {
        {crypto::Suite::aes_256_gcm, both.view().first<32>()},
        {crypto::Suite::aes_256_gcm, both.view().last<32>()}};
}

NoiseInitiator::NoiseInitiator(
    crypto::KeyPair own_static,
    const crypto::PublicKey& responder,
    crypto::KeyPair ephemeral,
    ByteView prologue
)
    : static_{std::move(own_static)}, ephemeral_{std::move(ephemeral)}, responder_{responder} {
    state_.mix_hash(prologue);
    state_.mix_hash(responder_.bytes);
}

std::optional<Bytes> NoiseInitiator::write_message_1(ByteView payload) {
    Bytes message;
    message.reserve(noise_message_1_overhead + payload.size());
    append(message, ephemeral_.public_key().bytes);
    state_.mix_hash(ephemeral_.public_key().bytes);
    if (!mix_agreement(ephemeral_, responder_)) {
        return std::nullopt;
    }
    state_.encrypt_and_hash(static_.public_key().bytes, message);
    if (!mix_agreement(static_, responder_)) {
        return std::nullopt;
    }
    state_.encrypt_and_hash(payload, message);
    return message;
}

std::optional<Bytes> NoiseInitiator::read_message_2(ByteView message) {
    if (message.size() < noise_message_2_overhead) {
        return std::nullopt;
    }
    // On a copy: a forged message 2 must not spoil the handshake for the real one.
    NoiseSymmetricState before = state_.clone();
    const auto ephemeral = crypto::PublicKey::from_bytes(message.first(key_size));
    state_.mix_hash(ephemeral->bytes);
    if (mix_agreement(ephemeral_, *ephemeral) && mix_agreement(static_, *ephemeral)) {
        auto payload = state_.decrypt_and_hash(message.subspan(key_size));
        if (payload) {
            return payload;
        }
    }
    state_ = std::move(before);
    return std::nullopt;
}

bool NoiseInitiator::mix_agreement(const crypto::KeyPair& own, const crypto::PublicKey& peer) {
    const auto shared = own.agree(peer);
    if (shared) {
        state_.mix_key(shared->view());
    }
    return shared.has_value();
}

NoiseResponder::NoiseResponder(const crypto::KeyPair& own_static, ByteView prologue)
    : static_{own_static} {
    state_.mix_hash(prologue);
    state_.mix_hash(static_.public_key().bytes);
}

std::optional<crypto::PublicKey> NoiseResponder::read_static(ByteView message_1) {
    if (message_1.size() < noise_message_1_overhead) {
        return std::nullopt;
    }
    initiator_ephemeral_ = *crypto::PublicKey::from_bytes(message_1.first(key_size));
    state_.mix_hash(initiator_ephemeral_.bytes);
    if (!mix_agreement(static_, initiator_ephemeral_)) {
        return std::nullopt;
    }
    const auto initiator = state_.decrypt_and_hash(message_1.subspan(key_size, sealed_key_size));
    if (!initiator) {
        return std::nullopt;
    }
    initiator_static_ = *crypto::PublicKey::from_bytes(*initiator);
    return initiator_static_;
}

std::optional<Bytes> NoiseResponder::read_payload(ByteView message_1) {
    if (!mix_agreement(static_, initiator_static_)) {
        return std::nullopt;
    }
    return state_.decrypt_and_hash(message_1.subspan(key_size + sealed_key_size));
}

std::optional<Bytes> NoiseResponder::write_message_2(
    const crypto::KeyPair& ephemeral, ByteView payload
) {
    Bytes message;
    message.reserve(noise_message_2_overhead + payload.size());
    append(message, ephemeral.public_key().bytes);
    state_.mix_hash(ephemeral.public_key().bytes);
    if (!mix_agreement(ephemeral, initiator_ephemeral_) ||
        !mix_agreement(ephemeral, initiator_static_)) {
        return std::nullopt;
    }
    state_.encrypt_and_hash(payload, message);
    return message;
}

bool NoiseResponder::mix_agreement(const crypto::KeyPair& own, const crypto::PublicKey& peer) {
    const auto shared = own.agree(peer);
    if (shared) {
        state_.mix_key(shared->view());
    }
    return shared.has_value();
}

}  // namespace ntm::protocol
