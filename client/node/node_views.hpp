// SPDX-License-Identifier: BSD-3-Clause
// What ntmctl shows of a node, as JSON.
#pragma once

#include "client/node/resolver.hpp"
#include "client/node/tunnel_manager.hpp"
#include "common/admin/message.hpp"

namespace ntm::client {

[[nodiscard]] admin::Json status_json(const NodeStatus& status);
// args: as in common/admin/path_show.hpp.
[[nodiscard]] admin::Answer paths_json(const std::vector<PathView>& paths, const admin::Json& args);
[[nodiscard]] admin::Json counters_json(
    const NodeCounters& node, const protocol::SignalingCounters& signaling
);
[[nodiscard]] admin::Json resolver_json(const ResolverCounters& counters);

}  // namespace ntm::client
