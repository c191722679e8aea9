// SPDX-License-Identifier: BSD-3-Clause
// What classify makes of a burst: one lane for each kind of packet, so that no later stage asks
// what it has before it. A packet in no lane has its fate already.
#pragma once

#include "common/packet/burst.hpp"

namespace ntm::relay {

struct Lanes {
    Lane tunnel;   // DATA and END: to be relayed
    Lane ended;    // RS-N: of them, DATA of paths that end here; find_path tells
    Lane general;  // RS-N: from general nodes, for a public address
    Lane leg;      // LEG: for the control thread, if the path is known
    Lane cookie;   // COOKIE asks: to be answered
    Lane punt;     // everything else that is for the control thread or the kernel
};

}  // namespace ntm::relay
