// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/eal.hpp"

#include "rs-dataplane/dpdk/hugepages.hpp"
#include "rs-dataplane/dpdk/ordinary_memory.hpp"

#include <algorithm>
#include <utility>

#include <sched.h>
#include <sys/resource.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_pdump.h>

namespace ntm::dpdk {

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

std::vector<unsigned> worker_cpus(unsigned workers) {
    const std::vector<unsigned> cpus = allowed_cpus();
    std::vector<unsigned> chosen;
    for (unsigned worker = 0; worker < workers; ++worker) {
        chosen.push_back(cpus[(worker + 1) % cpus.size()]);
    }
    return chosen;
}

bool chooses_lcores(const std::vector<std::string>& arguments) {
    return std::ranges::any_of(arguments, [](const std::string& argument) {
        return argument.rfind("-l", 0) == 0 || argument.rfind("-c", 0) == 0 ||
               argument.rfind("--lcores", 0) == 0;
    });
}

namespace {

std::string lcore_map(unsigned workers) {
    const std::vector<unsigned> cpus = allowed_cpus();
    std::string map = "0@(";
    for (std::size_t i = 0; i < cpus.size(); ++i) {
        map += (i == 0 ? "" : ",") + std::to_string(cpus[i]);
    }
    map += ")";
    unsigned lcore = 0;
    for (const unsigned cpu : worker_cpus(workers)) {
        map += "," + std::to_string(++lcore) + "@" + std::to_string(cpu);
    }
    return map;
}

std::vector<std::string> arguments_of(const EalConfig& config, bool use_hugepages) {
    std::vector<std::string> arguments{config.program, "--file-prefix=" + config.file_prefix};
    if (!use_hugepages) {
        arguments.insert(
            arguments.end(), {"--no-huge", "-m", std::to_string(config.ordinary_megabytes)}
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

struct ChosenPages {
    std::string warning;  // why they are ordinary ones; empty: hugepages
};

Result<ChosenPages, std::string> choose_pages(const EalConfig& config) {
    if (config.hugepages == HugepagePolicy::none) {
        return ChosenPages{"going on without hugepages, as configured: ordinary pages are slower"};
    }
    free_dead_pages(config.file_prefix);
    const std::string lack = hugepage_lack(read_hugepage_stock(), config.huge_megabytes);
    // A PCI device's own memory accesses go where the pages are, so these must stay where they are.
    if (!lack.empty() && !config.pci_devices.empty()) {
        return Unexpected{"a PCI port needs hugepages, but " + lack};
    }
    if (!lack.empty() && config.hugepages == HugepagePolicy::required) {
        return Unexpected{"hugepages are required, but " + lack};
    }
    return ChosenPages{lack.empty() ? "" : "going on without hugepages, which is slower: " + lack};
}

std::string why_it_did_not_start(bool has_hugepages) {
    const std::string why = std::string{"DPDK did not start: "} + rte_strerror(rte_errno);
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        return why +
               "; its address space is limited, and DPDK reserves much of it: ulimit -v "
               "unlimited";
    }
    return has_hugepages ? why + "; without hugepages it may: eal: { hugepages: none }" : why;
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

std::size_t ordinary_bytes(const EalConfig& config, bool has_hugepages) noexcept {
    return config.bytes_beside + (has_hugepages ? 0 : config.ordinary_megabytes << 20);
}

Result<EalStart, std::string> start_eal(const EalConfig& config) {
    EalStart start;
    auto pages = choose_pages(config);
    if (!pages) {
        return Unexpected{pages.error()};
    }
    start.has_hugepages = pages->warning.empty();
    if (const std::string lack = memory_lack(
            memory_limits(config.workers + other_threads),
            ordinary_bytes(config, start.has_hugepages)
        );
        !lack.empty()) {
        return Unexpected{lack};
    }
    if (!start.has_hugepages) {
        start.warnings.push_back(std::move(pages->warning));
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
        return Unexpected{why_it_did_not_start(start.has_hugepages)};
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
