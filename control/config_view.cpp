// SPDX-License-Identifier: BSD-3-Clause
#include "control/config_view.hpp"

#include "common/admin/texts.hpp"

namespace ntm::control {

namespace {

using admin::Json;
using admin::texts_of;

Json port_json(const PortConfig& port) {
    Json json;
    switch (port.kind) {
        case PortKind::af_xdp:
        case PortKind::af_packet:
            json["netdev"] = port.device;
            json["driver"] = port.kind == PortKind::af_xdp ? "af_xdp" : "af_packet";
            break;
        case PortKind::pci:
            json["pci"] = port.device;
            break;
        case PortKind::vdev:
            json["vdev"] = port.device;
            break;
    }
    json["tap"] = port.tap;
    json["addresses"] = texts_of(port.addresses);
    json["gateways"] = texts_of(port.gateways);
    json["queues"] = port.queues;
    if (port.mtu) {
        json["mtu"] = *port.mtu;
    }
    return json;
}

const char* text_of(Hugepages pages) {
    return pages == Hugepages::required ? "required" : pages == Hugepages::none ? "none" : "auto";
}

Json filters_json(const NaptFilters& filters) {
    return {{"udp", text_of(filters.udp)}, {"tcp", text_of(filters.tcp)}};
}

Json napt_json(const NaptConfig& napt) {
    Json json{
        {"addresses", texts_of(napt.addresses)},
        {"ports", {{"first", napt.first_port}, {"count", napt.ports}, {"block", napt.block_size}}},
        {"subscribers", napt.subscribers},
        {"mappings", napt.mappings},
        {"sessions", napt.sessions},
        {"subscriber_ports", napt.subscriber_ports},
        {"subscriber_sessions", napt.subscriber_sessions},
        {"subscriber_new_ports", napt.subscriber_new_ports},
        {"times",
         {{"udp", napt.times.udp},
          {"icmp", napt.times.icmp},
          {"tcp_transitory", napt.times.tcp_transitory},
          {"tcp_established", napt.times.tcp_established},
          {"port_rest", napt.times.port_rest}}},
        {"filters",
         {{"path", filters_json(napt.path_filters)}, {"exit", filters_json(napt.exit_filters)}}},
        {"fragments",
         {{"held", napt.fragments},
          {"of_a_source", napt.source_fragments},
          {"seconds", napt.fragment_seconds}}},
        {"allow", texts_of(napt.allow)}};
    if (napt.records) {
        json["records"] = records_json(*napt.records);
    }
    return json;
}

}  // namespace

Json config_json(const RelayConfig& config) {
    Json json{
        {"name", config.name},
        {"listen_port", config.listen_port.number},
        {"key_file", config.key_file},
        {"admin_socket", config.admin_socket}};
    if (config.own_key) {
        json["public_key"] = config.own_key->text();
    }
    if (!config.state_file.empty()) {
        json["state_file"] = config.state_file;
    }
    json["dcs"] = Json::array();
    for (const DcConfig& dc : config.dcs) {
        json["dcs"].push_back(
            {{"name", dc.name}, {"key", dc.key.text()}, {"addresses", texts_of(dc.addresses)}}
        );
    }
    json["ports"] = Json::array();
    for (const PortConfig& port : config.ports) {
        json["ports"].push_back(port_json(port));
    }
    json["workers"] = {{"count", config.workers}, {"idle_sleep", config.idle_sleep}};
    json["paths"] = {
        {"capacity", config.path_capacity}, {"suites", crypto::texts_of(config.suites)}};
    if (config.napt) {
        json["napt"] = napt_json(*config.napt);
    }
    json["limits"] = {
        {"legs_per_second", config.limits.legs_per_second},
        {"path_legs_per_second", config.limits.path_legs_per_second},
        {"signals_per_second", config.limits.signals_per_second},
        {"handshakes_per_second", config.limits.handshakes_per_second},
        {"cookies_per_second", config.limits.cookies_per_second},
        {"host_packets_per_second", config.limits.host_packets_per_second},
        {"neighbour_packets_per_second", config.limits.neighbour_packets_per_second}};
    json["eal"] = {
        {"file_prefix", config.file_prefix},
        {"hugepages", text_of(config.hugepages)},
        {"extra_args", config.extra_eal_args}};
    json["log"] = {{"level", config.log_level}};
    return json;
}

void take_over(RelayConfig& running, const RelayConfig& read) {
    running.dcs = read.dcs;
    running.idle_sleep = read.idle_sleep;
    running.limits = read.limits;
    running.log_level = read.log_level;
}

}  // namespace ntm::control
