// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/eal_need.hpp"

#include "control/nat_recorder.hpp"
#include "control/path_book.hpp"
#include "control/table_keeper.hpp"
#include "rs-dataplane/kept.hpp"
#include "rs-dataplane/napt_of.hpp"

namespace ntm {

namespace {

dpdk::HugepagePolicy policy_of(control::Hugepages hugepages) {
    switch (hugepages) {
        case control::Hugepages::required:
            return dpdk::HugepagePolicy::required;
        case control::Hugepages::none:
            return dpdk::HugepagePolicy::none;
        case control::Hugepages::if_there:
            break;
    }
    return dpdk::HugepagePolicy::if_there;
}

}  // namespace

dpdk::MemoryNeed memory_need_of(const control::RelayConfig& config, dpdk::Pages pages) {
    dpdk::RelaySize size{config.ports.size(), config.workers, config.path_capacity};
    if (config.napt) {
        const dpdk::NaptConfig napt = napt_of(*config.napt);
        size.napt = napt.plan;
        size.fragments = napt.fragments;
        size.tells_napt_events = napt.tells_events;
    }
    dpdk::MemoryNeed need = dpdk::memory_need(size, pages);
    if (!config.state_file.empty()) {
        need.parts.push_back({"state file", Kept::bytes_for(config), false});
    }
    return need;
}

std::size_t control_bytes(const control::RelayConfig& config) {
    const std::uint32_t paths = config.path_capacity;
    const bool has_records = config.napt && config.napt->records;
    return control::PathBook::bytes_for(paths) + control::TableKeeper::bytes_for(paths) +
           (config.napt ? control::PathBook::bytes_for_ends(paths) : 0) +
           (has_records ? control::NatRecorder::bytes_for(paths) : 0);
}

dpdk::EalConfig eal_config_of(const control::RelayConfig& config) {
    dpdk::EalConfig eal;
    eal.program = "ntm-relay";
    eal.file_prefix = config.file_prefix;
    eal.workers = config.workers;
    eal.hugepages = policy_of(config.hugepages);
    const dpdk::MemoryNeed need = memory_need_of(config, dpdk::Pages::ordinary);
    eal.ordinary_megabytes = dpdk::eal_megabytes(need);
    eal.huge_megabytes = dpdk::eal_megabytes(memory_need_of(config, dpdk::Pages::huge));
    eal.bytes_beside = need.table_bytes() + control_bytes(config);
    for (const control::PortConfig& port : config.ports) {
        if (port.kind == control::PortKind::pci) {
            eal.pci_devices.push_back(port.device);
        }
    }
    eal.extra_arguments = config.extra_eal_args;
    return eal;
}

}  // namespace ntm
