// SPDX-License-Identifier: BSD-3-Clause
// The simulation's program: googletest with `--seed N` (or NTM_SIMULATION_SEED) to run every test
// with that one seed. Starts EAL without hugepages for the relay table's rte_hash; needs no root.
#include "tests/simulation/world/seeds.hpp"

#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include <rte_eal.h>

namespace {

bool start_eal() {
    std::string prefix = "--file-prefix=ntm-simulation-" + std::to_string(getpid());
    std::array<std::string, 8> words{
        "simulation",
        "--no-huge",
        "--no-shconf",
        "--no-pci",
        "--no-telemetry",
        "--log-level=error",
        "--lcores=0",
        std::move(prefix)};
    std::array<char*, words.size()> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i) {
        arguments[i] = words[i].data();
    }
    return rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) >= 0;
}

}  // namespace

int main(int count, char** arguments) {
    testing::InitGoogleTest(&count, arguments);
    for (int i = 1; i + 1 < count; ++i) {
        if (std::strcmp(arguments[i], "--seed") == 0) {
            ntm::simulation::choose_seed(arguments[i + 1]);
        }
    }
    if (!start_eal()) {
        std::fprintf(stderr, "EAL does not start without hugepages; see its message above\n");
        return 1;
    }
    const int result = RUN_ALL_TESTS();
    rte_eal_cleanup();
    return result;
}
