// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>

namespace ntm::napt {

// An address of either family, of a fixed size: an IPv4 address first and zeros behind it, as
// IpAddress::padded() has it.
using PaddedAddress = std::array<std::uint8_t, 16>;

}  // namespace ntm::napt
