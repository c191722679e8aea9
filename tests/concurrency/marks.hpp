// SPDX-License-Identifier: BSD-3-Clause
// Table entries, settings and frames whose parts all say the same number, so that one that is read
// while it changes shows.
#pragma once

#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/relay_path.hpp"
#include "rs-dataplane/tables/relay_table.hpp"
#include "rs-dataplane/tables/tunnel_end.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace ntm::concurrency {

using Mark = std::uint16_t;  // from 1 to below `marks`
inline constexpr Mark marks = 60'000;

inline const Endpoint relay_endpoint = *Endpoint::parse("198.51.100.20:9770");

// Every third mark's path ends at the relay.
[[nodiscard]] constexpr bool has_end(Mark mark) noexcept {
    return mark % 3 == 0;
}

[[nodiscard]] inline Secret<crypto::longest_key> marked_key(Mark mark, Role role) noexcept {
    Secret<crypto::longest_key> key;
    const auto byte = static_cast<std::uint8_t>(mark + static_cast<unsigned>(role));
    std::ranges::fill(key.mutable_view(), byte);
    return key;
}

// Its keys are its own: they go when the last entry of the path goes.
[[nodiscard]] inline tables::PathEnd marked_end(Mark mark) {
    auto keys = std::make_shared<tables::EndKeys>();
    keys->opening.key.bytes = marked_key(mark, Role::initiator);
    keys->sealing.key.bytes = marked_key(mark, Role::responder);
    const IpAddress node = Ipv4Address::from_host(0x0b000000U | mark);
    return {mark, std::move(keys), {{node, node, mark}}};
}

// Every second mark's path has moved, and so an entry with a PreviousSource.
[[nodiscard]] inline tables::RelayPath marked_path(PathId id, Mark mark) {
    const Endpoint node{Ipv4Address::from_host(0x0a000000U | mark), Port{mark}};
    tables::RelayLeg leg{true, node, relay_endpoint, {}, {}, mark};
    if (mark % 2 == 0) {
        leg.previous_remote = node;
        leg.previous_local = relay_endpoint;
    }
    if (has_end(mark)) {
        return {id, {{leg, {}}}, marked_end(mark)};
    }
    return {id, {{leg, leg}}};
}

[[nodiscard]] inline bool has_whole_previous(const tables::Passage& passage, Mark mark) noexcept {
    const bool has_moved = passage.previous != nullptr;
    return has_moved == (mark % 2 == 0) &&
           (!has_moved || passage.previous->port == Be16::from_host(mark).raw());
}

[[nodiscard]] inline bool has_whole_target(const tables::Passage& passage, Mark mark) noexcept {
    const auto address = load<Ipv4Address>(passage.to_address.data() + 4).to_host();
    return passage.next_hop == mark && address == (0x0a000000U | mark) &&
           load<Be16>(passage.to_ports.data() + 2).to_host() == mark;
}

[[nodiscard]] inline bool is_whole(const tables::TunnelEnd& end, Mark mark) noexcept {
    const tables::EndKeys& keys = *end.keys;
    const bool has_its_keys = keys.opening.key.bytes == marked_key(mark, Role::initiator) &&
                              keys.sealing.key.bytes == marked_key(mark, Role::responder);
    const tables::TunnelEnd::Way& way = end.way(Family::ipv4);
    return has_its_keys && end.subscriber == mark && way.exists && way.next_hop == mark;
}

[[nodiscard]] inline bool is_ended(const tables::RelayEntry& entry) noexcept {
    return entry.passages[0].kind == tables::PassageKind::ended;
}

[[nodiscard]] inline bool is_whole(const tables::RelayEntry& entry, PathId id) noexcept {
    const tables::Passage& up = entry.passages[0];
    const tables::Passage& down = entry.passages[1];
    const Mark mark = down.next_hop;
    if (up.path_id != id || down.path_id != id || is_ended(entry) != has_end(mark) ||
        !has_whole_previous(up, mark) || !has_whole_target(down, mark)) {
        return false;
    }
    if (is_ended(entry)) {
        return up.end(Role::initiator) == down.end(Role::responder) &&
               is_whole(*up.end(Role::initiator), mark);
    }
    return has_whole_target(up, mark) && has_whole_previous(down, mark);
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
