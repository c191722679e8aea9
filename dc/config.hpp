// SPDX-License-Identifier: BSD-3-Clause
// dc.yaml: every key stands with a comment in configs/dc.yaml.
#pragma once

#include "common/base/address.hpp"
#include "common/base/result.hpp"
#include "common/config/config_error.hpp"
#include "dc/settings.hpp"

#include <string>
#include <vector>

namespace ntm::dc {

struct DcConfig {
    Port port{9770};
    std::vector<IpAddress> addresses;  // empty: any, of both families
    std::string key_file;
    std::string store;
    std::string admin_socket;
    std::string log_level;
    Settings settings;
};

[[nodiscard]] Result<DcConfig, config::ConfigError> read_config(const std::string& file);

}  // namespace ntm::dc
