// SPDX-License-Identifier: BSD-3-Clause
// How many message 1s of handshakes a responder opens and how many tokens it demands. It stands in
// front of the Diffie-Hellman, which is what a flood is after. A source that is not proven may be made
// up, so these have one budget together; beyond it a token is demanded. A token proves the source, so
// whoever sends too many with one uses up a budget of its own, and then what all such sources have beside
// the others: behind one address there may be a carrier's thousands of nodes, or one host that floods.
#pragma once

#include "common/base/address.hpp"
#include "common/base/random.hpp"
#include "common/base/rate_limit.hpp"
#include "common/base/time.hpp"

#include <cstdint>

namespace ntm::protocol {

class HandshakeGate {
  public:
    HandshakeGate(std::uint32_t per_second, RandomSource& random)
        : unproven_{per_second, per_second},
          proven_{per_second * proven_factor, per_second * proven_factor},
          per_source_{per_second / source_share, 2 * (per_second / source_share)},
          proven_sources_{random.number()},
          demanded_sources_{random.number()} {}

    // Each counts one more if it may be.
    [[nodiscard]] bool may_open_unproven(Instant now) noexcept {
        return unproven_bucket_.take(unproven_, now);
    }
    [[nodiscard]] bool may_open_proven(const IpAddress& source, Instant now) noexcept {
        const bool is_modest = proven_sources_.take(source, per_source_, now);
        return (is_modest && modest_bucket_.take(proven_, now)) || spare_bucket_.take(proven_, now);
    }
    [[nodiscard]] bool may_demand(const IpAddress& source, Instant now) noexcept {
        return demanded_sources_.take(source, demands_per_source, now);
    }

  private:
    static constexpr std::uint32_t proven_factor = 2;
    static constexpr std::uint32_t source_share = 5;
    static constexpr std::size_t bucket_count = 4096;
    // A demand costs little, is shorter than what it answers, and there may be many nodes behind
    // one address.
    static constexpr Budget demands_per_source{1'000, 1'000};

    Budget unproven_;
    Budget proven_;  // of modest sources together, and once more of all
    Budget per_source_;
    TokenBucket unproven_bucket_;
    TokenBucket modest_bucket_;
    TokenBucket spare_bucket_;
    SourceBuckets<bucket_count> proven_sources_;
    SourceBuckets<bucket_count> demanded_sources_;
};

}  // namespace ntm::protocol
