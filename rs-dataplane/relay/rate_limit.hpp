// SPDX-License-Identifier: BSD-3-Clause
// The data plane's token buckets by source address, by source network and by path; one worker's.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/rate_limit.hpp"

#include <array>
#include <cstdint>

namespace ntm::relay {

// So many buckets that a flood from sources made up at random leaves each of them its rate until it
// is faster than a worker could answer.
using SourceLimiter = SourceBuckets<16384>;

// A bucket for one IPv4 /16 or IPv6 /32: about what one operator holds, and what a host can make up
// sources from where its operator looks at them.
using NetworkLimiter = NetworkBuckets<4096, 16, 32>;

// A bucket for one path. The hash needs no key: a Path ID is drawn at random by a DC, and who knows
// that of the path to be harmed needs no other.
class PathLimiter {
  public:
    [[nodiscard]] bool take(PathId path, const Budget& budget, Instant now) noexcept {
        return buckets_[mix(path.value) % bucket_count].take(budget, now);
    }

  private:
    static constexpr std::size_t bucket_count = 4096;
    std::array<TokenBucket, bucket_count> buckets_{};
};

}  // namespace ntm::relay
