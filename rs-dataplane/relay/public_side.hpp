// SPDX-License-Identifier: BSD-3-Clause
// RS-N: to which port a packet from a general node goes. It tells which packets to an address that is the
// relay's own and public as well are for a subscriber and which for the kernel, and whose they are.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "rs-dataplane/relay/settings.hpp"

#include <cstdint>
#include <optional>

namespace ntm::relay {

// Of a whole IP packet. Nothing: it has none.
[[nodiscard]] std::optional<std::uint16_t> public_port_of(ByteView ip_packet) noexcept;

// `upper` is what stands behind the IP header; of an ICMP error the quoted packet tells.
[[nodiscard]] bool is_to_public_port(
    Family family, std::uint8_t protocol, ByteView upper, const PublicSettings& settings
) noexcept;

}  // namespace ntm::relay
