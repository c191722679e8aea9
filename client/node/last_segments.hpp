// SPDX-License-Identifier: BSD-3-Clause
// The last TCP segment of each connection that went out by a path, to be sent once more when the path
// stands again or its peer is heard again. What was lost meanwhile TCP would miss only when its timer
// rings, which it doubles each time. The segment makes the other end answer at once: one that is in
// its place fills the gap, one that is ahead is acknowledged selectively (RFC 2018), upon which all
// before it counts as lost (RFC 8985), and an acknowledgement may be the one that was lost.
//
// Of at most 64 connections, those that sent last; and none for longer than 10 s.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/base/time.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace ntm::client {

class LastSegments {
  public:
    static constexpr std::size_t most_flows = 64;
    static constexpr Duration kept_for = std::chrono::seconds{10};

    // One whole IP packet. What is not TCP, or a fragment, is passed over.
    void note(PathId path_id, ByteView packet, Instant now) {
        const auto flow = flow_of(packet);
        if (!flow) {
            return;
        }
        Kept& place = place_of(path_id, *flow);
        place.path_id = path_id;
        place.flow = *flow;
        place.packet.assign(packet.begin(), packet.end());
        place.at = now;
    }
    // Those of this path, in the order in which they went out. They stay.
    [[nodiscard]] std::vector<Bytes> of(PathId path_id, Instant now) const {
        std::vector<const Kept*> found;
        for (const Kept& kept : kept_) {
            if (kept.path_id == path_id && now - kept.at < kept_for) {
                found.push_back(&kept);
            }
        }
        std::ranges::stable_sort(found, {}, &Kept::at);
        std::vector<Bytes> packets;
        for (const Kept* kept : found) {
            packets.push_back(kept->packet);
        }
        return packets;
    }

  private:
    // Version, ports and addresses as they are in the packet; of IPv4 the rest is zero.
    using Flow = std::array<std::uint8_t, 37>;
    struct Kept {
        PathId path_id;
        Flow flow{};
        Bytes packet;
        Instant at;
    };

    [[nodiscard]] static std::optional<Flow> flow_of(ByteView packet) noexcept {
        constexpr std::uint8_t tcp = 6;
        const bool is_ipv4 = !packet.empty() && packet[0] >> 4 == 4;
        const std::size_t least = is_ipv4 ? 20 : 40;
        if (packet.size() < least || packet[is_ipv4 ? 9 : 6] != tcp) {
            return std::nullopt;
        }
        const bool is_fragment = is_ipv4 && ((packet[6] & 0x3fU) != 0 || packet[7] != 0);
        const std::size_t header = is_ipv4 ? std::size_t{packet[0] & 0x0fU} * 4 : least;
        constexpr std::size_t ports = 4;
        if (is_fragment || packet.size() < header + ports) {
            return std::nullopt;
        }
        Flow flow{};
        const ByteView addresses = packet.subspan(is_ipv4 ? 12 : 8, is_ipv4 ? 8 : 32);
        flow[0] = packet[0] >> 4;
        const auto end = std::ranges::copy(packet.subspan(header, ports), flow.begin() + 1).out;
        std::ranges::copy(addresses, end);
        return flow;
    }
    // That of the flow if it has one, else a new one or the oldest.
    [[nodiscard]] Kept& place_of(PathId path_id, const Flow& flow) {
        const auto own = std::ranges::find_if(kept_, [&](const Kept& kept) {
            return kept.flow == flow && kept.path_id == path_id;
        });
        if (own != kept_.end()) {
            return *own;
        }
        if (kept_.size() < most_flows) {
            return kept_.emplace_back();
        }
        return *std::ranges::min_element(kept_, {}, &Kept::at);
    }

    std::vector<Kept> kept_;
};

}  // namespace ntm::client
