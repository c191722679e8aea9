// SPDX-License-Identifier: BSD-3-Clause
// The pools of public addresses, as PortBlocks number them.
#pragma once

#include "common/base/address.hpp"
#include "rs-dataplane/napt/port_blocks.hpp"
#include "rs-dataplane/tables/padded_address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ntm::napt {

using tables::PaddedAddress;

class PublicAddresses {
  public:
    PublicAddresses(const std::vector<Ipv4Address>& ipv4, const std::vector<Ipv6Address>& ipv6);

    [[nodiscard]] std::optional<PublicAddress> find(Family family, PaddedAddress address)
        const noexcept {
        return pool(family).find(address);
    }
    [[nodiscard]] bool has(Family family) const noexcept { return !pool(family).is_empty(); }
    // Of a pool.
    [[nodiscard]] const PaddedAddress& operator()(Family family, PublicAddress number)
        const noexcept {
        return pool(family)[number];
    }

  private:
    // Of one family. Every packet that comes in asks for one, so that they are found by a hash; a
    // secret one is not needed, since nobody else chooses what is in it.
    class Pool {
      public:
        explicit Pool(const std::vector<PaddedAddress>& addresses);
        [[nodiscard]] std::optional<PublicAddress> find(PaddedAddress address) const noexcept {
            for (std::size_t at = home_of(address); places_[at] != none; at = next(at)) {
                if (addresses_[places_[at]] == address) [[likely]] {
                    return places_[at];
                }
            }
            return std::nullopt;
        }
        [[nodiscard]] bool is_empty() const noexcept { return addresses_.empty(); }
        [[nodiscard]] const PaddedAddress& operator[](PublicAddress number) const noexcept {
            return addresses_[number];
        }

      private:
        static constexpr PublicAddress none = 0xffff;

        [[nodiscard]] std::size_t home_of(PaddedAddress address) const noexcept {
            constexpr std::uint64_t multiplier = 0x9e37'79b9'7f4a'7c15;  // 2^64 by the golden ratio
            return static_cast<std::size_t>(
                ((address.first ^ address.second >> 32 ^ address.second) * multiplier) >> shift_
            );
        }
        [[nodiscard]] std::size_t next(std::size_t at) const noexcept {
            return (at + 1) & (places_.size() - 1);
        }
        std::vector<PaddedAddress> addresses_;
        std::vector<PublicAddress> places_;  // half of them taken at most; a power of two
        unsigned shift_ = 0;
    };

    [[nodiscard]] const Pool& pool(Family family) const noexcept {
        return family == Family::ipv4 ? ipv4_ : ipv6_;
    }
    Pool ipv4_;
    Pool ipv6_;
};

}  // namespace ntm::napt
