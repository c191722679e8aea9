// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/config.hpp"

#include "client/node/route_direction.hpp"
#include "common/config/reader.hpp"

#include <algorithm>

namespace ntm::client {

namespace {

using config::Need;
using config::Section;

constexpr std::size_t longest_name = 253;
// IFNAMSIZ less the terminator.
constexpr std::size_t longest_interface_name = 15;

std::string name(Section& section, const std::string& key) {
    const std::string typed = normalized_name(section.text(key));
    if (typed.size() > longest_name || typed.find('.') == std::string::npos) {
        section.fail(key, "\"" + typed + "\" is no full domain name", "a name such as a.ntm.test");
    }
    return typed;
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
    into.suites.clear();
    for (const std::string& suite :
         paths.choices("suites", {"aes-128-gcm", "chacha20-poly1305"}, Need::optional)) {
        into.suites.push_back(
            suite == "aes-128-gcm" ? crypto::Suite::aes_128_gcm : crypto::Suite::chacha20_poly1305
        );
    }
}

void read_root(Section& root, NodeConfig& into) {
    into.fqdn = name(root, "fqdn");
    into.port = root.port("port", into.port);
    into.key_file = root.text("key_file");
    into.admin_socket = root.text("admin_socket", "/run/ntm/node.sock");
    root.section("dc", Need::required, [&](Section& dc) { read_dc(dc, into); });
    into.zones = root.texts("zones", Need::required);
    for (std::string& zone : into.zones) {
        zone = normalized_name(zone);
        if (zone.empty() || zone.size() > longest_name) {
            root.fail("zones", "the root and overlong names are no zones of NTMobile");
        }
    }
    into.tun_name = "ntm0";
    root.section("tun", Need::optional, [&](Section& tun) {
        into.tun_name = tun.text("name", into.tun_name);
        if (into.tun_name.size() > longest_interface_name ||
            into.tun_name.find('/') != std::string::npos) {
            tun.fail("name", "no interface can have this name", "at most 15 characters without /");
        }
    });
    root.section("resolver", Need::optional, [&](Section& part) { read_resolver(part, into); });
    root.section("paths", Need::optional, [&](Section& paths) { read_suites(paths, into); });
    if (into.suites.empty()) {
        into.suites = {crypto::Suite::aes_128_gcm, crypto::Suite::chacha20_poly1305};
    }
    into.log_level = config::read_log_level(root);
}

}  // namespace

Result<NodeConfig, config::ConfigError> read_config(const std::string& file) {
    return config::read<NodeConfig>(file, read_root);
}

}  // namespace ntm::client
