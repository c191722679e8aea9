// SPDX-License-Identifier: BSD-3-Clause
// Explicit congestion notification at the ends of a tunnel (RFC 6040). Going in, the outer header
// takes the inner one's field (normal mode, section 4.1); coming out, both fields make one.
#pragma once

#include <cstdint>
#include <optional>

namespace ntm {

enum class Ecn : std::uint8_t { not_ect = 0, ect1 = 1, ect0 = 2, ce = 3 };

// The two low bits of IPv4's TOS byte or IPv6's traffic class.
[[nodiscard]] constexpr Ecn ecn_of(std::uint8_t traffic_class) noexcept {
    return static_cast<Ecn>(traffic_class & 3);
}

// RFC 6040 section 4.2, figure 4. Nothing: the packet has to be dropped, for it has met congestion
// that its ends would not learn of.
[[nodiscard]] constexpr std::optional<Ecn> ecn_out_of_tunnel(Ecn inner, Ecn outer) noexcept {
    switch (outer) {
        case Ecn::ce:
            return inner == Ecn::not_ect ? std::nullopt : std::optional{Ecn::ce};
        case Ecn::ect1:
            return inner == Ecn::ect0 ? Ecn::ect1 : inner;
        default:
            return inner;
    }
}

}  // namespace ntm
