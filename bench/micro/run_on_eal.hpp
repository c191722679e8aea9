// SPDX-License-Identifier: BSD-3-Clause
// The benchmarks of one program, on DPDK's memory.
#pragma once

#include <functional>
#include <string>

namespace ntm::bench {

struct EalNeed {
    std::string file_prefix;
    unsigned megabytes = 0;  // huge pages if there are any, else ordinary ones
};

// `before_end` frees what lies in EAL's memory. Returns the program's exit status.
[[nodiscard]] int run_on_eal(
    int argc, char** argv, const EalNeed& need, const std::function<void()>& before_end = [] {}
);

}  // namespace ntm::bench
