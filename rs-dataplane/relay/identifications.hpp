// SPDX-License-Identifier: BSD-3-Clause
// Identifications of packets that leave from the public addresses in fragments, or may be fragmented on
// their way: many hosts share an address, so theirs might meet (RFC 6864 section 5.3.1). None comes
// again before all were there, of no worker; those that were seen do not tell the next (RFC 7739).
#pragma once

#include "common/base/rate_limit.hpp"
#include "rs-dataplane/relay/share.hpp"

#include <cstdint>

namespace ntm::relay {

class Identifications {
  public:
    // `seed`: random, and the same for all workers.
    Identifications(std::uint64_t seed, const Share& share) noexcept : seed_{seed}, share_{share} {}

    [[nodiscard]] std::uint16_t next_ipv4() noexcept {
        return static_cast<std::uint16_t>(permute<8>(next(ipv4_, std::uint64_t{1} << 16)));
    }
    [[nodiscard]] std::uint32_t next_ipv6() noexcept {
        return permute<16>(next(ipv6_, std::uint64_t{1} << 32));
    }

  private:
    // Each worker has every n-th of `all`.
    [[nodiscard]] std::uint32_t next(std::uint64_t& count, std::uint64_t all) const noexcept {
        count = (count + 1) % (all / share_.workers);
        return static_cast<std::uint32_t>(count * share_.workers + share_.worker);
    }
    // Of twice as many bits, one to one: four rounds of a Feistel network.
    template <unsigned half_bits>
    [[nodiscard]] std::uint32_t permute(std::uint32_t value) const noexcept {
        constexpr std::uint32_t mask = (std::uint32_t{1} << half_bits) - 1;
        std::uint32_t left = value >> half_bits;
        std::uint32_t right = value & mask;
        for (std::uint64_t round = 0; round < 4; ++round) {
            const auto turned = static_cast<std::uint32_t>(mix(seed_ + (round << 32 | right)));
            const std::uint32_t next = left ^ (turned & mask);
            left = right;
            right = next;
        }
        return left << half_bits | right;
    }

    std::uint64_t seed_;
    Share share_;
    std::uint64_t ipv4_ = 0;
    std::uint64_t ipv6_ = 0;
};

}  // namespace ntm::relay
