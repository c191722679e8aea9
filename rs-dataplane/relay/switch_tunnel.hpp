// SPDX-License-Identifier: BSD-3-Clause
// Writes the other leg's outer IP and UDP header in front of the NTM header: IPv4 or IPv6 to either
// (docs/protocol.md section 7). DSCP and ECN stay, TTL or hop limit falls by one, the UDP checksum
// is updated by the difference that the entry holds (whole only from IPv4's "none" to IPv6), DF is
// set on IPv4. The inside is neither read nor needed.
#pragma once

#include "common/packet/burst.hpp"
#include "rs-dataplane/relay/settings.hpp"

namespace ntm::relay {

void switch_tunnel(Burst& burst, Lane& lane, const Settings& settings) noexcept;

}  // namespace ntm::relay
