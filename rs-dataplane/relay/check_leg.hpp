// SPDX-License-Identifier: BSD-3-Clause
// Lets only those packets pass that come from the bound outside address of the leg that their role
// flag names, to the own address that the leg's node asked, while both legs are bound. A source
// that the leg had before its last move passes as long as the entry names it; the control thread
// takes it out after 2 s (docs/protocol.md sections 5 and 7).
#pragma once

#include "common/packet/burst.hpp"

namespace ntm::relay {

void check_leg(Burst& burst, Lane& lane) noexcept;

}  // namespace ntm::relay
