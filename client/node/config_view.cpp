// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/config_view.hpp"

namespace ntm::client {

namespace {

using admin::Json;

Json texts_of(const std::vector<Endpoint>& endpoints) {
    Json list = Json::array();
    for (const Endpoint& endpoint : endpoints) {
        list.push_back(endpoint.text());
    }
    return list;
}

}  // namespace

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
    json["tun"] = {{"name", config.tun_name}};
    if (config.resolver) {
        json["resolver"] = {
            {"listen", config.resolver->listen.text()},
            {"upstream", texts_of(config.resolver->upstream)}};
    }
    json["paths"] = {{"suites", Json::array()}};
    for (const crypto::Suite suite : config.suites) {
        json["paths"]["suites"].push_back(
            suite == crypto::Suite::aes_128_gcm ? "aes-128-gcm" : "chacha20-poly1305"
        );
    }
    json["log"] = {{"level", config.log_level}};
    return json;
}

const std::vector<std::string>& live_keys() {
    static const std::vector<std::string> keys{"dc.addresses", "zones", "resolver.upstream", "log"};
    return keys;
}

}  // namespace ntm::client
