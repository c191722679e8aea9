// SPDX-License-Identifier: BSD-3-Clause
// Token buckets with the time as an argument: single, by source address and by path.
#pragma once

#include "common/base/address.hpp"
#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/relay/settings.hpp"

#include <array>
#include <cstdint>

namespace ntm::relay {

// Starts full.
class TokenBucket {
  public:
    [[nodiscard]] bool take(const Budget& budget, Instant now) noexcept;

  private:
    Instant filled_at_;
    std::uint64_t credit_ = 0;  // billionths of a token
    bool is_used_ = false;
};

// A bucket for one IPv4 address or IPv6 /64. Sources whose keyed hashes meet share one, which
// nobody can bring about on purpose without the seed.
class SourceLimiter {
  public:
    explicit SourceLimiter(std::uint64_t seed) noexcept : seed_{seed} {}
    [[nodiscard]] bool take(const IpAddress& source, const Budget& budget, Instant now) noexcept;

  private:
    static constexpr std::size_t bucket_count = 4096;
    std::uint64_t seed_;
    std::array<TokenBucket, bucket_count> buckets_{};
};

// A bucket for one path, shared with those whose hashes meet its own. The hash needs no key: a Path
// ID is drawn at random by a DC, and who knows that of the path to be harmed needs no other.
class PathLimiter {
  public:
    [[nodiscard]] bool take(PathId path, const Budget& budget, Instant now) noexcept;

  private:
    static constexpr std::size_t bucket_count = 4096;
    std::array<TokenBucket, bucket_count> buckets_{};
};

}  // namespace ntm::relay
