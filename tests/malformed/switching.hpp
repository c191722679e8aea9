// SPDX-License-Identifier: BSD-3-Clause
// What leaves an RS-S in the place of a frame that came, held against docs/protocol.md. All throw
// BrokenPromise.
#pragma once

#include "common/base/time.hpp"
#include "common/crypto/token_mint.hpp"
#include "common/packet/packet.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/relay_path.hpp"
#include "tests/malformed/wire_frame.hpp"

#include <span>

namespace ntm::malformed {

// Section 7: DATA or END of a path between two nodes.
void check_switched(
    const WireFrame& frame,
    const Packet& packet,
    const tables::RelayPath& path,
    std::span<const relay::NextHop> next_hops
);

// Section 4.1: the answer to a COOKIE ask.
void check_cookie(
    const WireFrame& frame,
    const Packet& packet,
    const relay::Settings& settings,
    crypto::TokenMint& mint,
    Instant now
);

}  // namespace ntm::malformed
