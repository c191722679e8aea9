// SPDX-License-Identifier: BSD-3-Clause
// ntm-node's configuration file; configs/node.yaml explains each key.
#pragma once

#include "client/node/general_names.hpp"
#include "client/node/key_exchange.hpp"
#include "common/base/address.hpp"
#include "common/base/result.hpp"
#include "common/config/config_error.hpp"
#include "common/config/shared_keys.hpp"
#include "common/crypto/aead.hpp"
#include "common/crypto/x25519.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ntm::client {

struct ResolverConfig {
    Endpoint listen;
    std::vector<Endpoint> upstream;
};

struct NodeConfig {
    std::string file;  // that it came from
    std::string fqdn;
    Port port{9770};
    std::string key_file;
    std::optional<crypto::PublicKey> own_key;  // of the private key there, if it was looked at
    std::string admin_socket;
    crypto::PublicKey dc_key;
    std::vector<Endpoint> dc_addresses;
    std::vector<std::string> zones;
    GeneralNames general_names;
    bool wants_exit = false;
    std::string tun_name;
    bool wants_fast_links = false;
    std::optional<ResolverConfig> resolver;
    std::vector<crypto::Suite> suites = crypto::usual_suites();
    KeyPolicy keys;
    std::string known_peers_file;  // empty: none
    std::string log_level;
};

// Why a configuration whose parts are good is not, if so. What is read has no clash; one that takes
// over a part of what is read may.
[[nodiscard]] std::optional<std::string> clash_in(const NodeConfig& config);

[[nodiscard]] Result<NodeConfig, config::ConfigError> read_config(
    const std::string& file, config::KeyFiles keys = config::KeyFiles::not_looked_at
);

}  // namespace ntm::client
