// SPDX-License-Identifier: BSD-3-Clause
// Token buckets with the time as an argument: single, and by the network of an address. Many networks
// share fixed memory: those whose hashes meet have one bucket between them.
#pragma once

#include "common/base/address.hpp"
#include "common/base/byte_order.hpp"
#include "common/base/time.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ntm {

// A bucket that nobody asks fills for so long: a burst is no more than that time's worth.
inline constexpr Duration longest_burst = std::chrono::seconds{4};

// A token bucket's: `per_second` on average, `burst` at once.
struct Budget {
    std::uint32_t per_second = 0;
    std::uint32_t burst = 0;
};

// Starts full. Keeps what is missing and not what is there, so that a bucket never touched is full
// and four of them fit a cache line.
class TokenBucket {
  public:
    [[nodiscard]] bool take(const Budget& budget, Instant now) noexcept;

  private:
    Instant filled_at_;
    std::uint64_t missing_ = 0;  // billionths of a token
};

// Every bit of the result hangs on every bit of `value`.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t value) noexcept {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

// A bucket for one IPv4 network and one IPv6 network of the prefix lengths given (IPv6: 64 at most).
// Keyed: nobody without the seed finds a source that shares the bucket of another.
template <std::size_t bucket_count, int ipv4_length, int ipv6_length>
class NetworkBuckets {
    static_assert(0 < ipv4_length && ipv4_length <= 32 && 0 < ipv6_length && ipv6_length <= 64);

  public:
    explicit NetworkBuckets(std::uint64_t seed) noexcept : seed_{seed} {}
    [[nodiscard]] bool take(const IpAddress& source, const Budget& budget, Instant now) noexcept {
        return buckets_[hash_of(source) % bucket_count].take(budget, now);
    }

  private:
    [[nodiscard]] std::uint64_t hash_of(const IpAddress& source) const noexcept {
        const int length = source.is_ipv4() ? ipv4_length : ipv6_length;
        const std::uint64_t mask = ~std::uint64_t{0} << (64 - length);
        const std::uint64_t network = load<Be64>(source.padded().data()).to_host() & mask;
        return mix(mix(network ^ seed_) + static_cast<std::uint64_t>(source.family()) + seed_);
    }

    std::uint64_t seed_;
    std::array<TokenBucket, bucket_count> buckets_{};
};

// A bucket for one source: an IPv4 address, or the /64 that an IPv6 host has all of.
template <std::size_t bucket_count>
using SourceBuckets = NetworkBuckets<bucket_count, 32, 64>;

}  // namespace ntm
