// SPDX-License-Identifier: BSD-3-Clause
// Whether a packet of RS-N fits its way out, or goes on in fragments (RFC 791, RFC 4459, RFC 8200).
#pragma once

#include "common/packet/packet.hpp"
#include "rs-dataplane/relay/ended_packets.hpp"
#include "rs-dataplane/relay/fragment_cutter.hpp"

#include <algorithm>
#include <cstdint>

namespace ntm::relay {

// How long a fragment of the packet may be.
[[nodiscard]] inline std::uint16_t most_of_fragment(
    const EndedPackets& ended, std::size_t number
) noexcept {
    const std::uint16_t most = ended.most[number];
    return ended.longest_fragment == 0 ? most : std::min(most, ended.longest_fragment);
}

// Whether it may: as it came in some, or as IPv4 leaves it to a router.
[[nodiscard]] inline bool may_be_fragmented(
    const napt::InnerPacket& packet, const EndedPackets& ended
) noexcept {
    return ended.longest_fragment != 0 ||
           (packet.headers().family == Family::ipv4 && (*packet.at(6) & 0x40) == 0);
}

// none, fragmented, or too_big. What was put together is sent in frames of its own even where it fits.
[[nodiscard]] inline DropReason check_size(
    const Packet& packet, const EndedPackets& ended, std::size_t number
) noexcept {
    const std::size_t length = packet.length - inner_at;
    if (length <= ended.most[number] && ended.longest_fragment == 0) [[likely]] {
        return DropReason::none;
    }
    const std::uint16_t most = most_of_fragment(ended, number);
    const bool fits =
        length <= most || FragmentCutter::can_cut(packet.bytes().subspan(inner_at), most);
    return fits && may_be_fragmented(ended.inner[number], ended) ? DropReason::fragmented
                                                                 : DropReason::too_big;
}

}  // namespace ntm::relay
