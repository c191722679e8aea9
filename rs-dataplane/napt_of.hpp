// SPDX-License-Identifier: BSD-3-Clause
// The data plane's NAPT as the configuration wants it.
#pragma once

#include "control/napt_config.hpp"
#include "rs-dataplane/dpdk/dataplane.hpp"

namespace ntm {

[[nodiscard]] dpdk::NaptConfig napt_of(const control::NaptConfig& config);

}  // namespace ntm
