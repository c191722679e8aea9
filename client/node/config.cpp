// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/config.hpp"

#include "common/base/names.hpp"
#include "common/config/nearest.hpp"
#include "common/config/reader.hpp"
#include "common/config/shared_keys.hpp"

#include <algorithm>

namespace ntm::client {

namespace {

using config::Need;
using config::Section;

std::optional<std::string> clash_of_names(const NodeConfig& config) {
    if (is_under(config.fqdn, config.zones)) {
        return std::nullopt;
    }
    return config::in_quotes(config.fqdn) + " is under none of the node's zones";
}

// An upstream that is the stub itself.
auto clashing_upstream(const ResolverConfig& resolver) {
    return std::find(resolver.upstream.begin(), resolver.upstream.end(), resolver.listen);
}

std::string clash_of(const Endpoint& upstream) {
    return upstream.text() + ": the stub would ask itself";
}

// `gn`: all, or a list.
GeneralNames read_general_names(Section& root) {
    if (root.is_list("gn")) {
        return {false, config::read_domains(root, "gn")};
    }
    const auto parse = [](std::string_view word) {
        return word == "all" ? std::optional{true} : std::nullopt;
    };
    const std::string allowed = "all, or a list of names like example.org";
    return {root.has("gn") && root.parsed("gn", parse, allowed), {}};
}

void read_names(Section& root, NodeConfig& into) {
    into.fqdn = root.parsed("fqdn", normalise_fqdn, "a host name such as mn.a.ntm.test");
    into.zones = config::read_zones(root);
    into.general_names = read_general_names(root);
    const auto clash = clash_of_names(into);
    if (!into.fqdn.empty() && !into.zones.empty() && clash) {
        root.fail("fqdn", *clash, "a name under " + config::listed(into.zones));
    }
}

void read_dc(Section& dc, NodeConfig& into) {
    into.dc_key = dc.parsed("key", crypto::PublicKey::parse, "base64 of 32 bytes");
    if (into.own_key && into.dc_key == *into.own_key) {
        dc.fail("key", "this is the node's own public key", "the DC's public key");
    }
    into.dc_addresses = dc.endpoints("addresses", Need::required);
    config::check_endpoints(dc, "addresses", into.dc_addresses);
}

void read_resolver(Section& resolver, NodeConfig& into) {
    ResolverConfig read;
    read.listen = resolver.endpoint("listen", Endpoint{Ipv4Address{{127, 0, 0, 53}}, Port{53}});
    read.upstream = resolver.endpoints("upstream", Need::required);
    config::check_endpoints(resolver, "upstream", read.upstream);
    const auto itself = clashing_upstream(read);
    if (itself != read.upstream.end()) {
        const auto item = static_cast<std::size_t>(itself - read.upstream.begin());
        resolver.fail_item("upstream", item, clash_of(*itself), "another resolver");
    }
    into.resolver = std::move(read);
}

void read_keys(Section& keys, KeyPolicy& into) {
    using std::chrono::seconds;
    into.is_at_once = keys.boolean("exchange", into.is_at_once);
    const auto oldest = std::chrono::duration_cast<seconds>(into.renew_after).count();
    into.renew_after = seconds{keys.integer("renew_seconds", {1, oldest}, oldest)};
    const auto most = static_cast<std::int64_t>(into.renew_packets);
    into.renew_packets =
        static_cast<std::uint64_t>(keys.integer("renew_packets", {1024, most}, most));
}

void read_root(Section& root, config::KeyFiles keys, NodeConfig& into) {
    read_names(root, into);
    into.port = root.port("port", into.port);
    if (const auto key = config::read_key(root, keys, into.key_file)) {
        into.own_key = crypto::KeyPair::from_private(*key).public_key();
    }
    into.admin_socket = config::read_admin_socket(root, "/run/ntm/node.sock", {into.key_file});
    root.section("dc", Need::required, [&](Section& dc) { read_dc(dc, into); });
    into.wants_exit = root.boolean("exit", into.wants_exit);
    into.tun_name = "ntm0";
    root.section("tun", Need::optional, [&](Section& tun) {
        into.tun_name = tun.text("name", into.tun_name);
        if (!into.tun_name.empty() && !is_interface_name(into.tun_name)) {
            const std::string what =
                "no interface can be called " + config::in_quotes(into.tun_name);
            tun.fail("name", what, "at most 15 characters without / : and spaces");
        }
    });
    root.section("interfaces", Need::optional, [&](Section& interfaces) {
        into.wants_fast_links = interfaces.boolean("fast", into.wants_fast_links);
    });
    root.section("resolver", Need::optional, [&](Section& part) { read_resolver(part, into); });
    if (into.general_names != GeneralNames{} && !into.resolver) {
        root.fail("gn", "without a resolver nobody asks for a name", "a section resolver");
    }
    root.section("paths", Need::optional, [&](Section& paths) {
        into.suites = config::read_suites(paths);
    });
    into.known_peers_file = root.text("known_peers", "");
    if (!into.known_peers_file.empty() &&
        (into.known_peers_file == into.key_file || into.known_peers_file == into.admin_socket)) {
        const std::string what = config::in_quotes(into.known_peers_file);
        root.fail("known_peers", what + " is another file's name here", "a file of its own");
    }
    root.section("keys", Need::optional, [&](Section& part) { read_keys(part, into.keys); });
    into.log_level = config::read_log_level(root);
}

}  // namespace

std::optional<std::string> clash_in(const NodeConfig& config) {
    if (auto clash = clash_of_names(config)) {
        return clash;
    }
    if (config.resolver) {
        const auto itself = clashing_upstream(*config.resolver);
        if (itself != config.resolver->upstream.end()) {
            return clash_of(*itself);
        }
    }
    return std::nullopt;
}

Result<NodeConfig, config::ConfigError> read_config(
    const std::string& file, config::KeyFiles keys
) {
    auto config = config::read<NodeConfig>(file, [keys](Section& root, NodeConfig& into) {
        read_root(root, keys, into);
    });
    if (config) {
        config->file = file;
    }
    return config;
}

}  // namespace ntm::client
