// SPDX-License-Identifier: BSD-3-Clause
// Last stage of relayed packets: the next hop's Ethernet header, the verdict of its MTU, and the
// port to leave by. Nothing is ever fragmented (docs/protocol.md section 7).
#pragma once

#include "common/packet/burst.hpp"
#include "rs-dataplane/relay/settings.hpp"

namespace ntm::relay {

void finish(Burst& burst, Lane& lane, const Settings& settings) noexcept;

}  // namespace ntm::relay
