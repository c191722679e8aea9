// SPDX-License-Identifier: BSD-3-Clause
// SHA-256, HMAC-SHA-256 and HKDF-SHA-256 (RFC 5869): key derivation of docs/protocol.md section 6
// and of the Noise handshake.
#pragma once

#include "common/base/bytes.hpp"

#include <array>
#include <cstdint>

namespace ntm::crypto {

inline constexpr std::size_t hash_size = 32;
using Hash = std::array<std::uint8_t, hash_size>;

// The hash of `first` and `second`, one after the other.
[[nodiscard]] Hash sha256(ByteView first, ByteView second = {}) noexcept;
[[nodiscard]] Hash hmac_sha256(ByteView key, ByteView message) noexcept;

// Extract and expand. `out` is at most 255 * 32 bytes; an empty salt is RFC 5869's default one.
void hkdf_sha256(ByteView salt, ByteView key_material, ByteView info, MutableByteView out) noexcept;

}  // namespace ntm::crypto
