// SPDX-License-Identifier: BSD-3-Clause
// The cipher suites of DATA packets (docs/protocol.md section 3): their numbers, names, and how long
// what they seal gets.
#pragma once

#include "common/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ntm::crypto {

// The numbers are those of the protocol, but for aes_256_gcm, which only Noise uses.
enum class Suite : std::uint8_t {
    none = 0,
    aes_128_gcm = 1,
    chacha20_poly1305 = 2,
    aes_128_cbc_hmac_sha_256 = 3,
    aes_128_cbc_hmac_md5 = 4,
    aes_256_gcm = 255,
};

// Those of DATA packets.
inline constexpr std::array all_suites{
    Suite::aes_128_gcm,
    Suite::chacha20_poly1305,
    Suite::aes_128_cbc_hmac_sha_256,
    Suite::aes_128_cbc_hmac_md5,
    Suite::none};

inline constexpr std::size_t tag_size = 16;
inline constexpr std::size_t aes_block_size = 16;
inline constexpr std::size_t aes_128_key_size = 16;
inline constexpr std::size_t longest_key = 48;

[[nodiscard]] constexpr bool is_aead(Suite suite) noexcept {
    return suite == Suite::aes_128_gcm || suite == Suite::chacha20_poly1305 ||
           suite == Suite::aes_256_gcm;
}

[[nodiscard]] constexpr bool is_cbc_hmac(Suite suite) noexcept {
    return suite == Suite::aes_128_cbc_hmac_sha_256 || suite == Suite::aes_128_cbc_hmac_md5;
}

// Suites 3 and 4: AES's key, then HMAC's. Suite 0 seals nothing; its key tells path secrets apart.
[[nodiscard]] constexpr std::size_t key_size(Suite suite) noexcept {
    switch (suite) {
        case Suite::aes_128_gcm:
            return aes_128_key_size;
        case Suite::aes_128_cbc_hmac_sha_256:
            return longest_key;
        default:
            return 32;
    }
}

// Between the header and the text.
[[nodiscard]] constexpr std::size_t iv_size(Suite suite) noexcept {
    return is_cbc_hmac(suite) ? aes_block_size : 0;
}

// Of all that stands behind the header of a text of this length.
[[nodiscard]] constexpr std::size_t sealed_size(Suite suite, std::size_t text) noexcept {
    if (is_aead(suite)) [[likely]] {
        return text + tag_size;
    }
    if (suite == Suite::none) {
        return text;
    }
    const std::size_t padded = text + aes_block_size - text % aes_block_size;
    return aes_block_size + padded + tag_size;
}

// The room that the text, with its padding, has within so many bytes behind the header; nothing if no
// text has that size once it is sealed.
[[nodiscard]] constexpr std::optional<std::size_t> text_room(
    Suite suite, std::size_t sealed
) noexcept {
    if (is_aead(suite)) [[likely]] {
        return sealed < tag_size ? std::nullopt : std::optional{sealed - tag_size};
    }
    if (suite == Suite::none) {
        return sealed;
    }
    constexpr std::size_t around = aes_block_size + tag_size;
    const bool is_possible = sealed >= around + aes_block_size && sealed % aes_block_size == 0;
    return is_possible ? std::optional{sealed - around} : std::nullopt;
}

// The longest text that takes at most so many bytes behind the header; 0 if none does.
[[nodiscard]] constexpr std::size_t longest_text(Suite suite, std::size_t sealed) noexcept {
    if (is_aead(suite)) [[likely]] {
        return sealed < tag_size ? 0 : sealed - tag_size;
    }
    if (suite == Suite::none) {
        return sealed;
    }
    // A byte of padding is the least.
    constexpr std::size_t around = aes_block_size + tag_size;
    const std::size_t whole = sealed - sealed % aes_block_size;
    return whole < around + aes_block_size ? 0 : whole - around - 1;
}

// As in configuration files.
[[nodiscard]] const char* text_of(Suite suite) noexcept;
[[nodiscard]] std::optional<Suite> suite_of(std::string_view text) noexcept;
// Nothing for a number that names no suite of DATA.
[[nodiscard]] std::optional<Suite> suite_of(std::uint64_t number) noexcept;

[[nodiscard]] std::vector<std::string> texts_of(const std::vector<Suite>& suites);

// What is allowed where nothing is said, in order of preference.
[[nodiscard]] std::vector<Suite> usual_suites();
// Why one should not use it, if so.
[[nodiscard]] const char* weakness_of(Suite suite) noexcept;

}  // namespace ntm::crypto
