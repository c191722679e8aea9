// SPDX-License-Identifier: BSD-3-Clause
// The relay's own addresses, numbered in the order of the configuration for the life of the
// process. Entries and packets name one by its number, which says its family too.
#pragma once

#include "common/base/address.hpp"

#include <cstdint>
#include <cstring>
#include <vector>

namespace ntm::tables {

class OwnAddresses {
  public:
    static constexpr std::uint8_t none = 0xff;
    static constexpr std::size_t limit = 255;

    OwnAddresses() = default;
    // At most `limit` addresses count.
    explicit OwnAddresses(const std::vector<IpAddress>& addresses) {
        for (const IpAddress& address : addresses) {
            if (all_.size() < limit) {
                add(address);
            }
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    [[nodiscard]] const IpAddress& operator[](std::size_t number) const noexcept {
        return all_[number];
    }
    // The number, or `none`. The address is 4 or 16 bytes in wire order, as a packet has it.
    [[nodiscard]] std::uint8_t find_ipv4(const std::uint8_t* wire) const noexcept {
        const auto wanted = load<std::uint32_t>(wire);
        for (const auto& [raw, number] : ipv4_) {
            if (raw == wanted) {
                return number;
            }
        }
        return none;
    }
    [[nodiscard]] std::uint8_t find_ipv6(const std::uint8_t* wire) const noexcept {
        for (const auto& [bytes, number] : ipv6_) {
            if (std::memcmp(bytes.data(), wire, bytes.size()) == 0) {
                return number;
            }
        }
        return none;
    }
    [[nodiscard]] std::uint8_t find(const IpAddress& address) const noexcept {
        return address.is_ipv4() ? find_ipv4(address.padded().data())
                                 : find_ipv6(address.padded().data());
    }

  private:
    struct NumberedIpv4 {
        std::uint32_t raw;
        std::uint8_t number;
    };
    struct NumberedIpv6 {
        std::array<std::uint8_t, 16> bytes;
        std::uint8_t number;
    };
    void add(const IpAddress& address) {
        const auto number = static_cast<std::uint8_t>(all_.size());
        all_.push_back(address);
        if (address.is_ipv4()) {
            ipv4_.push_back({load<std::uint32_t>(address.padded().data()), number});
            return;
        }
        ipv6_.push_back({address.padded(), number});
    }
    std::vector<IpAddress> all_;
    std::vector<NumberedIpv4> ipv4_;
    std::vector<NumberedIpv6> ipv6_;
};

}  // namespace ntm::tables
