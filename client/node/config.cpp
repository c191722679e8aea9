// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/config.hpp"

#include "common/base/names.hpp"
#include "common/config/nearest.hpp"
#include "common/config/reader.hpp"

#include <algorithm>

namespace ntm::client {

namespace {

using config::Need;
using config::Section;

void read_zones(Section& root, NodeConfig& into) {
    for (const std::string& text : root.texts("zones", Need::required)) {
        const auto zone = normalise_fqdn(text);
        if (!zone) {
            root.fail("zones", "\"" + text + "\" is not a zone's name", "names like a.example.org");
            continue;
        }
        if (std::ranges::find(into.zones, *zone) != into.zones.end()) {
            root.fail("zones", "\"" + *zone + "\" is there twice", "each zone once");
            continue;
        }
        into.zones.push_back(*zone);
    }
}

void read_names(Section& root, NodeConfig& into) {
    into.fqdn = root.parsed("fqdn", normalise_fqdn, "a host name such as mn.a.ntm.test");
    read_zones(root, into);
    if (!into.fqdn.empty() && !into.zones.empty() && !is_under(into.fqdn, into.zones)) {
        const std::string what = "\"" + into.fqdn + "\" is under none of the node's zones";
        root.fail("fqdn", what, "a name under " + config::listed(into.zones));
    }
}

void read_dc(Section& dc, NodeConfig& into) {
    into.dc_key = dc.parsed("key", crypto::PublicKey::parse, "base64 of 32 bytes");
    into.dc_addresses = dc.endpoints("addresses", Need::required);
}

void read_resolver(Section& resolver, NodeConfig& into) {
    ResolverConfig read;
    read.listen = resolver.endpoint("listen", Endpoint{Ipv4Address{{127, 0, 0, 53}}, Port{53}});
    read.upstream = resolver.endpoints("upstream", Need::required);
    const auto is_itself = std::find(read.upstream.begin(), read.upstream.end(), read.listen);
    if (is_itself != read.upstream.end()) {
        resolver.fail("upstream", "the stub would ask itself");
    }
    into.resolver = std::move(read);
}

void read_suites(Section& paths, NodeConfig& into) {
    if (!paths.has("suites")) {
        return;
    }
    into.suites.clear();
    for (const std::string& suite :
         paths.choices("suites", {"aes-128-gcm", "chacha20-poly1305"}, Need::required)) {
        into.suites.push_back(
            suite == "aes-128-gcm" ? crypto::Suite::aes_128_gcm : crypto::Suite::chacha20_poly1305
        );
    }
}

void read_root(Section& root, NodeConfig& into) {
    read_names(root, into);
    into.port = root.port("port", into.port);
    into.key_file = root.text("key_file");
    into.admin_socket = root.text("admin_socket", "/run/ntm/node.sock");
    root.section("dc", Need::required, [&](Section& dc) { read_dc(dc, into); });
    into.tun_name = "ntm0";
    root.section("tun", Need::optional, [&](Section& tun) {
        into.tun_name = tun.text("name", into.tun_name);
        if (!into.tun_name.empty() && !is_interface_name(into.tun_name)) {
            const std::string what = "no interface can be called \"" + into.tun_name + "\"";
            tun.fail("name", what, "at most 15 characters without / : and spaces");
        }
    });
    root.section("resolver", Need::optional, [&](Section& part) { read_resolver(part, into); });
    into.suites = {crypto::Suite::aes_128_gcm, crypto::Suite::chacha20_poly1305};
    root.section("paths", Need::optional, [&](Section& paths) { read_suites(paths, into); });
    into.log_level = config::read_log_level(root);
}

}  // namespace

Result<NodeConfig, config::ConfigError> read_config(const std::string& file) {
    return config::read<NodeConfig>(file, read_root);
}

}  // namespace ntm::client
