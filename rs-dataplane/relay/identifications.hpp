// SPDX-License-Identifier: BSD-3-Clause
// Identifications of packets that leave from the public addresses in fragments, or may be fragmented on
// their way: many hosts share an address, so theirs might meet (RFC 6864 section 5.3.1). None comes
// again before all were there, of no worker; those that were seen do not tell the next (RFC 7739).
#pragma once

#include "common/base/rate_limit.hpp"
#include "rs-dataplane/relay/share.hpp"

#include <array>
#include <cstdint>

namespace ntm::relay {

class Identifications {
  public:
    // `seed`: random, and the same for all workers.
    Identifications(std::uint64_t seed, const Share& share) noexcept
        : ipv4_{ipv4_count / share.workers}, ipv6_{ipv6_count / share.workers}, share_{share} {
        for (std::uint64_t round = 0; round < round_keys_.size(); ++round) {
            round_keys_[round] = mix(seed + round) | 1;
        }
    }

    [[nodiscard]] std::uint16_t next_ipv4() noexcept {
        return static_cast<std::uint16_t>(permute<8>(next(ipv4_)));
    }
    [[nodiscard]] std::uint32_t next_ipv6() noexcept { return permute<16>(next(ipv6_)); }

  private:
    static constexpr std::uint64_t ipv4_count = std::uint64_t{1} << 16;
    static constexpr std::uint64_t ipv6_count = std::uint64_t{1} << 32;

    // Those of one family that this worker has: every n-th.
    struct Own {
        std::uint64_t count;
        std::uint64_t next = 0;
    };
    [[nodiscard]] std::uint32_t next(Own& own) const noexcept {
        own.next = own.next + 1 == own.count ? 0 : own.next + 1;
        return static_cast<std::uint32_t>(own.next * share_.workers + share_.worker);
    }
    // Of twice as many bits, one to one: rounds of a Feistel network.
    template <unsigned half_bits>
    [[nodiscard]] std::uint32_t permute(std::uint32_t value) const noexcept {
        constexpr std::uint32_t mask = (std::uint32_t{1} << half_bits) - 1;
        std::uint32_t left = value >> half_bits;
        std::uint32_t right = value & mask;
        for (const std::uint64_t key : round_keys_) {
            const auto turned = static_cast<std::uint32_t>((key + right) * key >> 32);
            const std::uint32_t next = left ^ (turned & mask);
            left = right;
            right = next;
        }
        return left << half_bits | right;
    }

    Own ipv4_;
    Own ipv6_;
    std::array<std::uint64_t, 4> round_keys_;  // odd
    Share share_;
};

}  // namespace ntm::relay
