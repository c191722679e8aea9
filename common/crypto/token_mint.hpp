// SPDX-License-Identifier: BSD-3-Clause
// Tokens of docs/protocol.md section 4.1: proof that somebody receives at an address, made and
// checked without state. A token is the time of issue and a keyed hash over it and the source.
#pragma once

#include "common/base/address.hpp"
#include "common/base/secret.hpp"
#include "common/base/time.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace ntm::crypto {

using Token = std::array<std::uint8_t, 16>;  // all zero: no token

inline constexpr Duration token_lifetime = std::chrono::seconds{120};
// How far the clocks of the threads that mint and check may be apart.
inline constexpr Duration token_clock_skew = std::chrono::milliseconds{20};

// Not to be shared between threads: each thread makes its own from the same key.
class TokenMint {
  public:
    explicit TokenMint(const Secret<16>& key);
    ~TokenMint();
    TokenMint(const TokenMint&) = delete;
    TokenMint& operator=(const TokenMint&) = delete;

    [[nodiscard]] Token mint(const Endpoint& source, Instant now) noexcept;
    // The time of issue (microseconds kept), if this mint's key made it for `source` and it is not
    // older than token_lifetime. A time of issue ahead of `now` by token_clock_skew at most is `now`.
    [[nodiscard]] std::optional<Instant> check(
        const Token& token, const Endpoint& source, Instant now
    ) noexcept;

  private:
    struct Hash;
    Hash* hash_;  // owned
};

}  // namespace ntm::crypto
