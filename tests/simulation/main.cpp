// SPDX-License-Identifier: BSD-3-Clause
// The simulation's program: googletest with `--seed N` (or NTM_SIMULATION_SEED) to run every test
// with that one seed. Starts EAL without hugepages for the relay table's rte_hash; needs no root.
#include "tests/simulation/eal.hpp"
#include "tests/simulation/world/seeds.hpp"

#include <cstdio>
#include <cstring>

#include <gtest/gtest.h>

#include <rte_eal.h>

int main(int count, char** arguments) {
    testing::InitGoogleTest(&count, arguments);
    for (int i = 1; i + 1 < count; ++i) {
        if (std::strcmp(arguments[i], "--seed") == 0) {
            ntm::simulation::choose_seed(arguments[i + 1]);
        }
    }
    if (!ntm::simulation::start_eal("simulation")) {
        std::fprintf(stderr, "EAL does not start without hugepages; see its message above\n");
        return 1;
    }
    const int result = RUN_ALL_TESTS();
    rte_eal_cleanup();
    return result;
}
