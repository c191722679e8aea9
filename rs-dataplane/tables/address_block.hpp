// SPDX-License-Identifier: BSD-3-Clause
// A prefix, made ready to be compared with the addresses of packets.
#pragma once

#include "common/base/address.hpp"
#include "rs-dataplane/tables/padded_address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ntm::tables {

// Of one family: who asks sees to it that the address is of the same.
class AddressBlock {
  public:
    explicit AddressBlock(const Prefix& prefix) noexcept
        : bits_{PaddedAddress::of(prefix.address)}, mask_{mask_of(prefix.length)} {}

    [[nodiscard]] bool contains(const PaddedAddress& address) const noexcept {
        return (((address.first ^ bits_.first) & mask_.first) |
                ((address.second ^ bits_.second) & mask_.second)) == 0;
    }
    friend bool operator==(const AddressBlock&, const AddressBlock&) = default;

  private:
    [[nodiscard]] static PaddedAddress mask_of(std::uint8_t length) noexcept {
        std::array<std::uint8_t, 16> bytes{};
        std::fill_n(bytes.begin(), length / 8, std::uint8_t{0xff});
        if (length % 8 != 0) {
            bytes[length / 8] = static_cast<std::uint8_t>(0xff00 >> (length % 8));
        }
        return PaddedAddress::ipv6_at(bytes.data());
    }

    PaddedAddress bits_;
    PaddedAddress mask_;
};

}  // namespace ntm::tables
