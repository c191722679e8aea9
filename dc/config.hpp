// SPDX-License-Identifier: BSD-3-Clause
// dc.yaml: every key stands with a comment in configs/dc.yaml.
#pragma once

#include "common/base/address.hpp"
#include "common/base/result.hpp"
#include "common/config/config_error.hpp"
#include "common/config/shared_keys.hpp"
#include "dc/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ntm::dc {

struct DcConfig {
    std::string file;  // that it came from
    Port port{9770};
    std::vector<IpAddress> addresses;  // empty: any, of both families
    std::vector<Endpoint> resolvers;   // to be asked what names outside the zones are
    std::string key_file;
    std::optional<crypto::PublicKey> own_key;  // of the private key there, if it was looked at
    std::string store;
    std::string admin_socket;
    std::string log_level;
    Settings settings;
};

[[nodiscard]] Result<DcConfig, config::ConfigError> read_config(
    const std::string& file, config::KeyFiles keys = config::KeyFiles::not_looked_at
);

}  // namespace ntm::dc
