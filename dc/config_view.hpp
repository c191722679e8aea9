// SPDX-License-Identifier: BSD-3-Clause
// The configuration in force, as `ntmctl config` shows it and a reload compares it.
#pragma once

#include "common/admin/message.hpp"
#include "dc/config.hpp"

namespace ntm::dc {

// With all defaults, keys as in dc.yaml; of the private key, the public one.
[[nodiscard]] admin::Json config_json(const DcConfig& config);

// What can change while the program runs; the rest waits for a restart.
void take_over(DcConfig& running, const DcConfig& read);

}  // namespace ntm::dc
