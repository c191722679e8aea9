// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/plan.hpp"

#include "rs-dataplane/dpdk/eal.hpp"
#include "rs-dataplane/dpdk/hugepages.hpp"
#include "rs-dataplane/dpdk/netdev.hpp"
#include "rs-dataplane/dpdk/ordinary_memory.hpp"
#include "rs-dataplane/dpdk/port.hpp"
#include "rs-dataplane/eal_need.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>

namespace ntm {

namespace {

using admin::Json;
namespace fs = std::filesystem;

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr const char* unknown = "unknown";

// The kernel says -1 where there is one node only, or none that it knows.
Json node_in(const fs::path& file) {
    std::ifstream in{file};
    int node = -1;
    return in >> node && node >= 0 ? Json(node) : Json(unknown);
}

Json node_of_cpu(unsigned cpu) {
    const fs::path folder = "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator{folder, failed}) {
        const std::string name = entry.path().filename();
        if (name.starts_with("node")) {
            int node = 0;
            std::from_chars(name.data() + 4, name.data() + name.size(), node);
            return node;
        }
    }
    return unknown;
}

const char* driver_of(control::PortKind kind) {
    switch (kind) {
        case control::PortKind::af_xdp:
            return "af_xdp";
        case control::PortKind::af_packet:
            return "af_packet";
        case control::PortKind::pci:
            return "pci";
        case control::PortKind::vdev:
            break;
    }
    return "vdev";
}

Json port_json(const control::PortConfig& port) {
    Json json{
        {"port", port.device},
        {"driver", driver_of(port.kind)},
        {"tap", port.tap},
        {"queues", port.queues},
        {"descriptors_each", dpdk::ring_size},
        {"numa_node", unknown}};
    if (port.kind == control::PortKind::pci) {
        json["numa_node"] = node_in("/sys/bus/pci/devices/" + port.device + "/numa_node");
    } else if (port.kind != control::PortKind::vdev) {
        json["numa_node"] = node_in("/sys/class/net/" + port.device + "/device/numa_node");
    }
    return json;
}

Json workers_json(const control::RelayConfig& config) {
    Json list = Json::array();
    const bool is_chosen = dpdk::chooses_lcores(config.extra_eal_args);
    const std::vector<unsigned> cpus = dpdk::worker_cpus(config.workers);
    for (unsigned worker = 0; worker < config.workers; ++worker) {
        Json json{
            {"worker", worker},
            {"lcore", worker + 1},
            {"cpu", cpus[worker]},
            {"numa_node", node_of_cpu(cpus[worker])},
            {"queue_of_each_port", worker}};
        if (is_chosen) {
            json["lcore"] = json["cpu"] = "as eal: extra_args says";
            json["numa_node"] = unknown;
        }
        list.push_back(std::move(json));
    }
    return list;
}

Json memory_json(
    const dpdk::MemoryNeed& need, const control::RelayConfig& config, bool has_hugepages
) {
    Json parts = Json::array();
    for (const dpdk::MemoryNeed::Part& part : need.parts) {
        const bool is_huge = part.is_of_eal && has_hugepages;
        parts.push_back(
            {{"what", part.what},
             {"size_bytes", part.bytes},
             {"pages", is_huge ? "hugepages" : "ordinary"},
             {"taken", "at the start"}}
        );
    }
    parts.push_back(
        {{"what", "control thread"},
         {"size_bytes", control_bytes(config)},
         {"pages", "ordinary"},
         {"taken", "as paths come, at most"}}
    );
    return parts;
}

void add_missing(Json& missing, const std::string& what) {
    if (!what.empty()) {
        missing.push_back(what);
    }
}

void add_missing_ports(const control::RelayConfig& config, Json& missing) {
    for (const control::PortConfig& port : config.ports) {
        std::error_code failed;
        if (port.kind == control::PortKind::pci &&
            !fs::exists("/sys/bus/pci/devices/" + port.device, failed)) {
            missing.push_back("there is no PCI device " + port.device + ": lspci -D");
        }
        const bool is_netdev =
            port.kind == control::PortKind::af_xdp || port.kind == control::PortKind::af_packet;
        if (is_netdev) {
            add_missing(missing, dpdk::netdev_obstacle(port.device));
        }
    }
}

Json hugepages_json(const control::RelayConfig& config, std::size_t megabytes, bool are_used) {
    Json json{
        {"wanted",
         config.hugepages == control::Hugepages::required ? "required"
         : config.hugepages == control::Hugepages::none   ? "none"
                                                          : "auto"},
        {"used", are_used}};
    Json sizes = Json::array();
    for (const dpdk::HugepageSize& size : dpdk::hugepage_sizes()) {
        const std::size_t kilobytes = std::max<std::size_t>(size.kilobytes, 1);
        sizes.push_back(
            {{"page_kibibytes", size.kilobytes},
             {"needed", (megabytes * 1024 + kilobytes - 1) / kilobytes},
             {"there", size.pages},
             {"free", size.free}}
        );
    }
    json["one_of"] = std::move(sizes);
    return json;
}

}  // namespace

Json plan_json(const control::RelayConfig& config) {
    const dpdk::EalConfig eal = eal_config_of(config);
    const std::string lack =
        eal.hugepages == dpdk::HugepagePolicy::none
            ? "not wanted"
            : dpdk::hugepage_lack(dpdk::read_hugepage_stock(), eal.huge_megabytes);
    const bool has_hugepages = lack.empty();
    const dpdk::MemoryNeed need =
        memory_need_of(config, has_hugepages ? dpdk::Pages::huge : dpdk::Pages::ordinary);
    Json missing = Json::array();
    add_missing_ports(config, missing);
    if (!has_hugepages && !eal.pci_devices.empty()) {
        add_missing(missing, "a PCI port needs hugepages: " + lack);
    } else if (!has_hugepages && eal.hugepages == dpdk::HugepagePolicy::required) {
        add_missing(missing, lack);
    }
    const auto limits = dpdk::memory_limits(config.workers + dpdk::other_threads);
    const std::size_t ordinary = dpdk::ordinary_bytes(eal, has_hugepages);
    add_missing(missing, dpdk::memory_lack(limits, ordinary));

    Json json{{"file", config.file}, {"paths", config.path_capacity}};
    json["eal_memory_bytes"] = need.eal_bytes();
    json["eal_reserve_bytes"] = dpdk::eal_megabytes(need) * mebibyte;
    json["table_memory_bytes"] = need.table_bytes();
    json["ordinary_memory_bytes"] = ordinary;
    json["available_memory_bytes"] = limits.empty() ? Json(unknown) : Json(limits.front().bytes);
    json["available_by"] = limits.empty() ? Json(unknown) : Json(limits.front().whose);
    json["control_lcore"] = {{"lcore", 0}, {"cpus", dpdk::allowed_cpus()}};
    json["ports"] = Json::array();
    for (const control::PortConfig& port : config.ports) {
        json["ports"].push_back(port_json(port));
    }
    json["workers"] = workers_json(config);
    json["memory"] = memory_json(need, config, has_hugepages);
    json["hugepages"] = hugepages_json(config, eal.huge_megabytes, has_hugepages);
    json["missing"] = std::move(missing);
    return json;
}

}  // namespace ntm
