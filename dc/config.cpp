// SPDX-License-Identifier: BSD-3-Clause
#include "dc/config.hpp"

#include "common/base/names.hpp"
#include "common/config/reader.hpp"
#include "dc/record_text.hpp"

#include <algorithm>

namespace ntm::dc {

namespace {

using config::Need;
using config::Section;

// Inner packets must carry IPv6's least MTU, and outer ones fit a jumbo frame.
constexpr config::Range inner_mtus{1280, 9000};
constexpr config::Range rates{1, 1'000'000};

void read_listen(Section& listen, DcConfig& into) {
    into.port = listen.port("port", Port{9770});
    into.addresses = listen.addresses("addresses", Need::optional);
    std::vector<IpAddress> sorted = into.addresses;
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) != sorted.end()) {
        listen.fail("addresses", "an address is there twice");
    }
}

void read_zones(Section& root, DcConfig& into) {
    for (const std::string& text : root.texts("zones", Need::required)) {
        const auto zone = normalise_fqdn(text);
        if (!zone) {
            root.fail("zones", "\"" + text + "\" is not a zone's name", "names like a.example.org");
            continue;
        }
        if (std::ranges::find(into.settings.zones, *zone) != into.settings.zones.end()) {
            root.fail("zones", "\"" + *zone + "\" is there twice", "each zone once");
            continue;
        }
        into.settings.zones.push_back(*zone);
    }
}

void read_virtual(Section& blocks, DcConfig& into) {
    const auto block = [](bool is_ipv6, std::uint8_t least, std::uint8_t most) {
        return [=](std::string_view text) -> std::optional<Prefix> {
            const auto read = Prefix::parse(text);
            const bool is_good = read && read->address.is_ipv6() == is_ipv6 &&
                                 read->length >= least && read->length <= most;
            return is_good ? read : std::nullopt;
        };
    };
    into.settings.blocks.ipv4 = blocks.parsed(
        "ipv4", block(false, 8, 30), "a prefix from /8 to /30 without bits behind the length"
    );
    into.settings.blocks.ipv6 = blocks.parsed(
        "ipv6", block(true, 16, 64), "a prefix from /16 to /64 without bits behind the length"
    );
}

void read_paths(Section& paths, DcConfig& into) {
    Settings& settings = into.settings;
    settings.inner_mtu =
        static_cast<std::uint32_t>(paths.integer("inner_mtu", inner_mtus, settings.inner_mtu));
    const std::vector<std::string> known{
        text_of(crypto::Suite::aes_128_gcm), text_of(crypto::Suite::chacha20_poly1305)};
    if (!paths.has("suites")) {
        return;
    }
    settings.suites.clear();
    for (const std::string& name : paths.choices("suites", known, Need::required)) {
        if (const auto suite = suite_of(name)) {
            settings.suites.push_back(*suite);
        }
    }
}

void read_limits(Section& section, DcConfig& into) {
    Limits& limits = into.settings.limits;
    const auto rate = [&](const char* key, std::uint32_t& value) {
        value = static_cast<std::uint32_t>(section.integer(key, rates, value));
    };
    limits.paths_per_node = static_cast<std::size_t>(section.integer(
        "paths_per_node", {1, 1'000'000}, static_cast<std::int64_t>(limits.paths_per_node)
    ));
    rate("requests_per_second", limits.requests_per_second);
    rate("calls_per_second", limits.calls_per_second);
    rate("restored_per_second", limits.restored_per_second);
    rate("cookies_per_second", limits.cookies_per_second);
}

void walk(Section& root, DcConfig& into) {
    root.section("listen", Need::optional, [&](Section& listen) { read_listen(listen, into); });
    into.key_file = root.text("key_file");
    into.store = root.text("store");
    into.admin_socket = root.text("admin_socket", "/run/ntm/dc.sock");
    read_zones(root, into);
    root.section("virtual", Need::required, [&](Section& blocks) { read_virtual(blocks, into); });
    root.section("paths", Need::optional, [&](Section& paths) { read_paths(paths, into); });
    root.section("limits", Need::optional, [&](Section& limits) { read_limits(limits, into); });
    into.log_level = config::read_log_level(root);
}

}  // namespace

Result<DcConfig, config::ConfigError> read_config(const std::string& file) {
    return config::read<DcConfig>(file, walk);
}

}  // namespace ntm::dc
