// SPDX-License-Identifier: BSD-3-Clause
// What a relay of a configuration asks of EAL and of the machine: a start takes it, and
// `ntm-relay --plan` shows it.
#pragma once

#include "control/config.hpp"
#include "rs-dataplane/dpdk/eal.hpp"
#include "rs-dataplane/dpdk/memory_need.hpp"

#include <cstddef>

namespace ntm {

[[nodiscard]] dpdk::MemoryNeed memory_need_of(
    const control::RelayConfig& config, dpdk::Pages pages
);

// What the control thread keeps of as many paths as there may be, taken as they come.
[[nodiscard]] std::size_t control_bytes(const control::RelayConfig& config);

[[nodiscard]] dpdk::EalConfig eal_config_of(const control::RelayConfig& config);

}  // namespace ntm
