// SPDX-License-Identifier: BSD-3-Clause
// Start of DPDK's environment: memory, lcores, devices allowed. Once in a process, from main().
#pragma once

#include "common/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ntm::dpdk {

enum class HugepagePolicy : std::uint8_t {
    if_there,  // ordinary pages, with a warning, where there are too few; not with a PCI device
    required,
    none,
};

struct EalConfig {
    std::string program;      // argv[0] for EAL
    std::string file_prefix;  // tells processes of one machine apart
    unsigned workers = 1;     // lcores besides the main one, which is the control thread's
    HugepagePolicy hugepages = HugepagePolicy::if_there;
    std::size_t huge_megabytes = 256;          // what EAL must have in hugepages,
    std::size_t ordinary_megabytes = 256;      // or in ordinary pages
    std::size_t bytes_beside = 0;              // what stands beside it, in ordinary pages
    std::vector<std::string> pci_devices;      // none: the PCI bus is left alone
    std::vector<std::string> extra_arguments;  // appended; lcores given here replace ours
};

// Those of EAL, of libraries and of the program itself, besides the workers.
inline constexpr unsigned other_threads = 8;

struct EalStart {
    bool has_hugepages = false;
    std::vector<std::string> warnings;  // for the log
    std::vector<unsigned> worker_lcores;
};

// On which CPU each worker's lcore runs unless the extra arguments choose lcores: the second of those
// that this process may use, and so on.
[[nodiscard]] std::vector<unsigned> worker_cpus(unsigned workers);
// All that this process may use: the main lcore, which sleeps most of its time, floats over them.
[[nodiscard]] std::vector<unsigned> allowed_cpus();
[[nodiscard]] bool chooses_lcores(const std::vector<std::string>& arguments);

// In ordinary pages: what stands beside EAL, and EAL's memory too if it is not in hugepages.
[[nodiscard]] std::size_t ordinary_bytes(const EalConfig& config, bool has_hugepages) noexcept;

// The error is a sentence, with the command that fixes it where there is one.
[[nodiscard]] Result<EalStart, std::string> start_eal(const EalConfig& config);
void stop_eal() noexcept;

}  // namespace ntm::dpdk
