// SPDX-License-Identifier: BSD-3-Clause
// First stage: reads Ethernet, outer IP, UDP and NTM header, checks every length, and sorts the
// burst into lanes. Nothing behind the NTM header is read here. IPv4 packets with options and IPv6
// packets with extension headers are not taken as NTM; for the kernel's sake they are where they
// belong to a protocol that needs them (docs/protocol.md sections 2 and 7).
#pragma once

#include "rs-dataplane/relay/lanes.hpp"
#include "rs-dataplane/relay/settings.hpp"

namespace ntm::relay {

void classify(Burst& burst, Lanes& lanes, const Settings& settings) noexcept;

// The same without the short way that nearly all packets take: what that is held against.
void classify_the_long_way(Burst& burst, Lanes& lanes, const Settings& settings) noexcept;

}  // namespace ntm::relay
