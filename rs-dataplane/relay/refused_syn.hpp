// SPDX-License-Identifier: BSD-3-Clause
// The answer to a SYN that a filter has kept out, as HeldSyns keep it: an ICMP error, port unreachable,
// from the public address, back the way that the SYN has come.
#pragma once

#include "common/packet/packet.hpp"
#include "rs-dataplane/napt/held_syns.hpp"
#include "rs-dataplane/napt/inner_packet.hpp"

namespace ntm::relay {

// Makes a frame with the answer of the SYN's own, which stands at `inner_at` as it was read. False: it
// gets none.
[[nodiscard]] bool make_refusal(Packet& packet, const napt::InnerPacket& syn) noexcept;

[[nodiscard]] Packet see_as_packet(napt::Refusal& refusal) noexcept;

}  // namespace ntm::relay
