// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/rate_limit.hpp"

#include "common/base/byte_order.hpp"

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

// Of the first bits of an address, of its family.
std::uint64_t hash_of(const IpAddress& source, std::uint64_t mask, std::uint64_t seed) noexcept {
    const std::uint64_t network = load<Be64>(source.padded().data()).to_host() & mask;
    return mix(mix(network ^ seed) + static_cast<std::uint64_t>(source.family()) + seed);
}

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

bool SourceLimiter::take(const IpAddress& source, const Budget& budget, Instant now) noexcept {
    // The first 8 bytes: all of an IPv4 address, the /64 of an IPv6 one.
    constexpr std::uint64_t all = ~std::uint64_t{0};
    return buckets_[hash_of(source, all, seed_) % bucket_count].take(budget, now);
}

bool NetworkLimiter::take(const IpAddress& source, const Budget& budget, Instant now) noexcept {
    const int length = source.is_ipv4() ? 16 : 32;
    const std::uint64_t mask = ~std::uint64_t{0} << (64 - length);
    return buckets_[hash_of(source, mask, seed_) % bucket_count].take(budget, now);
}

bool PathLimiter::take(PathId path, const Budget& budget, Instant now) noexcept {
    return buckets_[mix(path.value) % bucket_count].take(budget, now);
}

}  // namespace ntm::relay
