// SPDX-License-Identifier: BSD-3-Clause
// The configuration in force, as `ntmctl config` shows it and a reload compares it.
#pragma once

#include "client/node/config.hpp"
#include "common/admin/message.hpp"

namespace ntm::client {

// With all defaults, keys as in node.yaml; of the private key, the public one.
[[nodiscard]] admin::Json config_json(const NodeConfig& config);

// What can change while the program runs; the rest waits for a restart.
void take_over(NodeConfig& running, const NodeConfig& read);

}  // namespace ntm::client
