// SPDX-License-Identifier: BSD-3-Clause
// Noise_IK_25519_AESGCM_SHA256 (Noise Protocol Framework, revision 34): the handshake under every
// signalling session (docs/protocol.md section 4). One object serves one handshake; ephemeral keys
// are arguments, so that published vectors can be replayed. Used by the files of Signaling only.
//
//   <- s
//   ...
//   -> e, es, s, ss    message 1: 96 bytes and its payload
//   <- e, ee, se       message 2: 48 bytes and its payload
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/aead.hpp"
#include "common/crypto/hkdf.hpp"
#include "common/crypto/x25519.hpp"

#include <cstdint>
#include <optional>

namespace ntm::protocol {

// Message 1 stands behind the NTM header and a token of 16 bytes.
inline constexpr std::size_t noise_message_1_at = 32;
inline constexpr std::size_t noise_message_1_overhead = 96;
inline constexpr std::size_t noise_message_2_overhead = 48;

struct TransportKeys {
    crypto::AeadKey initiator_to_responder;
    crypto::AeadKey responder_to_initiator;
};

// Noise's SymmetricState and CipherState. A failed decryption leaves it unusable: its owner drops
// the handshake.
class NoiseSymmetricState {
  public:
    NoiseSymmetricState();
    [[nodiscard]] NoiseSymmetricState clone() const;

    void mix_hash(ByteView bytes);
    void mix_key(ByteView key_material);
    // Appends the sealed plaintext to `to`.
    void encrypt_and_hash(ByteView plaintext, Bytes& to);
    [[nodiscard]] std::optional<Bytes> decrypt_and_hash(ByteView sealed);
    [[nodiscard]] TransportKeys split() const;
    [[nodiscard]] const crypto::Hash& hash() const noexcept { return hash_; }

  private:
    [[nodiscard]] crypto::Nonce next_nonce();

    crypto::Hash hash_;
    Secret32 chaining_key_;
    crypto::AeadKey key_;
    std::uint64_t next_counter_ = 0;
};

class NoiseInitiator {
  public:
    NoiseInitiator(
        crypto::KeyPair own_static,
        const crypto::PublicKey& responder,
        crypto::KeyPair ephemeral,
        ByteView prologue
    );

    // Nothing if the responder's key is of low order.
    [[nodiscard]] std::optional<Bytes> write_message_1(ByteView payload);
    // The payload, if the message is the responder's answer to message 1.
    [[nodiscard]] std::optional<Bytes> read_message_2(ByteView message);
    // After message 2.
    [[nodiscard]] TransportKeys split() const { return state_.split(); }
    [[nodiscard]] const crypto::Hash& hash() const noexcept { return state_.hash(); }

  private:
    [[nodiscard]] bool mix_agreement(const crypto::KeyPair& own, const crypto::PublicKey& peer);

    NoiseSymmetricState state_;
    crypto::KeyPair static_;
    crypto::KeyPair ephemeral_;
    crypto::PublicKey responder_;
};

// Reads message 1 in two steps, so that a stranger is told by its static key before the second
// half of the work is done.
class NoiseResponder {
  public:
    NoiseResponder(const crypto::KeyPair& own_static, ByteView prologue);

    // The initiator's static key; not yet proven to be its own.
    [[nodiscard]] std::optional<crypto::PublicKey> read_static(ByteView message_1);
    // The payload, after read_static of the same message.
    [[nodiscard]] std::optional<Bytes> read_payload(ByteView message_1);
    [[nodiscard]] std::optional<Bytes> write_message_2(
        const crypto::KeyPair& ephemeral, ByteView payload
    );
    // After message 2.
    [[nodiscard]] TransportKeys split() const { return state_.split(); }
    [[nodiscard]] const crypto::Hash& hash() const noexcept { return state_.hash(); }

  private:
    [[nodiscard]] bool mix_agreement(const crypto::KeyPair& own, const crypto::PublicKey& peer);

    NoiseSymmetricState state_;
    const crypto::KeyPair& static_;  // outlives this
    crypto::PublicKey initiator_static_;
    crypto::PublicKey initiator_ephemeral_;
};

}  // namespace ntm::protocol
