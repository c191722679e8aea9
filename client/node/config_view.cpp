// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/config_view.hpp"

#include "common/admin/texts.hpp"

namespace ntm::client {

using admin::Json;
using admin::texts_of;

Json config_json(const NodeConfig& config) {
    Json json{
        {"fqdn", config.fqdn},
        {"port", config.port.number},
        {"key_file", config.key_file},
        {"admin_socket", config.admin_socket}};
    if (config.own_key) {
        json["public_key"] = config.own_key->text();
    }
    json["dc"] = {{"key", config.dc_key.text()}, {"addresses", texts_of(config.dc_addresses)}};
    json["zones"] = config.zones;
    json["gn"] = config.general_names.are_all ? Json("all") : Json(config.general_names.domains);
    json["exit"] = config.wants_exit;
    json["tun"] = {{"name", config.tun_name}};
    json["interfaces"] = {{"fast", config.wants_fast_links}};
    if (config.resolver) {
        json["resolver"] = {
            {"listen", config.resolver->listen.text()},
            {"upstream", texts_of(config.resolver->upstream)}};
    }
    json["paths"] = {{"suites", crypto::texts_of(config.suites)}};
    if (!config.known_peers_file.empty()) {
        json["known_peers"] = config.known_peers_file;
    }
    json["keys"] = {
        {"exchange", config.keys.is_at_once},
        {"renew_seconds",
         std::chrono::duration_cast<std::chrono::seconds>(config.keys.renew_after).count()},
        {"renew_packets", config.keys.renew_packets}};
    json["log"] = {{"level", config.log_level}};
    return json;
}

void take_over(NodeConfig& running, const NodeConfig& read) {
    running.dc_addresses = read.dc_addresses;
    running.zones = read.zones;
    running.general_names = read.general_names;
    running.log_level = read.log_level;
    if (running.resolver && read.resolver) {
        running.resolver->upstream = read.resolver->upstream;
    }
}

}  // namespace ntm::client
