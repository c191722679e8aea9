// SPDX-License-Identifier: BSD-3-Clause
// RS-N: puts inner packets for nodes into DATA packets, and these into UDP to the bound address of the
// path's leg (docs/protocol.md sections 2, 3 and 6).
#pragma once

#include "rs-dataplane/relay/ended_packets.hpp"
#include "rs-dataplane/relay/settings.hpp"

namespace ntm::relay {

// The longest inner packet that makes a tunnelled one of at most `mtu` bytes.
[[nodiscard]] std::uint16_t longest_inner(
    const tables::Passage& passage, crypto::Suite suite, std::uint16_t mtu
) noexcept;

// Of inner packets at `inner_at` with passage and end. What stays in the lane has its port to leave by.
void seal_tunnel(
    Burst& burst,
    Lane& lane,
    const EndedPackets& ended,
    crypto::BurstCipher& cipher,
    const Settings& settings
) noexcept;

}  // namespace ntm::relay
