// SPDX-License-Identifier: BSD-3-Clause
// X25519 (RFC 7748) keys of nodes, relays and DCs, by OpenSSL.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/random.hpp"
#include "common/base/secret.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ntm::crypto {

struct PublicKey {
    std::array<std::uint8_t, 32> bytes{};
    [[nodiscard]] static std::optional<PublicKey> from_bytes(ByteView bytes
    ) noexcept;  // 32 of them
    [[nodiscard]] static std::optional<PublicKey> parse(std::string_view base64);
    [[nodiscard]] std::string text() const;  // base64
    friend auto operator<=>(const PublicKey&, const PublicKey&) = default;
};

class KeyPair {
  public:
    [[nodiscard]] static KeyPair generate(RandomSource& random);
    [[nodiscard]] static KeyPair from_private(const Secret32& private_key);

    [[nodiscard]] const PublicKey& public_key() const noexcept { return public_key_; }
    [[nodiscard]] const Secret32& private_key() const noexcept { return private_key_; }
    // The shared secret; nothing if it is all zero (a peer's key of low order).
    [[nodiscard]] std::optional<Secret32> agree(const PublicKey& peer) const;
    [[nodiscard]] KeyPair clone() const { return {private_key_.clone(), public_key_}; }

  private:
    KeyPair(Secret32 private_key, const PublicKey& public_key) noexcept
        : private_key_{std::move(private_key)}, public_key_{public_key} {}
    Secret32 private_key_;
    PublicKey public_key_;
};

}  // namespace ntm::crypto

template <>
struct std::hash<ntm::crypto::PublicKey> {
    std::size_t operator()(const ntm::crypto::PublicKey& key) const noexcept {
        return static_cast<std::size_t>(ntm::load<std::uint64_t>(key.bytes.data()));
    }
};
