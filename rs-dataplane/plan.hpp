// SPDX-License-Identifier: BSD-3-Clause
// What a relay of this configuration would take of this machine, for `ntm-relay --plan`: told from
// files of the kernel, without EAL, hugepages or any right.
#pragma once

#include "common/admin/message.hpp"
#include "control/config.hpp"

namespace ntm {

// Ports with their queues, workers with their lcores, NUMA nodes, memory, hugepages, and under
// "missing" why the relay would not start, each with the command that helps.
[[nodiscard]] admin::Json plan_json(const control::RelayConfig& config);

}  // namespace ntm
