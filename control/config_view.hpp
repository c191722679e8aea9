// SPDX-License-Identifier: BSD-3-Clause
// The configuration in force, as `ntmctl config` shows it and a reload compares it.
#pragma once

#include "common/admin/message.hpp"
#include "control/config.hpp"

namespace ntm::control {

// With all defaults, keys as in relay.yaml; of the private key, the public one.
[[nodiscard]] admin::Json config_json(const RelayConfig& config);

// What can change while the program runs; the rest waits for a restart.
void take_over(RelayConfig& running, const RelayConfig& read);

}  // namespace ntm::control
