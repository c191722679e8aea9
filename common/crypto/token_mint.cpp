// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/token_mint.hpp"

#include "common/crypto/openssl.hpp"

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace ntm::crypto {

namespace {

using detail::require;

// A token: 6 bytes of microseconds, then 10 bytes of SipHash-2-4-128 over time and source.
constexpr std::size_t time_size = 6;
constexpr std::uint64_t time_mask = 0xffff'ffff'ffffU;
constexpr std::size_t message_size = time_size + 1 + 2 + 16;

std::uint64_t microseconds_of(Instant at) noexcept {
    const auto count =
        std::chrono::duration_cast<std::chrono::microseconds>(at.since_origin()).count();
    return static_cast<std::uint64_t>(count);
}

}  // namespace

struct TokenMint::Hash {
    explicit Hash(const Secret<16>& with_key) : key{with_key.clone()} {
        EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
        require(algorithm != nullptr, "fetch SipHash");
        context = EVP_MAC_CTX_new(algorithm);
        EVP_MAC_free(algorithm);
        require(context != nullptr, "SipHash context");
        std::size_t length = 16;
        const std::array parameters{
            OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &length), OSSL_PARAM_construct_end()};
        require(EVP_MAC_CTX_set_params(context, parameters.data()) == 1, "SipHash length");
    }
    ~Hash() { EVP_MAC_CTX_free(context); }
    Hash(const Hash&) = delete;
    Hash& operator=(const Hash&) = delete;

    // The token for a time of issue of 48 bits and a source.
    [[nodiscard]] Token make(std::uint64_t issued, const Endpoint& source) const noexcept {
        std::array<std::uint8_t, message_size> message;
        const std::uint64_t shifted = issued << 16;
        const Be64 wire = Be64::from_host(shifted);
        std::memcpy(message.data(), &wire, time_size);
        message[time_size] = static_cast<std::uint8_t>(source.address.family());
        store(message.data() + time_size + 1, Be16::from_host(source.port.number));
        std::ranges::copy(source.address.padded(), message.data() + time_size + 3);

        std::array<std::uint8_t, 16> hash;
        std::size_t written = 0;
        require(
            EVP_MAC_init(context, key.view().data(), key.size, nullptr) == 1 &&
                EVP_MAC_update(context, message.data(), message.size()) == 1 &&
                EVP_MAC_final(context, hash.data(), &written, hash.size()) == 1 &&
                written == hash.size(),
            "SipHash"
        );
        Token token;
        std::memcpy(token.data(), message.data(), time_size);
        std::memcpy(token.data() + time_size, hash.data(), token.size() - time_size);
        return token;
    }

    Secret<16> key;
    EVP_MAC_CTX* context = nullptr;
};

TokenMint::TokenMint(const Secret<16>& key) : hash_{new Hash{key}} {}

TokenMint::~TokenMint() {
    delete hash_;
}

Token TokenMint::mint(const Endpoint& source, Instant now) noexcept {
    return hash_->make(microseconds_of(now) & time_mask, source);
}

std::optional<Instant> TokenMint::check(
    const Token& token, const Endpoint& source, Instant now
) noexcept {
    std::array<std::uint8_t, 8> time{};
    std::memcpy(time.data(), token.data(), time_size);
    const std::uint64_t issued = load<Be64>(time.data()).to_host() >> 16;
    const Token expected = hash_->make(issued, source);
    if (CRYPTO_memcmp(expected.data(), token.data(), token.size()) != 0) {
        return std::nullopt;
    }
    const std::uint64_t whole_now = microseconds_of(now);
    const std::chrono::microseconds ahead{
        static_cast<std::int64_t>((issued - whole_now) & time_mask)};
    // Modulo 2^48, so that a time in the future is a very old one.
    const std::chrono::microseconds age{
        ahead <= token_clock_skew ? 0
                                  : static_cast<std::int64_t>((whole_now - issued) & time_mask)};
    if (age > token_lifetime) {
        return std::nullopt;
    }
    return Instant{std::chrono::duration_cast<std::chrono::microseconds>(now.since_origin())} - age;
}

}  // namespace ntm::crypto
