// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/shared_keys.hpp"

#include "common/base/names.hpp"
#include "common/config/key_file.hpp"

#include <algorithm>

#include <sys/un.h>

namespace ntm::config {

namespace {

// A list of names that cover what is under them.
struct NameList {
    std::string key;
    std::string what;  // one of them is
    std::optional<std::string> (*normalise)(std::string_view);
};

std::vector<std::string> read_names(Section& section, const NameList& list, Need need) {
    std::vector<std::string> names;
    const std::vector<std::string> typed = section.texts(list.key, need);
    for (std::size_t i = 0; i < typed.size(); ++i) {
        const auto name = list.normalise(typed[i]);
        if (!name) {
            const std::string what = in_quotes(typed[i]) + " is not a " + list.what + "'s name";
            section.fail_item(list.key, i, what, "names like a.example.org");
            continue;
        }
        const auto clash = std::ranges::find_if(names, [&](const std::string& other) {
            return is_within(*name, {other}) || is_under(other, {*name});
        });
        if (clash == names.end()) {
            names.push_back(*name);
            continue;
        }
        const std::string what = *clash == *name ? in_quotes(*name) + " is there twice"
                                                 : in_quotes(*name) + " overlaps with the " +
                                                       list.what + " " + in_quotes(*clash);
        section.fail_item(
            list.key, i, what, "each " + list.what + " once, and none within another"
        );
    }
    return names;
}

}  // namespace

std::string read_log_level(Section& root) {
    std::string level = "info";
    root.section("log", Need::optional, [&](Section& log) {
        const std::vector<std::string> levels{"trace", "debug", "info", "warning", "error"};
        level = log.choice("level", levels, "info");
    });
    return level;
}

std::vector<std::string> read_zones(Section& root) {
    return read_names(root, {"zones", "zone", normalise_fqdn}, Need::required);
}

std::vector<std::string> read_domains(Section& section, const std::string& key) {
    return read_names(section, {key, "domain", normalise_domain}, Need::optional);
}

std::vector<Prefix> read_prefixes(Section& section, const std::string& key) {
    std::vector<Prefix> prefixes;
    const std::vector<std::string> texts = section.texts(key, Need::optional);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (const auto prefix = Prefix::parse(texts[i])) {
            prefixes.push_back(*prefix);
        } else {
            section.fail_item(
                key, i, in_quotes(texts[i]) + " is no prefix", "prefixes: 10.1.0.0/16"
            );
        }
    }
    return prefixes;
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

std::vector<crypto::Suite> read_suites(Section& section) {
    constexpr const char* key = "suites";
    if (!section.has(key)) {
        return crypto::usual_suites();
    }
    std::vector<std::string> known;
    known.reserve(crypto::all_suites.size());
    for (const crypto::Suite suite : crypto::all_suites) {
        known.emplace_back(text_of(suite));
    }
    std::vector<crypto::Suite> suites;
    const std::vector<std::string> names = section.choices(key, known, Need::required);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto suite = crypto::suite_of(std::string_view{names[i]});
        if (suite && std::ranges::find(suites, *suite) != suites.end()) {
            section.fail_item(key, i, in_quotes(names[i]) + " is there twice", "each once");
        } else if (suite) {
            suites.push_back(*suite);
        }
    }
    return suites;
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
