// SPDX-License-Identifier: BSD-3-Clause
// One DATA packet to be sealed or opened where it lies.
#pragma once

#include "common/crypto/suite.hpp"

#include <cstddef>
#include <cstdint>

namespace ntm::crypto {

// NTM header (which is authenticated too, and has the counter that nonces are made of), room for the
// IV in suites 3 and 4, text, and room for padding and tag, one behind the other.
struct CipherJob {
    static constexpr std::size_t header_size = 16;

    const std::uint8_t* key = nullptr;  // key_size(suite) bytes, borrowed for the call
    std::uint8_t* header = nullptr;     // borrowed for the call
    std::uint32_t key_number = 0;   // whatever tells keys apart; equal ones compete in the cache
    std::uint16_t text_length = 0;  // without padding; of one to be opened, with it
    Suite suite = Suite::aes_128_gcm;
    bool is_good = false;  // sealed; opened and authentic. Else the text is wiped

    [[nodiscard]] std::uint8_t* text() const noexcept {
        return header + header_size + iv_size(suite);
    }
};

// In constant time.
[[nodiscard]] inline bool is_same_tag(const std::uint8_t* made, const std::uint8_t* came) noexcept {
    std::uint8_t differences = 0;
    for (std::size_t i = 0; i < tag_size; ++i) {
        differences = static_cast<std::uint8_t>(differences | (made[i] ^ came[i]));
    }
    return differences == 0;
}

enum class CipherDirection : std::uint8_t { seal, open };

}  // namespace ntm::crypto
