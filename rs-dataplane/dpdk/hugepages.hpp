// SPDX-License-Identifier: BSD-3-Clause
// What hugepages there are before EAL takes them, and what to do where there are too few.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace ntm::dpdk {

struct HugepageStock {
    std::size_t page_kilobytes = 2048;  // of the size that /proc/sys/vm/nr_hugepages counts
    std::size_t pages = 0;              // of that size
    std::size_t free_megabytes = 0;     // of all sizes
    bool is_mounted = false;            // there is a hugetlbfs
};

// Removes what a killed run with this file prefix has left in each hugetlbfs, for its pages count as
// taken until then. EAL would do so too, but only once it has been told to use hugepages.
void free_dead_pages(const std::string& file_prefix);
// In one folder: those files of the prefix that no living process holds a lock on. Returns how many.
std::size_t free_dead_pages(const std::filesystem::path& folder, const std::string& file_prefix);

[[nodiscard]] HugepageStock read_hugepage_stock();

struct HugepageSize {
    std::size_t kilobytes = 0;
    std::size_t pages = 0;
    std::size_t free = 0;
};
// Each size that the kernel has, the smallest first.
[[nodiscard]] std::vector<HugepageSize> hugepage_sizes();

// Why `needed` megabytes of hugepages can not be had, with the command that changes it; or nothing.
[[nodiscard]] std::string hugepage_lack(const HugepageStock& stock, std::size_t needed);

}  // namespace ntm::dpdk
