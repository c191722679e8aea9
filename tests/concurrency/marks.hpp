// SPDX-License-Identifier: BSD-3-Clause
// Table entries, settings and frames whose parts all say the same number, so that one that is read
// while it changes shows.
#pragma once

#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/relay_path.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <algorithm>
#include <array>

namespace ntm::concurrency {

using Mark = std::uint16_t;  // from 1 to below `marks`
inline constexpr Mark marks = 60'000;

inline const Endpoint relay_endpoint = *Endpoint::parse("198.51.100.20:9770");

// Every second mark's path has moved, and so an entry with a PreviousSource.
[[nodiscard]] inline tables::RelayPath marked_path(PathId id, Mark mark) {
    const Endpoint node{Ipv4Address::from_host(0x0a000000U | mark), Port{mark}};
    tables::RelayLeg leg{true, node, relay_endpoint, {}, {}, mark};
    if (mark % 2 == 0) {
        leg.previous_remote = node;
        leg.previous_local = relay_endpoint;
    }
    return {id, {{leg, leg}}};
}

[[nodiscard]] inline bool is_whole(const tables::Passage& passage, PathId id, Mark mark) noexcept {
    const auto address = load<Ipv4Address>(passage.to_address.data() + 4).to_host();
    const bool has_moved = passage.previous != nullptr;
    return passage.path_id == id && passage.next_hop == mark && address == (0x0a000000U | mark) &&
           load<Be16>(passage.to_ports.data() + 2).to_host() == mark &&
           has_moved == (mark % 2 == 0) &&
           (!has_moved || passage.previous->port == Be16::from_host(mark).raw());
}

[[nodiscard]] inline bool is_whole(const tables::RelayEntry& entry, PathId id) noexcept {
    const Mark mark = entry.passages[0].next_hop;
    return is_whole(entry.passages[0], id, mark) && is_whole(entry.passages[1], id, mark);
}

[[nodiscard]] inline relay::Settings marked_settings(Mark mark) {
    relay::Settings settings;
    settings.ntm_port = Port{mark};
    settings.boot_id = {mark};
    settings.next_hops.resize(8);
    for (relay::NextHop& next_hop : settings.next_hops) {
        next_hop.port = mark;
    }
    settings.sessions = relay::SessionSet{{SessionId{mark}}};
    return settings;
}

[[nodiscard]] inline bool is_whole(const relay::Settings& settings) noexcept {
    const Mark mark = settings.ntm_port.number;
    return settings.boot_id == BootId{mark} && settings.sessions.contains({mark}) &&
           std::ranges::all_of(settings.next_hops, [mark](const relay::NextHop& next_hop) {
               return next_hop.port == mark;
           });
}

// A frame says which of its row it is, so that a lost or overtaken one shows too.
using MarkedFrame = std::array<std::uint8_t, 60>;

[[nodiscard]] inline MarkedFrame marked_frame(std::uint32_t number) noexcept {
    MarkedFrame frame;
    for (std::size_t i = 0; i < frame.size(); i += sizeof number) {
        store(frame.data() + i, number);
    }
    return frame;
}

[[nodiscard]] inline bool is_frame(ByteView frame, std::uint32_t number) noexcept {
    return std::ranges::equal(frame, marked_frame(number));
}

}  // namespace ntm::concurrency
