// SPDX-License-Identifier: BSD-3-Clause
// Provisioning of a swarm, faster than by hand.
#pragma once

#include "common/base/result.hpp"

#include <cstdint>
#include <string>

namespace ntm::swarm {

// Adds the nodes to the store of a DC that is not running. The error is a sentence.
[[nodiscard]] Result<Nothing, std::string> fill(
    const std::string& store, const std::string& zone, std::uint32_t count
);

}  // namespace ntm::swarm
