// SPDX-License-Identifier: BSD-3-Clause
// Suites 3 and 4 of docs/protocol.md section 3 by OpenSSL: AES-128-CBC, then HMAC over header, IV and
// ciphertext (encrypt-then-MAC).
#pragma once

#include "common/base/bytes.hpp"
#include "common/crypto/aead.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

struct evp_cipher_ctx_st;
struct evp_mac_ctx_st;

namespace ntm::crypto {

// How much of an opened packet is text; nothing if what stands behind that is no padding (PKCS#7).
[[nodiscard]] std::optional<std::size_t> unpadded(ByteView padded) noexcept;

// One key, ready to be used many times. Not to be shared between threads.
class CbcHmac {
  public:
    explicit CbcHmac(const AeadKey& key);

    // `out` has exactly sealed_size() bytes. The IV is the header, encrypted: nobody foresees it who has
    // not the key, and it comes once as the counter in the header does (NIST SP 800-38A, appendix C).
    void seal(ByteView header, ByteView text, MutableByteView out) noexcept;
    // The text's length; it stands at the beginning of `out`, which has the bytes between IV and tag.
    // Nothing: not authentic, or no packet of these suites at all; then `out` is wiped.
    [[nodiscard]] std::optional<std::size_t> open(
        ByteView header, ByteView sealed, MutableByteView out
    ) noexcept;

  private:
    using Tag = std::array<std::uint8_t, tag_size>;
    struct Free {
        void operator()(evp_cipher_ctx_st* context) const noexcept;
        void operator()(evp_mac_ctx_st* context) const noexcept;
    };

    [[nodiscard]] Tag tag_of(ByteView header, ByteView iv_and_ciphertext) noexcept;
    void decrypt(ByteView iv, ByteView ciphertext, MutableByteView out) noexcept;

    std::unique_ptr<evp_cipher_ctx_st, Free> seal_context_;
    std::unique_ptr<evp_cipher_ctx_st, Free> open_context_;
    std::unique_ptr<evp_mac_ctx_st, Free> mac_context_;
};

}  // namespace ntm::crypto
