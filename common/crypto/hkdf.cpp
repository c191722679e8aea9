// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/hkdf.hpp"

#include "common/base/secret.hpp"
#include "common/crypto/openssl.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace ntm::crypto {

namespace {

using detail::require;

struct FreeDigest {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

struct FreeMac {
    void operator()(EVP_MAC* algorithm) const noexcept { EVP_MAC_free(algorithm); }
    void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};

const EVP_MD* sha256_digest() noexcept {
    static const EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return digest;
}

// Never a null pointer: OpenSSL would take it for "the key of before".
const std::uint8_t* bytes_of(ByteView bytes) noexcept {
    static constexpr std::uint8_t none = 0;
    return bytes.empty() ? &none : bytes.data();
}

// One for each thread: to make one costs more than to use it.
class Hmac {
  public:
    Hmac() noexcept {
        const std::unique_ptr<EVP_MAC, FreeMac> algorithm{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
        require(algorithm != nullptr, "fetch HMAC");
        context_.reset(EVP_MAC_CTX_new(algorithm.get()));
        require(context_ != nullptr, "HMAC context");
        auto digest = std::to_array("SHA256");
        const std::array parameters{
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
            OSSL_PARAM_construct_end()};
        require(EVP_MAC_CTX_set_params(context_.get(), parameters.data()) == 1, "HMAC-SHA-256");
    }

    [[nodiscard]] Hash run(ByteView key, ByteView message) noexcept {
        Hash hash;
        std::size_t length = 0;
        EVP_MAC_CTX* const context = context_.get();
        const bool is_done = EVP_MAC_init(context, bytes_of(key), key.size(), nullptr) == 1 &&
                             EVP_MAC_update(context, bytes_of(message), message.size()) == 1 &&
                             EVP_MAC_final(context, hash.data(), &length, hash.size()) == 1;
        require(is_done && length == hash.size(), "HMAC-SHA-256");
        return hash;
    }

    // What the last run left of its key goes.
    void forget_key() noexcept {
        static constexpr Hash none{};
        require(EVP_MAC_init(context_.get(), none.data(), none.size(), nullptr) == 1, "no key");
    }

  private:
    std::unique_ptr<EVP_MAC_CTX, FreeMac> context_;
};

Hmac& own_hmac() noexcept {
    thread_local Hmac hmac;
    return hmac;
}

}  // namespace

Hash sha256(ByteView first, ByteView second) noexcept {
    Hash hash;
    const std::unique_ptr<EVP_MD_CTX, FreeDigest> context{EVP_MD_CTX_new()};
    const bool is_done = context &&
                         EVP_DigestInit_ex(context.get(), sha256_digest(), nullptr) == 1 &&
                         EVP_DigestUpdate(context.get(), bytes_of(first), first.size()) == 1 &&
                         EVP_DigestUpdate(context.get(), bytes_of(second), second.size()) == 1 &&
                         EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1;
    require(is_done, "SHA-256");
    return hash;
}

Hash hmac_sha256(ByteView key, ByteView message) noexcept {
    Hmac& hmac = own_hmac();
    const Hash hash = hmac.run(key, message);
    hmac.forget_key();
    return hash;
}

void hkdf_sha256(
    ByteView salt, ByteView key_material, ByteView info, MutableByteView out
) noexcept {
    require(out.size() <= 255 * hash_size, "length of HKDF output");
    Hmac& hmac = own_hmac();
    Hash pseudo_random_key = hmac.run(salt, key_material);
    Bytes block;
    block.reserve(hash_size + info.size() + 1);
    for (std::size_t done = 0; done < out.size(); done += hash_size) {
        append(block, info);
        block.push_back(static_cast<std::uint8_t>(done / hash_size + 1));
        Hash output = hmac.run(pseudo_random_key, block);
        const std::size_t count = std::min(hash_size, out.size() - done);
        std::copy_n(output.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(done));
        wipe(block);
        block.assign(output.begin(), output.end());
        wipe(output);
    }
    hmac.forget_key();
    wipe(block);
    wipe(pseudo_random_key);
}

}  // namespace ntm::crypto
