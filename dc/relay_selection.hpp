// SPDX-License-Identifier: BSD-3-Clause
// Which relay serves a path: pure, over what relays report and nodes measure
// (docs/architecture.md "Routes"). The path director calls it for each path that needs a relay.
#pragma once

#include "common/base/time.hpp"
#include "common/protocol/ntm.pb.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace ntm::dc {

struct Families {
    bool ipv4 = false;
    bool ipv6 = false;
    [[nodiscard]] bool meets(const Families& other) const noexcept {
        return (ipv4 && other.ipv4) || (ipv6 && other.ipv6);
    }
};

struct RelayOption {
    std::string name;
    bool is_alive = false;
    bool is_draining = false;
    bool is_excluded = false;  // has just refused or failed this path
    Families families;
    std::uint64_t paths = 0;
    std::uint64_t capacity_paths = 0;
    std::uint32_t busiest_worker_permille = 0;
    std::uint32_t napt_permille = 0;  // how full its NAPT is, if the path is to end there
    std::optional<Duration> initiator_rtt;
    std::optional<Duration> responder_rtt;
};

// Of that which is scarcest: mappings, sessions, or ports of those families of the general nodes of
// which there are any. If there are none, it is full.
[[nodiscard]] std::uint32_t fill_permille(
    const v1::NaptLoad& load, const Families& general_nodes
) noexcept;

// Whether the relay can serve a path between ends with these families at all.
[[nodiscard]] bool can_serve(
    const RelayOption& relay, const Families& initiator, const Families& responder
) noexcept;

// The position of the best relay, if one can serve: those whose NAPT has room, as far as the path
// needs it, before those that are full, then those with room to spare before loaded ones, then the
// least sum of round trips (measured before unmeasured), then the emptiest, then by name.
[[nodiscard]] std::optional<std::size_t> select_relay(
    std::span<const RelayOption> relays, const Families& initiator, const Families& responder
);

}  // namespace ntm::dc
