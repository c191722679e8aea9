// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/rate_limit.hpp"

#include <algorithm>
#include <limits>

namespace ntm {

namespace {

constexpr std::uint64_t whole_token = 1'000'000'000;
// Bounds the product with any rate: no more than fits 64 bits.
constexpr Duration longest_fill = longest_burst;
static_assert(
    std::numeric_limits<std::uint64_t>::max() / std::numeric_limits<std::uint32_t>::max() >=
    static_cast<std::uint64_t>(longest_fill.count())
);

}  // namespace

bool TokenBucket::take(const Budget& budget, Instant now) noexcept {
    const std::uint64_t most = budget.burst * whole_token;
    missing_ = std::min(missing_, most);
    if (now > filled_at_) {
        const Duration passed = std::min(now - filled_at_, longest_fill);
        const std::uint64_t more = static_cast<std::uint64_t>(passed.count()) * budget.per_second;
        missing_ -= std::min(missing_, more);
        filled_at_ = now;
    }
    if (most - missing_ < whole_token) {
        return false;
    }
    missing_ += whole_token;
    return true;
}

}  // namespace ntm
