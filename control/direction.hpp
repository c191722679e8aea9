// SPDX-License-Identifier: BSD-3-Clause
// Relay Directions, read and checked as a whole before anything changes (docs/protocol.md section 4).
#pragma once

#include "common/base/address.hpp"
#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/base/secret.hpp"
#include "common/base/time.hpp"
#include "common/protocol/ntm.pb.h"
#include "control/end_order.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace ntm::control {

struct LegOrder {
    Secret32 secret;
    std::optional<Endpoint> proven;  // where the DC sees the node
};

struct PathOrder {
    PathId id;
    std::uint32_t revision = 0;
    // By Role. RS-N: the initiator's alone, and its secret is the path secret.
    std::array<LegOrder, 2> legs;
    std::optional<EndOrder> end;  // RS-N
    Duration lifetime{0};
};

// The error says which field is missing or wrong. `rules`: null if the relay has no NAPT, and thus ends
// no paths.
[[nodiscard]] Result<PathOrder, std::string> check_direction(
    const v1::RelayDirection& direction, const EndRules* rules
);

[[nodiscard]] v1::Address to_message(const Endpoint& endpoint);

}  // namespace ntm::control
