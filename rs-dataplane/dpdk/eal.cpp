// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/eal.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include <sched.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_pdump.h>

namespace ntm::dpdk {

namespace {

std::size_t read_number(const std::filesystem::path& file) {
    std::ifstream in{file};
    std::size_t number = 0;
    in >> number;
    return in ? number : 0;
}

// Of all sizes together, as the kernel counts them.
std::size_t free_hugepage_megabytes() {
    std::size_t kilobytes = 0;
    std::error_code failed;
    const std::filesystem::path root{"/sys/kernel/mm/hugepages"};
    for (const auto& entry : std::filesystem::directory_iterator{root, failed}) {
        const std::string name = entry.path().filename();  // hugepages-2048kB
        constexpr std::string_view prefix = "hugepages-";
        std::size_t size = 0;
        if (name.rfind(prefix, 0) == 0) {
            std::from_chars(name.data() + prefix.size(), name.data() + name.size(), size);
        }
        kilobytes += size * read_number(entry.path() / "free_hugepages");
    }
    return kilobytes / 1024;
}

bool has_hugepage_mount() {
    std::ifstream mounts{"/proc/mounts"};
    std::string line;
    while (std::getline(mounts, line)) {
        if (line.find(" hugetlbfs ") != std::string::npos) {
            return true;
        }
    }
    return false;
}

// Why hugepages can not be used, or nothing.
std::string hugepage_lack(std::size_t needed) {
    const std::size_t pages = (needed + 1) / 2;
    const std::size_t free_now = free_hugepage_megabytes();
    if (free_now < needed) {
        return std::to_string(free_now) + " MiB of hugepages are free and " +
               std::to_string(needed) + " MiB are needed: echo " + std::to_string(pages) +
               " > /proc/sys/vm/nr_hugepages";
    }
    if (!has_hugepage_mount()) {
        return "no hugetlbfs is mounted: mount -t hugetlbfs none /dev/hugepages";
    }
    return {};
}

std::vector<unsigned> allowed_cpus() {
    std::vector<unsigned> cpus;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
            if (CPU_ISSET(cpu, &set)) {
                cpus.push_back(cpu);
            }
        }
    }
    return cpus.empty() ? std::vector<unsigned>{0} : cpus;
}

// The main lcore floats over all CPUs, since it sleeps most of its time; each worker is pinned to
// one, beginning with the second.
std::string lcore_map(unsigned workers) {
    const std::vector<unsigned> cpus = allowed_cpus();
    std::string map = "0@(";
    for (std::size_t i = 0; i < cpus.size(); ++i) {
        map += (i == 0 ? "" : ",") + std::to_string(cpus[i]);
    }
    map += ")";
    for (unsigned worker = 0; worker < workers; ++worker) {
        map += "," + std::to_string(worker + 1) + "@" +
               std::to_string(cpus[(worker + 1) % cpus.size()]);
    }
    return map;
}

bool chooses_lcores(const std::vector<std::string>& arguments) {
    return std::ranges::any_of(arguments, [](const std::string& argument) {
        return argument.rfind("-l", 0) == 0 || argument.rfind("-c", 0) == 0 ||
               argument.rfind("--lcores", 0) == 0;
    });
}

std::vector<std::string> arguments_of(const EalConfig& config, bool use_hugepages) {
    std::vector<std::string> arguments{config.program, "--file-prefix=" + config.file_prefix};
    if (!use_hugepages) {
        arguments.insert(
            arguments.end(), {"--no-huge", "-m", std::to_string(config.memory_megabytes)}
        );
    }
    if (config.pci_devices.empty()) {
        arguments.emplace_back("--no-pci");
    }
    for (const std::string& device : config.pci_devices) {
        arguments.insert(arguments.end(), {"-a", device});
    }
    if (!chooses_lcores(config.extra_arguments)) {
        arguments.push_back("--lcores=" + lcore_map(config.workers));
    }
    arguments.insert(arguments.end(), config.extra_arguments.begin(), config.extra_arguments.end());
    return arguments;
}

Result<std::vector<unsigned>, std::string> choose_worker_lcores(unsigned wanted) {
    std::vector<unsigned> lcores;
    unsigned lcore = 0;
    RTE_LCORE_FOREACH_WORKER(lcore) {
        lcores.push_back(lcore);
    }
    if (lcores.size() < wanted) {
        return Unexpected{
            "EAL has " + std::to_string(lcores.size()) + " lcores for " + std::to_string(wanted) +
            " workers: give one more than there are workers"};
    }
    lcores.resize(wanted);
    return lcores;
}

}  // namespace

Result<EalStart, std::string> start_eal(const EalConfig& config) {
    EalStart start;
    start.has_hugepages = config.hugepages != HugepagePolicy::none;
    const std::string lack =
        start.has_hugepages ? hugepage_lack(config.memory_megabytes) : std::string{};
    if (!lack.empty()) {
        if (config.hugepages == HugepagePolicy::required) {
            return Unexpected{"hugepages are required, but " + lack};
        }
        start.has_hugepages = false;
        start.warnings.push_back("going on with ordinary pages, which are slower: " + lack);
    }
    rte_log_set_global_level(RTE_LOG_WARNING);
    // EAL keeps pointers into the arguments for the life of the process.
    static std::vector<std::string> arguments;
    arguments = arguments_of(config, start.has_hugepages);
    static std::vector<char*> pointers;
    pointers.clear();
    for (std::string& argument : arguments) {
        pointers.push_back(argument.data());
    }
    if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) < 0) {
        return Unexpected{std::string{"DPDK did not start: "} + rte_strerror(rte_errno)};
    }
    if (rte_pdump_init() != 0) {
        start.warnings.emplace_back("dpdk-dumpcap will not work: pdump did not start");
    }
    auto lcores = choose_worker_lcores(config.workers);
    if (!lcores) {
        return Unexpected{lcores.error()};
    }
    start.worker_lcores = std::move(*lcores);
    return start;
}

void stop_eal() noexcept {
    rte_pdump_uninit();
    rte_eal_cleanup();
}

}  // namespace ntm::dpdk
