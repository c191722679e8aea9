// SPDX-License-Identifier: BSD-3-Clause
// EAL without hugepages, root or anything else: for the relay table's rte_hash.
#pragma once

#include <array>
#include <string>
#include <utility>

#include <unistd.h>

#include <rte_eal.h>

namespace ntm::simulation {

// Once a process, of which EAL's files bear the name.
inline bool start_eal(const std::string& name) {
    std::array<std::string, 8> words{
        name,
        "--no-huge",
        "--no-shconf",
        "--no-pci",
        "--no-telemetry",
        "--log-level=error",
        "--lcores=0",
        "--file-prefix=ntm-" + name + "-" + std::to_string(getpid())};
    std::array<char*, words.size()> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i) {
        arguments[i] = words[i].data();
    }
    return rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) >= 0;
}

}  // namespace ntm::simulation
