// SPDX-License-Identifier: BSD-3-Clause
// Takes the place of common/crypto/x25519.cpp in the stateful targets, where each run makes whole
// worlds with many handshakes: an agreement that both ends reach at once, and that hides nothing.
#include "common/crypto/x25519.hpp"

#include <algorithm>

namespace ntm::crypto {

namespace {

constexpr std::uint8_t mask = 0x5c;

}  // namespace

std::optional<PublicKey> PublicKey::from_bytes(ByteView bytes) noexcept {
    PublicKey key;
    if (bytes.size() != key.bytes.size()) {
        return std::nullopt;
    }
    std::ranges::copy(bytes, key.bytes.begin());
    return key;
}

std::optional<PublicKey> PublicKey::parse(std::string_view /*base64*/) {
    return std::nullopt;  // no configuration is read here
}

std::string PublicKey::text() const {
    return std::to_string(load<std::uint64_t>(bytes.data()));
}

KeyPair KeyPair::generate(RandomSource& random) {
    return from_private(Secret32{random.bytes<32>()});
}

KeyPair KeyPair::from_private(const Secret32& private_key) {
    PublicKey key;
    std::ranges::transform(private_key.view(), key.bytes.begin(), [](std::uint8_t byte) {
        return static_cast<std::uint8_t>(byte ^ mask);
    });
    return {private_key.clone(), key};
}

std::optional<Secret32> KeyPair::agree(const PublicKey& peer) const {
    if (peer == PublicKey{}) {
        return std::nullopt;
    }
    std::array<std::uint8_t, 32> shared{};
    std::ranges::transform(
        public_key_.bytes,
        peer.bytes,
        shared.begin(),
        [](std::uint8_t a, std::uint8_t b) {
            return static_cast<std::uint8_t>((a ^ b) + a * b + 1);
        }
    );
    return Secret32{shared};
}

}  // namespace ntm::crypto
