// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/data_cipher.hpp"

#include "common/crypto/openssl.hpp"

#include <algorithm>

namespace ntm::crypto {

namespace {

constexpr std::size_t counter_at = 2;
constexpr std::size_t counter_size = 6;

}  // namespace

Nonce nonce_of(DataCipher::Header header) noexcept {
    Nonce nonce{};
    std::ranges::copy(header.subspan<counter_at, counter_size>(), nonce.end() - counter_size);
    return nonce;
}

DataCipher::DataCipher(const AeadKey& key) : suite_{key.suite} {
    if (is_cbc_hmac(suite_)) {
        cipher_.emplace<CbcHmac>(key);
    } else if (suite_ != Suite::none) {
        cipher_.emplace<Aead>(key);
    }
}

void DataCipher::seal(Header header, ByteView text, MutableByteView out) noexcept {
    if (auto* const aead = std::get_if<Aead>(&cipher_)) {
        return aead->seal(nonce_of(header), header, text, out);
    }
    if (auto* const cbc = std::get_if<CbcHmac>(&cipher_)) {
        return cbc->seal(header, text, out);
    }
    detail::require(out.size() == text.size(), "length of output");
    std::ranges::copy(text, out.begin());
}

std::optional<std::size_t> DataCipher::open(
    Header header, ByteView sealed, MutableByteView out
) noexcept {
    if (auto* const aead = std::get_if<Aead>(&cipher_)) {
        const bool is_good = aead->open(nonce_of(header), header, sealed, out);
        return is_good ? std::optional{out.size()} : std::nullopt;
    }
    if (auto* const cbc = std::get_if<CbcHmac>(&cipher_)) {
        return cbc->open(header, sealed, out);
    }
    if (out.size() != sealed.size()) {
        wipe(out);
        return std::nullopt;
    }
    std::ranges::copy(sealed, out.begin());
    return out.size();
}

}  // namespace ntm::crypto
