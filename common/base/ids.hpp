// SPDX-License-Identifier: BSD-3-Clause
// The names that things have in the protocol: random 64-bit numbers of distinct types.
#pragma once

#include "common/base/byte_order.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace ntm {

namespace detail {
[[nodiscard]] std::string id_text(std::uint64_t value);  // 16 hexadecimal digits
}

// The value is in host order; on the wire it is 8 bytes, network order (docs/protocol.md 2).
template <typename Tag>
struct Id {
    std::uint64_t value = 0;
    [[nodiscard]] constexpr bool is_zero() const noexcept { return value == 0; }
    [[nodiscard]] constexpr Be64 wire() const noexcept { return Be64::from_host(value); }
    [[nodiscard]] std::string text() const { return detail::id_text(value); }
    friend constexpr auto operator<=>(Id, Id) noexcept = default;
};

using PathId = Id<struct PathIdTag>;        // one communication between two nodes
using SessionId = Id<struct SessionIdTag>;  // one signalling session, named by its receiver
using BootId = Id<struct BootIdTag>;        // one run of a process

// Which end of a path: bit 0 of the NTM header's flags.
enum class Role : std::uint8_t { initiator = 0, responder = 1 };

[[nodiscard]] constexpr Role other(Role role) noexcept {
    return role == Role::initiator ? Role::responder : Role::initiator;
}

}  // namespace ntm

template <typename Tag>
struct std::hash<ntm::Id<Tag>> {
    std::size_t operator()(ntm::Id<Tag> id) const noexcept {
        return std::hash<std::uint64_t>{}(id.value);
    }
};
