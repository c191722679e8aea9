// SPDX-License-Identifier: BSD-3-Clause
// Fragments of IP packets, written as RFC 791 and RFC 8200 draw them.
#pragma once

#include "common/base/bytes.hpp"

#include <cstdint>
#include <vector>

namespace ntm::relay::testing {

struct Piece {
    std::size_t offset = 0;  // in what follows the IP header
    std::size_t length = 0;
    bool has_more = true;
};

// Of which each byte shows its place.
[[nodiscard]] Bytes text(std::size_t size);

inline constexpr std::uint32_t some_identification = 0x4321;

// Of an IPv4 packet without options or an IPv6 packet without extension headers.
[[nodiscard]] Bytes fragment_of(
    const Bytes& packet, const Piece& piece, std::uint32_t identification = some_identification
);
// All of a packet, of which each but the last carries as much.
[[nodiscard]] std::vector<Bytes> fragments_of(
    const Bytes& packet, std::size_t each, std::uint32_t identification = some_identification
);
// By their numbers.
[[nodiscard]] std::vector<Bytes> in_order(
    const std::vector<Bytes>& fragments, const std::vector<std::size_t>& order
);
// The packet as who puts its fragments together gets it: of IPv4 with that identification, without DF.
[[nodiscard]] Bytes whole_of(Bytes packet, std::uint32_t identification = some_identification);
// As their receiver puts them together, who takes them to be all and in order.
[[nodiscard]] Bytes joined(const std::vector<Bytes>& fragments);

}  // namespace ntm::relay::testing
