// SPDX-License-Identifier: BSD-3-Clause
#include "dc/config.hpp"

#include "common/config/reader.hpp"
#include "common/config/shared_keys.hpp"
#include "dc/record_text.hpp"

#include <algorithm>
#include <chrono>

namespace ntm::dc {

namespace {

using config::Need;
using config::Section;

// Inner packets must carry IPv6's least MTU, and outer ones fit a jumbo frame.
constexpr config::Range inner_mtus{1280, 9000};
constexpr config::Range rates{1, 1'000'000};
constexpr std::int64_t most_drain_seconds = std::chrono::seconds{std::chrono::days{30}}.count();

void read_listen(Section& listen, DcConfig& into) {
    into.port = listen.port("port", Port{9770});
    into.addresses = listen.addresses("addresses", Need::optional);
    for (std::size_t i = 0; i < into.addresses.size(); ++i) {
        const auto before = into.addresses.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(into.addresses.begin(), before, into.addresses[i]) != before) {
            listen.fail_item(
                "addresses", i, into.addresses[i].text() + " is there twice", "each address once"
            );
        }
    }
}

// Addresses that the host itself or nobody has can not be given to nodes.
bool is_givable(const Prefix& block) {
    for (const char* taken :
         {"0.0.0.0/8",
          "127.0.0.0/8",
          "169.254.0.0/16",
          "224.0.0.0/3",
          "::/16",
          "fe80::/10",
          "ff00::/8"}) {
        if (Prefix::parse(taken)->overlaps(block)) {
            return false;
        }
    }
    return true;
}

void read_virtual(Section& blocks, DcConfig& into) {
    const auto block = [](bool is_ipv6, std::uint8_t least, std::uint8_t most) {
        return [=](std::string_view text) -> std::optional<Prefix> {
            const auto read = Prefix::parse(text);
            const bool is_good = read && read->address.is_ipv6() == is_ipv6 &&
                                 read->length >= least && read->length <= most && is_givable(*read);
            return is_good ? read : std::nullopt;
        };
    };
    into.settings.blocks.ipv4 = blocks.parsed(
        "ipv4",
        block(false, 8, 30),
        "a prefix from /8 to /30 without bits behind the length, of addresses that hosts can have"
    );
    into.settings.blocks.ipv6 = blocks.parsed(
        "ipv6",
        block(true, 16, 64),
        "a prefix from /16 to /64 without bits behind the length, of addresses that hosts can have"
    );
}

// Of the block, and smaller than it. One that could not be read has its own problem already.
bool is_part_of(const Prefix& part, const Prefix& block) {
    return block.length == 0 || (part.length > block.length && block.contains(part.address));
}

// The IPv6 addresses that nodes get: the block's first, as many as there are IPv4 ones.
Prefix nodes_ipv6(const VirtualBlocks& blocks) {
    return {blocks.ipv6.address, static_cast<std::uint8_t>(96 + blocks.ipv4.length)};
}

// Read after the virtual blocks, which these are parts of.
void read_general_nodes(Section& section, DcConfig& into) {
    const VirtualBlocks& blocks = into.settings.blocks;
    into.resolvers = section.endpoints("resolvers", Need::required);
    config::check_endpoints(section, "resolvers", into.resolvers);
    GeneralBlocks general;
    general.ipv4 = section.parsed(
        "ipv4",
        [&](std::string_view text) -> std::optional<Prefix> {
            const auto part = Prefix::parse(text);
            const bool is_good = part && part->address.is_ipv4() && part->length >= 16 &&
                                 part->length <= 30 && is_part_of(*part, blocks.ipv4);
            return is_good ? part : std::nullopt;
        },
        "a prefix from /16 to /30 that is a part of virtual.ipv4"
    );
    general.ipv6 = section.parsed(
        "ipv6",
        [&](std::string_view text) -> std::optional<Prefix> {
            const auto part = Prefix::parse(text);
            const bool is_good = part && part->address.is_ipv6() && part->length <= 112 &&
                                 is_part_of(*part, blocks.ipv6) &&
                                 !part->overlaps(nodes_ipv6(blocks));
            return is_good ? part : std::nullopt;
        },
        "a prefix of at most /112 that is a part of virtual.ipv6, and not its first addresses, "
        "which are for nodes"
    );
    into.settings.general_blocks = general;
    into.settings.general_allowed = config::read_prefixes(section, "allow");
}

void read_paths(Section& paths, DcConfig& into) {
    Settings& settings = into.settings;
    settings.inner_mtu =
        static_cast<std::uint32_t>(paths.integer("inner_mtu", inner_mtus, settings.inner_mtu));
    settings.suites = config::read_suites(paths);
    const auto drain_time = std::chrono::duration_cast<std::chrono::seconds>(settings.drain_time);
    settings.drain_time = std::chrono::seconds{
        paths.integer("drain_seconds", {0, most_drain_seconds}, drain_time.count())};
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
    const auto quota = [&](const char* key, std::uint32_t& value) {
        value = static_cast<std::uint32_t>(section.integer(key, {0, 16'000'000}, value));
    };
    quota("subscriber_ports", limits.subscriber_ports);
    quota("subscriber_sessions", limits.subscriber_sessions);
}

// What a virtual block holds goes into tunnels, which would then carry themselves.
void check_blocks(Section& root, const DcConfig& into) {
    for (const Prefix& block : {into.settings.blocks.ipv4, into.settings.blocks.ipv6}) {
        for (const IpAddress& address : into.addresses) {
            if (block.length != 0 && block.contains(address)) {
                root.fail(
                    "virtual",
                    "the DC's own address " + address.text() + " lies in " + block.text(),
                    "blocks that no real address lies in"
                );
            }
        }
    }
}

void walk(Section& root, config::KeyFiles keys, DcConfig& into) {
    root.section("listen", Need::optional, [&](Section& listen) { read_listen(listen, into); });
    if (const auto key = config::read_key(root, keys, into.key_file)) {
        into.own_key = crypto::KeyPair::from_private(*key).public_key();
    }
    into.store = root.text("store");
    if (!into.store.empty() && into.store == into.key_file) {
        root.fail("store", config::in_quotes(into.store) + " is the key file", "a file of its own");
    }
    into.admin_socket =
        config::read_admin_socket(root, "/run/ntm/dc.sock", {into.key_file, into.store});
    into.settings.zones = config::read_zones(root);
    root.section("virtual", Need::required, [&](Section& blocks) { read_virtual(blocks, into); });
    check_blocks(root, into);
    root.section("general_nodes", Need::optional, [&](Section& general) {
        read_general_nodes(general, into);
    });
    root.section("paths", Need::optional, [&](Section& paths) { read_paths(paths, into); });
    root.section("limits", Need::optional, [&](Section& limits) { read_limits(limits, into); });
    into.log_level = config::read_log_level(root);
}

}  // namespace

Result<DcConfig, config::ConfigError> read_config(const std::string& file, config::KeyFiles keys) {
    auto config = config::read<DcConfig>(file, [keys](Section& root, DcConfig& into) {
        walk(root, keys, into);
    });
    if (config) {
        config->file = file;
    }
    return config;
}

}  // namespace ntm::dc
