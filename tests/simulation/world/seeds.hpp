// SPDX-License-Identifier: BSD-3-Clause
// Which seeds a test runs. A failing one is printed with the command that runs only it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ntm::simulation {

// From the command line; the environment's NTM_SIMULATION_SEED counts otherwise.
void choose_seed(const std::string& text);
// The chosen seed alone, or 1 to `count`, times NTM_SIMULATION_MORE if that is set.
[[nodiscard]] std::vector<std::uint64_t> seeds(std::uint64_t count);
// For SCOPED_TRACE.
[[nodiscard]] std::string replay_hint(std::uint64_t seed);

}  // namespace ntm::simulation
