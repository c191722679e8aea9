// SPDX-License-Identifier: BSD-3-Clause
// Token buckets with the time as an argument: single, by source address, by source network and by
// path. Many keys share fixed memory: those whose hashes meet have one bucket between them.
#pragma once

#include "common/base/address.hpp"
#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/relay/settings.hpp"

#include <array>
#include <cstdint>

namespace ntm::relay {

// Starts full. Keeps what is missing and not what is there, so that a bucket never touched is full
// and four of them fit a cache line.
class TokenBucket {
  public:
    [[nodiscard]] bool take(const Budget& budget, Instant now) noexcept;

  private:
    Instant filled_at_;
    std::uint64_t missing_ = 0;  // billionths of a token
};

// A bucket for one IPv4 address or IPv6 /64. Keyed: nobody without the seed finds a source that
// shares the bucket of another. So many buckets that a flood from sources made up at random leaves
// each of them its rate until it is faster than a worker could answer.
class SourceLimiter {
  public:
    explicit SourceLimiter(std::uint64_t seed) noexcept : seed_{seed} {}
    [[nodiscard]] bool take(const IpAddress& source, const Budget& budget, Instant now) noexcept;

  private:
    static constexpr std::size_t bucket_count = 16384;
    std::uint64_t seed_;
    std::array<TokenBucket, bucket_count> buckets_{};
};

// A bucket for one IPv4 /16 or IPv6 /32, keyed too: about what one operator holds, and what a host
// can make up sources from where its operator looks at them.
class NetworkLimiter {
  public:
    explicit NetworkLimiter(std::uint64_t seed) noexcept : seed_{seed} {}
    [[nodiscard]] bool take(const IpAddress& source, const Budget& budget, Instant now) noexcept;

  private:
    static constexpr std::size_t bucket_count = 4096;
    std::uint64_t seed_;
    std::array<TokenBucket, bucket_count> buckets_{};
};

// A bucket for one path. The hash needs no key: a Path ID is drawn at random by a DC, and who knows
// that of the path to be harmed needs no other.
class PathLimiter {
  public:
    [[nodiscard]] bool take(PathId path, const Budget& budget, Instant now) noexcept;

  private:
    static constexpr std::size_t bucket_count = 4096;
    std::array<TokenBucket, bucket_count> buckets_{};
};

}  // namespace ntm::relay
