// SPDX-License-Identifier: BSD-3-Clause
// In what two configurations differ, key by key.
#pragma once

#include "common/admin/message.hpp"

#include <string>
#include <vector>

namespace ntm::admin {

// `key` as "limits.paths_per_node" or "dcs[dc1].addresses"; a list of maps goes by their names, so
// that one more or less is one change: null on the other side.
struct ConfigChange {
    std::string key;
    Json before;
    Json after;
};

[[nodiscard]] std::vector<ConfigChange> changes_between(const Json& before, const Json& after);

}  // namespace ntm::admin
