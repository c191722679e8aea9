// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/x25519.hpp"

#include "common/crypto/openssl.hpp"

#include <algorithm>
#include <memory>

#include <openssl/evp.h>

namespace ntm::crypto {

namespace {

using detail::require;

struct FreeKey {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeKey>;

Key private_key_of(const Secret32& bytes) {
    Key key{EVP_PKEY_new_raw_private_key(
        EVP_PKEY_X25519, nullptr, bytes.view().data(), bytes.view().size()
    )};
    require(key != nullptr, "X25519 private key");
    return key;
}

}  // namespace

std::optional<PublicKey> PublicKey::from_bytes(ByteView bytes) noexcept {
    PublicKey key;
    if (bytes.size() != key.bytes.size()) {
        return std::nullopt;
    }
    std::ranges::copy(bytes, key.bytes.begin());
    return key;
}

std::optional<PublicKey> PublicKey::parse(std::string_view base64) {
    const auto bytes = from_base64(base64);
    return bytes ? from_bytes(*bytes) : std::nullopt;
}

std::string PublicKey::text() const {
    return to_base64(bytes);
}

KeyPair KeyPair::generate(RandomSource& random) {
    Secret32 private_key;
    random.fill(private_key.mutable_view());
    return from_private(private_key);
}

KeyPair KeyPair::from_private(const Secret32& private_key) {
    const Key key = private_key_of(private_key);
    PublicKey public_key;
    std::size_t length = public_key.bytes.size();
    require(
        EVP_PKEY_get_raw_public_key(key.get(), public_key.bytes.data(), &length) == 1 &&
            length == public_key.bytes.size(),
        "X25519 public key"
    );
    return {private_key.clone(), public_key};
}

std::optional<Secret32> KeyPair::agree(const PublicKey& peer) const {
    const Key own = private_key_of(private_key_);
    const Key other{EVP_PKEY_new_raw_public_key(
        EVP_PKEY_X25519, nullptr, peer.bytes.data(), peer.bytes.size()
    )};
    require(other != nullptr, "X25519 peer key");
    const KeyContext context{EVP_PKEY_CTX_new(own.get(), nullptr)};
    require(context && EVP_PKEY_derive_init(context.get()) == 1, "X25519 context");
    require(EVP_PKEY_derive_set_peer(context.get(), other.get()) == 1, "X25519 set peer");
    Secret32 shared;
    std::size_t length = shared.size;
    // OpenSSL fails here when the result is all zero; the second check does not rely on it.
    if (EVP_PKEY_derive(context.get(), shared.mutable_view().data(), &length) != 1 ||
        length != shared.size || shared.is_zero()) {
        return std::nullopt;
    }
    return shared;
}

}  // namespace ntm::crypto
