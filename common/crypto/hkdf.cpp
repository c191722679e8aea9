// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/hkdf.hpp"

#include "common/base/secret.hpp"
#include "common/crypto/openssl.hpp"

#include <algorithm>
#include <memory>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace ntm::crypto {

namespace {

using detail::require;

struct FreeDigest {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
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
    Hash hash;
    unsigned length = 0;
    const std::uint8_t* const done = HMAC(
        sha256_digest(),
        bytes_of(key),
        static_cast<int>(key.size()),
        bytes_of(message),
        message.size(),
        hash.data(),
        &length
    );
    require(done != nullptr && length == hash.size(), "HMAC-SHA-256");
    return hash;
}

void hkdf_sha256(
    ByteView salt, ByteView key_material, ByteView info, MutableByteView out
) noexcept {
    require(out.size() <= 255 * hash_size, "length of HKDF output");
    Hash pseudo_random_key = hmac_sha256(salt, key_material);
    Bytes block;
    block.reserve(hash_size + info.size() + 1);
    for (std::size_t done = 0; done < out.size(); done += hash_size) {
        append(block, info);
        block.push_back(static_cast<std::uint8_t>(done / hash_size + 1));
        Hash output = hmac_sha256(pseudo_random_key, block);
        const std::size_t count = std::min(hash_size, out.size() - done);
        std::copy_n(output.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(done));
        wipe(block);
        block.assign(output.begin(), output.end());
        wipe(output);
    }
    wipe(block);
    wipe(pseudo_random_key);
}

}  // namespace ntm::crypto
