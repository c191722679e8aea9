// SPDX-License-Identifier: BSD-3-Clause
// A coordinator's state as JSON, for ntmctl. Keys carry their units. No secret is ever in it.
#pragma once

#include "common/admin/message.hpp"
#include "common/base/time.hpp"
#include "dc/coordinator.hpp"

namespace ntm::dc {

[[nodiscard]] admin::Json show_status(const Coordinator& coordinator, Instant now);
[[nodiscard]] admin::Json show_nodes(const Coordinator& coordinator, Instant now);
[[nodiscard]] admin::Json show_relays(const Coordinator& coordinator, Instant now);
// args: as in common/admin/path_show.hpp.
[[nodiscard]] admin::Answer show_paths(
    const Coordinator& coordinator, const admin::Json& args, Instant now
);

}  // namespace ntm::dc
