// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/cbc_hmac.hpp"

#include "common/crypto/openssl.hpp"

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace ntm::crypto {

namespace {

using detail::require;

// Fetched once: a fetch for each key would cost more than a short packet.
const EVP_CIPHER* aes_128_cbc() noexcept {
    static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr);
    return cipher;
}

EVP_MAC* hmac() noexcept {
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    return algorithm;
}

int length_of(std::size_t size) noexcept {
    return static_cast<int>(size);
}

}  // namespace

std::optional<std::size_t> unpadded(ByteView padded) noexcept {
    const std::uint8_t padding = padded.back();
    if (padding == 0 || padding > aes_block_size) {
        return std::nullopt;
    }
    const ByteView end = padded.last(padding);
    const bool is_good =
        std::ranges::all_of(end, [&](std::uint8_t byte) { return byte == padding; });
    return is_good ? std::optional{padded.size() - padding} : std::nullopt;
}

void CbcHmac::Free::operator()(evp_cipher_ctx_st* context) const noexcept {
    EVP_CIPHER_CTX_free(context);
}

void CbcHmac::Free::operator()(evp_mac_ctx_st* context) const noexcept {
    EVP_MAC_CTX_free(context);
}

CbcHmac::CbcHmac(const AeadKey& key)
    : seal_context_{EVP_CIPHER_CTX_new()},
      open_context_{EVP_CIPHER_CTX_new()},
      mac_context_{EVP_MAC_CTX_new(hmac())} {
    require(seal_context_ && open_context_ && mac_context_, "new cipher context");
    const ByteView aes = key.view().first(aes_128_key_size);
    const ByteView mac = key.view().subspan(aes_128_key_size);
    const bool has_ciphers =
        EVP_EncryptInit_ex(seal_context_.get(), aes_128_cbc(), nullptr, aes.data(), nullptr) == 1 &&
        EVP_DecryptInit_ex(open_context_.get(), aes_128_cbc(), nullptr, aes.data(), nullptr) == 1;
    require(has_ciphers, "AES-128-CBC key");
    auto sha_256 = std::to_array("SHA256");
    auto md5 = std::to_array("MD5");
    char* const digest = key.suite == Suite::aes_128_cbc_hmac_sha_256 ? sha_256.data() : md5.data();
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    require(
        EVP_MAC_init(mac_context_.get(), mac.data(), mac.size(), parameters.data()) == 1, "HMAC key"
    );
}

void CbcHmac::seal(ByteView header, ByteView text, MutableByteView out) noexcept {
    require(
        header.size() == aes_block_size &&
            out.size() == sealed_size(Suite::aes_128_cbc_hmac_sha_256, text.size()),
        "length of sealed output"
    );
    // The header as the first block under an IV of zeros becomes the IV of what follows.
    static constexpr std::array<std::uint8_t, aes_block_size> zeros{};
    EVP_CIPHER_CTX* const context = seal_context_.get();
    std::size_t done = 0;
    int written = 0;
    bool is_done = EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, zeros.data()) == 1;
    for (const ByteView part : {header, text}) {
        if (!part.empty()) {
            is_done = is_done &&
                      EVP_EncryptUpdate(
                          context, out.data() + done, &written, part.data(), length_of(part.size())
                      ) == 1;
            done += static_cast<std::size_t>(written);
        }
    }
    is_done = is_done && EVP_EncryptFinal_ex(context, out.data() + done, &written) == 1;
    require(is_done, "seal");
    const Tag tag = tag_of(header, out.first(out.size() - tag_size));
    std::ranges::copy(tag, out.last(tag_size).begin());
}

std::optional<std::size_t> CbcHmac::open(
    ByteView header, ByteView sealed, MutableByteView out
) noexcept {
    const auto room = text_room(Suite::aes_128_cbc_hmac_sha_256, sealed.size());
    if (!room || out.size() != *room) {
        wipe(out);
        return std::nullopt;
    }
    const ByteView front = sealed.first(sealed.size() - tag_size);
    const Tag tag = tag_of(header, front);
    if (CRYPTO_memcmp(tag.data(), sealed.data() + front.size(), tag_size) != 0) {
        wipe(out);
        return std::nullopt;
    }
    decrypt(front.first(aes_block_size), front.subspan(aes_block_size), out);
    const auto length = unpadded(out);
    if (!length) {
        wipe(out);
    }
    return length;
}

CbcHmac::Tag CbcHmac::tag_of(ByteView header, ByteView iv_and_ciphertext) noexcept {
    // The key of before.
    EVP_MAC_CTX* const context = mac_context_.get();
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> whole;
    std::size_t length = 0;
    const bool is_done =
        EVP_MAC_init(context, nullptr, 0, nullptr) == 1 &&
        EVP_MAC_update(context, header.data(), header.size()) == 1 &&
        EVP_MAC_update(context, iv_and_ciphertext.data(), iv_and_ciphertext.size()) == 1 &&
        EVP_MAC_final(context, whole.data(), &length, whole.size()) == 1;
    require(is_done && length >= tag_size, "HMAC");
    Tag tag;
    std::copy_n(whole.begin(), tag_size, tag.begin());
    return tag;
}

// Padding and all: OpenSSL would keep a block back to look at it.
void CbcHmac::decrypt(ByteView iv, ByteView ciphertext, MutableByteView out) noexcept {
    EVP_CIPHER_CTX* const context = open_context_.get();
    int written = 0;
    const bool is_done =
        EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, iv.data()) == 1 &&
        EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
        EVP_DecryptUpdate(
            context, out.data(), &written, ciphertext.data(), length_of(ciphertext.size())
        ) == 1;
    require(is_done && static_cast<std::size_t>(written) == out.size(), "open");
}

}  // namespace ntm::crypto
