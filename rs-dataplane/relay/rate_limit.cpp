// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/rate_limit.hpp"

#include <algorithm>

namespace ntm::relay {

namespace {

constexpr std::uint64_t whole_token = 1'000'000'000;
// Bounds the product with any rate.
constexpr Duration longest_fill = std::chrono::seconds{1};

std::uint64_t mix(std::uint64_t value) noexcept {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

}  // namespace

bool TokenBucket::take(const Budget& budget, Instant now) noexcept {
    const std::uint64_t most = budget.burst * whole_token;
    if (!is_used_) {
        is_used_ = true;
        credit_ = most;
        filled_at_ = now;
    }
    if (now > filled_at_) {
        const Duration passed = std::min(now - filled_at_, longest_fill);
        credit_ += static_cast<std::uint64_t>(passed.count()) * budget.per_second;
        filled_at_ = now;
    }
    credit_ = std::min(credit_, most);
    if (credit_ < whole_token) {
        return false;
    }
    credit_ -= whole_token;
    return true;
}

bool SourceLimiter::take(const IpAddress& source, const Budget& budget, Instant now) noexcept {
    // The first 8 bytes: all of an IPv4 address, the /64 of an IPv6 one.
    const auto network = load<std::uint64_t>(source.padded().data());
    const std::uint64_t hash =
        mix(mix(network ^ seed_) + static_cast<std::uint64_t>(source.family()) + seed_);
    return buckets_[hash % bucket_count].take(budget, now);
}

bool PathLimiter::take(PathId path, const Budget& budget, Instant now) noexcept {
    return buckets_[mix(path.value) % bucket_count].take(budget, now);
}

}  // namespace ntm::relay
