// SPDX-License-Identifier: BSD-3-Clause
// In what two configurations differ, key by key.
#pragma once

#include "common/admin/message.hpp"

#include <string>
#include <string_view>
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

// Whether `key` is one of `keys`, or lies under one of them.
[[nodiscard]] bool is_under_key(std::string_view key, const std::vector<std::string>& keys);

}  // namespace ntm::admin
