// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/ordinary_memory.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include <sys/resource.h>
#include <unistd.h>

namespace ntm::dpdk {

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
// The version 1 files say "no limit" by a number near the largest there is.
constexpr std::size_t no_limit = std::size_t{1} << 60;
constexpr std::size_t usual_stack = 8 * mebibyte;
// Of the address space: DPDK's drivers, and the heaps that the C library begins for threads.
constexpr std::size_t for_libraries = 96 * mebibyte;

std::optional<std::size_t> number_in(const std::filesystem::path& file) {
    std::ifstream in{file};
    std::string word;
    std::size_t number = 0;
    if (!(in >> word)) {
        return std::nullopt;
    }
    const char* const end = word.data() + word.size();
    const auto [stopped, error] = std::from_chars(word.data(), end, number);
    return error == std::errc{} && stopped == end ? std::optional{number} : std::nullopt;
}

// The number behind a word of a file of "word number" lines.
std::size_t number_behind(const std::filesystem::path& file, std::string_view word) {
    std::ifstream in{file};
    std::string line;
    while (std::getline(in, line)) {
        std::istringstream words{line};
        std::string first;
        std::size_t number = 0;
        if (words >> first >> number && first == word) {
            return number;
        }
    }
    return 0;
}

struct GroupFiles {
    const char* limit;
    const char* usage;
    const char* reclaimable;  // in memory.stat: what the kernel takes back before it kills
};

std::optional<MemoryLimit> limit_of_group(
    const std::filesystem::path& folder, const std::string& name, const GroupFiles& files
) {
    const auto limit = number_in(folder / files.limit);
    if (!limit || *limit >= no_limit) {
        return std::nullopt;
    }
    const std::size_t used = number_in(folder / files.usage).value_or(0);
    const std::size_t reclaimable = number_behind(folder / "memory.stat", files.reclaimable);
    const std::size_t firm = used - std::min(used, reclaimable);
    return MemoryLimit{
        *limit - std::min(*limit, firm),
        "the control group " + name,
        "raise " + (folder / files.limit).string()};
}

// The group and all that it lies in. Where a container hides them, its own root is the group.
void add_groups(
    const std::filesystem::path& mount,
    const std::string& group,
    const GroupFiles& files,
    std::vector<MemoryLimit>& limits
) {
    std::filesystem::path path{group};
    std::error_code failed;
    while (path.has_relative_path()) {
        const auto folder = mount / path.relative_path();
        if (auto limit = limit_of_group(folder, path.string(), files)) {
            limits.push_back(*std::move(limit));
        }
        path = path.parent_path();
    }
    if (auto limit = limit_of_group(mount, "/", files)) {
        limits.push_back(*std::move(limit));
    }
}

// Lines are "0::/path" for version 2 and "4:memory:/path" for version 1.
void add_all_groups(const std::filesystem::path& root, std::vector<MemoryLimit>& limits) {
    std::ifstream in{root / "proc/self/cgroup"};
    std::string line;
    while (std::getline(in, line)) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (second == std::string::npos) {
            continue;
        }
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const std::string group = line.substr(second + 1);
        if (controllers.empty()) {
            add_groups(
                root / "sys/fs/cgroup",
                group,
                {"memory.max", "memory.current", "inactive_file"},
                limits
            );
        } else if (controllers.find("memory") != std::string::npos) {
            add_groups(
                root / "sys/fs/cgroup/memory",
                group,
                {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"},
                limits
            );
        }
    }
}

void add_address_space(
    unsigned threads, const std::filesystem::path& root, std::vector<MemoryLimit>& limits
) {
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return;
    }
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t used = number_in(root / "proc/self/statm").value_or(0) * page;
    rlimit stack{};
    const bool is_known = getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur != RLIM_INFINITY;
    const std::size_t stacks = (is_known ? stack.rlim_cur : usual_stack) * threads;
    limits.push_back(
        {limit.rlim_cur - std::min<std::size_t>(limit.rlim_cur, used + stacks + for_libraries),
         "the limit of its address space",
         "ulimit -v unlimited"}
    );
}

}  // namespace

std::vector<MemoryLimit> memory_limits(unsigned threads, const std::filesystem::path& root) {
    std::vector<MemoryLimit> limits;
    if (const std::size_t kilobytes = number_behind(root / "proc/meminfo", "MemAvailable:")) {
        limits.push_back({kilobytes * 1024, "the machine", ""});
    }
    add_all_groups(root, limits);
    add_address_space(threads, root, limits);
    std::ranges::stable_sort(limits, {}, &MemoryLimit::bytes);
    return limits;
}

std::string memory_lack(const std::vector<MemoryLimit>& limits, std::size_t needed) {
    if (limits.empty() || limits.front().bytes >= needed) {
        return {};
    }
    const MemoryLimit& least = limits.front();
    return std::to_string((needed + mebibyte - 1) / mebibyte) + " MiB of memory are needed, and " +
           least.whose + " leaves " + std::to_string(least.bytes / mebibyte) +
           " MiB: lower paths: capacity" + (least.fix.empty() ? "" : ", or " + least.fix);
}

}  // namespace ntm::dpdk
