// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/shared_keys.hpp"

#include "common/base/names.hpp"
#include "common/config/key_file.hpp"

#include <algorithm>

#include <sys/un.h>

namespace ntm::config {

std::string read_log_level(Section& root) {
    std::string level = "info";
    root.section("log", Need::optional, [&](Section& log) {
        const std::vector<std::string> levels{"trace", "debug", "info", "warning", "error"};
        level = log.choice("level", levels, "info");
    });
    return level;
}

std::vector<std::string> read_zones(Section& root) {
    std::vector<std::string> zones;
    const std::vector<std::string> typed = root.texts("zones", Need::required);
    for (std::size_t i = 0; i < typed.size(); ++i) {
        const auto zone = normalise_fqdn(typed[i]);
        if (!zone) {
            const std::string what = in_quotes(typed[i]) + " is not a zone's name";
            root.fail_item("zones", i, what, "names like a.example.org");
            continue;
        }
        const auto clash = std::ranges::find_if(zones, [&](const std::string& other) {
            return other == *zone || is_under(*zone, {other}) || is_under(other, {*zone});
        });
        if (clash == zones.end()) {
            zones.push_back(*zone);
            continue;
        }
        const std::string what =
            *clash == *zone ? in_quotes(*zone) + " is there twice"
                            : in_quotes(*zone) + " overlaps with the zone " + in_quotes(*clash);
        root.fail_item("zones", i, what, "each zone once, and none within another");
    }
    return zones;
}

std::optional<Secret32> read_key(Section& root, KeyFiles files, std::string& path) {
    path = root.text("key_file");
    if (path.empty() || files == KeyFiles::not_looked_at) {
        return std::nullopt;
    }
    auto key = read_key_file(path);
    if (!key) {
        root.fail("key_file", key.error());
        return std::nullopt;
    }
    return *std::move(key);
}

std::string read_admin_socket(
    Section& root, const std::string& fallback, const std::vector<std::string>& other_files
) {
    const std::string key = "admin_socket";
    std::string path = root.text(key, fallback);
    constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
    if (path.size() > longest) {
        const std::string what = in_quotes(path) + " is too long for a socket, " +
                                 std::to_string(path.size()) + " bytes";
        root.fail(key, what, "at most " + std::to_string(longest) + " bytes");
    }
    if (!path.empty() && std::ranges::find(other_files, path) != other_files.end()) {
        root.fail(key, in_quotes(path) + " is another file's name here", "a file of its own");
    }
    return path;
}

void check_endpoints(
    Section& section, const std::string& key, const std::vector<Endpoint>& endpoints
) {
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        const IpAddress& address = endpoints[i].address;
        const auto before = endpoints.begin() + static_cast<std::ptrdiff_t>(i);
        if (address.is_unspecified() || address.is_multicast()) {
            section.fail_item(
                key,
                i,
                endpoints[i].text() + " is nothing that one can send to",
                "an address of a host"
            );
        } else if (std::find(endpoints.begin(), before, endpoints[i]) != before) {
            section.fail_item(key, i, endpoints[i].text() + " is there twice", "each once");
        }
    }
}

}  // namespace ntm::config
