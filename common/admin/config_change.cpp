// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/config_change.hpp"

#include <algorithm>
#include <utility>

namespace ntm::admin {

namespace {

bool is_list_of_maps(const Json& value) {
    return value.is_array() && !value.empty() &&
           std::ranges::all_of(value, [](const Json& item) { return item.is_object(); });
}

// What tells the maps of a list apart.
std::string name_of(const Json& map, std::size_t place) {
    for (const char* key : {"name", "tap"}) {
        if (const auto found = map.find(key); found != map.end() && found->is_string()) {
            return found->get<std::string>();
        }
    }
    return std::to_string(place);
}

Json by_name(const Json& list) {
    Json map = Json::object();
    for (std::size_t i = 0; i < list.size(); ++i) {
        map[name_of(list[i], i)] = list[i];
    }
    return map;
}

class Comparison {
  public:
    std::vector<ConfigChange> found;

    void compare(const std::string& key, const Json& before, const Json& after) {
        if (before == after) {
            return;
        }
        if (before.is_object() && after.is_object()) {
            compare_maps(key.empty() ? "" : key + ".", "", before, after);
        } else if (is_list_of_maps(before) && is_list_of_maps(after)) {
            compare_maps(key + "[", "]", by_name(before), by_name(after));
        } else {
            found.push_back({key, before, after});
        }
    }

  private:
    void compare_maps(
        const std::string& head, const std::string& tail, const Json& before, const Json& after
    ) {
        const auto key_of = [&](std::string name) {
            return name.insert(0, head).append(tail);
        };
        for (const auto& [name, value] : before.items()) {
            compare(key_of(name), value, after.value(name, Json{}));
        }
        for (const auto& [name, value] : after.items()) {
            if (!before.contains(name)) {
                compare(key_of(name), Json{}, value);
            }
        }
    }
};

}  // namespace

std::vector<ConfigChange> changes_between(const Json& before, const Json& after) {
    Comparison comparison;
    comparison.compare("", before, after);
    return std::move(comparison.found);
}

}  // namespace ntm::admin
