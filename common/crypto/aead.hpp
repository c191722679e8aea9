// SPDX-License-Identifier: BSD-3-Clause
// AEAD suites 1 and 2 of docs/protocol.md section 3, and Noise's AES-256-GCM, by OpenSSL.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/secret.hpp"

#include <array>
#include <cstdint>
#include <optional>

struct evp_cipher_ctx_st;

namespace ntm::crypto {

// The numbers are those of the protocol, but for aes_256_gcm, which only Noise uses.
enum class Suite : std::uint8_t {
    aes_128_gcm = 1,
    chacha20_poly1305 = 2,
    aes_256_gcm = 255,
};

inline constexpr std::size_t tag_size = 16;
inline constexpr std::size_t nonce_size = 12;
using Nonce = std::array<std::uint8_t, nonce_size>;

[[nodiscard]] constexpr std::size_t key_size(Suite suite) noexcept {
    return suite == Suite::aes_128_gcm ? 16 : 32;
}

// A key with its suite; the bytes behind key_size(suite) are zero.
struct AeadKey {
    Suite suite = Suite::aes_128_gcm;
    Secret32 bytes;
    [[nodiscard]] ByteView view() const noexcept {
        return ByteView{bytes.view()}.first(key_size(suite));
    }
};

// One key, ready to be used many times. Not to be shared between threads.
class Aead {
  public:
    explicit Aead(const AeadKey& key);
    ~Aead();
    Aead(Aead&& other) noexcept;
    Aead& operator=(Aead&& other) noexcept;
    Aead(const Aead&) = delete;
    Aead& operator=(const Aead&) = delete;

    // `out` has exactly plaintext.size() + tag_size bytes and may start where `plaintext` does.
    void seal(
        const Nonce& nonce, ByteView additional, ByteView plaintext, MutableByteView out
    ) noexcept;
    // `sealed` ends with the tag; `out` has exactly sealed.size() - tag_size bytes and may start
    // where `sealed` does. False: not authentic, and `out` is wiped.
    [[nodiscard]] bool open(
        const Nonce& nonce, ByteView additional, ByteView sealed, MutableByteView out
    ) noexcept;

  private:
    evp_cipher_ctx_st* seal_context_ = nullptr;  // owned
    evp_cipher_ctx_st* open_context_ = nullptr;  // owned
};

}  // namespace ntm::crypto
