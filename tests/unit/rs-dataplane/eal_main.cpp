// SPDX-License-Identifier: BSD-3-Clause
// main() of the tests that need DPDK's environment (rte_hash, rings, mbufs): ordinary pages, no
// shared files, no devices, no root. Each test program is a process of its own.
#include <array>
#include <cstdio>

#include <gtest/gtest.h>

#include <rte_eal.h>
#include <rte_log.h>

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    rte_log_set_global_level(RTE_LOG_ERR);
    std::array<const char*, 9> arguments{
        argv[0],
        "--no-huge",
        "--no-shconf",
        "--no-pci",
        "--no-telemetry",
        "-m",
        "256",
        "--lcores",
        "0@(0-1)"};
    if (rte_eal_init(arguments.size(), const_cast<char**>(arguments.data())) < 0) {
        std::fprintf(stderr, "EAL does not start\n");
        return 1;
    }
    const int failed = RUN_ALL_TESTS();
    rte_eal_cleanup();
    return failed;
}
