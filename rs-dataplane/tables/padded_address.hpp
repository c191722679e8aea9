// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"

#include <cstdint>

namespace ntm::tables {

// An address of either family in two words as they lie in a packet, of an IPv4 address only the first
// half of the first. Words and not bytes, so that a tuple is made in registers: to read words back
// that were just written as bytes costs as much as all else that a packet needs.
struct PaddedAddress {
    std::uint64_t first = 0;
    std::uint64_t second = 0;

    [[nodiscard]] static PaddedAddress ipv4_at(const std::uint8_t* from) noexcept {
        return {load<std::uint32_t>(from), 0};
    }
    [[nodiscard]] static PaddedAddress ipv6_at(const std::uint8_t* from) noexcept {
        return {load<std::uint64_t>(from), load<std::uint64_t>(from + 8)};
    }
    [[nodiscard]] static PaddedAddress of(const IpAddress& address) noexcept {
        const std::uint8_t* bytes = address.padded().data();
        return address.is_ipv4() ? ipv4_at(bytes) : ipv6_at(bytes);
    }
    [[nodiscard]] IpAddress as(Family family) const noexcept {
        if (family == Family::ipv4) {
            Ipv4Address address;
            store(address.bytes.data(), ipv4_word());
            return address;
        }
        Ipv6Address address;
        store(address.bytes.data(), first);
        store(address.bytes.data() + 8, second);
        return address;
    }
    // Of a family's half of it all.
    [[nodiscard]] std::uint32_t ipv4_word() const noexcept {
        return static_cast<std::uint32_t>(first);
    }

    friend bool operator==(const PaddedAddress&, const PaddedAddress&) = default;
};

}  // namespace ntm::tables
