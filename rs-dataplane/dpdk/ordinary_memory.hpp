// SPDX-License-Identifier: BSD-3-Clause
// What ordinary memory this process may still have, and who says so: the machine, its control groups
// (both versions), the limit of its address space. A mapping beyond the first two succeeds and the
// kernel kills the process later, so it must be known before.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace ntm::dpdk {

struct MemoryLimit {
    std::size_t bytes = 0;  // that are left
    std::string whose;      // "the control group /ntm"
    std::string fix;        // the command that gives more; empty: there is none
};

// The least first. What the stacks of so many threads will take of the address space is taken off
// already, for DPDK aborts where one can not begin. `root` stands for / in tests.
[[nodiscard]] std::vector<MemoryLimit> memory_limits(
    unsigned threads, const std::filesystem::path& root = "/"
);

// Why `needed` bytes can not be had; or nothing.
[[nodiscard]] std::string memory_lack(const std::vector<MemoryLimit>& limits, std::size_t needed);

}  // namespace ntm::dpdk
