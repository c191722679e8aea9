// SPDX-License-Identifier: BSD-3-Clause
// AEAD suites 1 and 2 of docs/protocol.md section 3, and Noise's AES-256-GCM, by OpenSSL; and the key
// that every suite takes.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/suite.hpp"

#include <array>
#include <cstdint>
#include <cstring>

struct evp_cipher_ctx_st;

namespace ntm::crypto {

inline constexpr std::size_t nonce_size = 12;
using Nonce = std::array<std::uint8_t, nonce_size>;

// A key with its suite; the bytes behind key_size(suite) are zero.
struct AeadKey {
    AeadKey() noexcept = default;
    // `from` has key_size(its_suite) bytes.
    AeadKey(Suite its_suite, ByteView from) noexcept : suite{its_suite} {
        std::memcpy(bytes.mutable_view().data(), from.data(), key_size(suite));
    }
    Suite suite = Suite::aes_128_gcm;
    Secret<longest_key> bytes;
    [[nodiscard]] ByteView view() const noexcept {
        return ByteView{bytes.view()}.first(key_size(suite));
    }
    [[nodiscard]] MutableByteView mutable_view() noexcept {
        return MutableByteView{bytes.mutable_view()}.first(key_size(suite));
    }
};

// One key, ready to be used many times. Not to be shared between threads.
class Aead {
  public:
    // Of an AEAD suite.
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
