// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/aead.hpp"

#include "common/crypto/openssl.hpp"

#include <utility>

#include <openssl/evp.h>

namespace ntm::crypto {

namespace {

using detail::require;

// Fetched once: a fetch for each key would cost more than a short packet.
const EVP_CIPHER* cipher_of(Suite suite) noexcept {
    static const EVP_CIPHER* const aes_128 = EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr);
    static const EVP_CIPHER* const aes_256 = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    static const EVP_CIPHER* const chacha = EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr);
    switch (suite) {
        case Suite::aes_128_gcm:
            return aes_128;
        case Suite::aes_256_gcm:
            return aes_256;
        case Suite::chacha20_poly1305:
            return chacha;
        default:
            return nullptr;  // no AEAD
    }
}

int length_of(std::size_t size) noexcept {
    return static_cast<int>(size);
}

}  // namespace

Aead::Aead(const AeadKey& key)
    : seal_context_{EVP_CIPHER_CTX_new()}, open_context_{EVP_CIPHER_CTX_new()} {
    require(seal_context_ != nullptr && open_context_ != nullptr, "new cipher context");
    const EVP_CIPHER* const cipher = cipher_of(key.suite);
    require(cipher != nullptr, "fetch cipher");
    const std::uint8_t* const bytes = key.view().data();
    require(EVP_EncryptInit_ex(seal_context_, cipher, nullptr, bytes, nullptr) == 1, "seal key");
    require(EVP_DecryptInit_ex(open_context_, cipher, nullptr, bytes, nullptr) == 1, "open key");
}

Aead::~Aead() {
    EVP_CIPHER_CTX_free(seal_context_);
    EVP_CIPHER_CTX_free(open_context_);
}

Aead::Aead(Aead&& other) noexcept
    : seal_context_{std::exchange(other.seal_context_, nullptr)},
      open_context_{std::exchange(other.open_context_, nullptr)} {}

Aead& Aead::operator=(Aead&& other) noexcept {
    std::swap(seal_context_, other.seal_context_);
    std::swap(open_context_, other.open_context_);
    return *this;
}

void Aead::seal(
    const Nonce& nonce, ByteView additional, ByteView plaintext, MutableByteView out
) noexcept {
    require(out.size() == plaintext.size() + tag_size, "length of sealed output");
    EVP_CIPHER_CTX* const context = seal_context_;
    int written = 0;
    bool is_done = EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1;
    if (!additional.empty()) {
        is_done = is_done &&
                  EVP_EncryptUpdate(
                      context, nullptr, &written, additional.data(), length_of(additional.size())
                  ) == 1;
    }
    if (!plaintext.empty()) {
        is_done = is_done &&
                  EVP_EncryptUpdate(
                      context, out.data(), &written, plaintext.data(), length_of(plaintext.size())
                  ) == 1;
    }
    std::uint8_t* const tag = out.data() + plaintext.size();
    is_done = is_done && EVP_EncryptFinal_ex(context, tag, &written) == 1;
    is_done = is_done &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, length_of(tag_size), tag) == 1;
    require(is_done, "seal");
}

bool Aead::open(
    const Nonce& nonce, ByteView additional, ByteView sealed, MutableByteView out
) noexcept {
    if (sealed.size() < tag_size || out.size() != sealed.size() - tag_size) {
        wipe(out);
        return false;
    }
    EVP_CIPHER_CTX* const context = open_context_;
    // Copied, since `out` may start where `sealed` does and OpenSSL wants it writable.
    std::array<std::uint8_t, tag_size> tag;
    std::memcpy(tag.data(), sealed.data() + out.size(), tag_size);
    int written = 0;
    bool is_done = EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1;
    is_done =
        is_done &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, length_of(tag_size), tag.data()) == 1;
    if (!additional.empty()) {
        is_done = is_done &&
                  EVP_DecryptUpdate(
                      context, nullptr, &written, additional.data(), length_of(additional.size())
                  ) == 1;
    }
    if (!out.empty()) {
        is_done = is_done && EVP_DecryptUpdate(
                                 context, out.data(), &written, sealed.data(), length_of(out.size())
                             ) == 1;
    }
    std::array<std::uint8_t, tag_size> rest;
    if (is_done && EVP_DecryptFinal_ex(context, rest.data(), &written) == 1) {
        return true;
    }
    wipe(out);
    return false;
}

}  // namespace ntm::crypto
