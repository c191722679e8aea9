// SPDX-License-Identifier: BSD-3-Clause
#include "dc/config_view.hpp"

#include "common/admin/texts.hpp"
#include "dc/record_text.hpp"

#include <chrono>

namespace ntm::dc {

using admin::Json;

Json config_json(const DcConfig& config) {
    const Settings& settings = config.settings;
    Json json;
    json["listen"] = {
        {"port", config.port.number}, {"addresses", admin::texts_of(config.addresses)}};
    json["key_file"] = config.key_file;
    if (config.own_key) {
        json["public_key"] = config.own_key->text();
    }
    json["store"] = config.store;
    json["admin_socket"] = config.admin_socket;
    json["zones"] = settings.zones;
    json["virtual"] = {
        {"ipv4", settings.blocks.ipv4.text()}, {"ipv6", settings.blocks.ipv6.text()}};
    if (const auto& general = settings.general_blocks) {
        json["general_nodes"] = {
            {"resolvers", admin::texts_of(config.resolvers)},
            {"ipv4", general->ipv4.text()},
            {"ipv6", general->ipv6.text()},
            {"allow", admin::texts_of(settings.general_allowed)}};
    }
    json["paths"] = {
        {"inner_mtu", settings.inner_mtu},
        {"drain_seconds",
         std::chrono::duration_cast<std::chrono::seconds>(settings.drain_time).count()},
        {"suites", crypto::texts_of(settings.suites)}};
    const Limits& limits = settings.limits;
    json["limits"] = {
        {"paths_per_node", limits.paths_per_node},
        {"requests_per_second", limits.requests_per_second},
        {"calls_per_second", limits.calls_per_second},
        {"restored_per_second", limits.restored_per_second},
        {"cookies_per_second", limits.cookies_per_second},
        {"subscriber_ports", limits.subscriber_ports},
        {"subscriber_sessions", limits.subscriber_sessions}};
    json["log"] = {{"level", config.log_level}};
    return json;
}

void take_over(DcConfig& running, const DcConfig& read) {
    running.settings.zones = read.settings.zones;
    running.settings.suites = read.settings.suites;
    running.settings.inner_mtu = read.settings.inner_mtu;
    running.settings.drain_time = read.settings.drain_time;
    running.settings.general_allowed = read.settings.general_allowed;
    running.settings.limits = read.settings.limits;
    running.log_level = read.log_level;
}

}  // namespace ntm::dc
