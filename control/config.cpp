// SPDX-License-Identifier: BSD-3-Clause
#include "control/config.hpp"

#include "common/base/names.hpp"
#include "common/config/reader.hpp"
#include "common/config/shared_keys.hpp"
#include "control/device_names.hpp"

#include <algorithm>
#include <array>

namespace ntm::control {

namespace {

using config::Need;
using config::Section;

constexpr const char* wanted_interface = "at most 15 characters without / : and spaces";
constexpr std::size_t most_own_addresses = 255;
constexpr const char* own_key_text = "this is the relay's own public key";

void read_dc(Section& section, RelayConfig& into) {
    DcConfig dc;
    dc.name = section.text("name");
    dc.key = section.parsed("key", crypto::PublicKey::parse, "base64 of 32 bytes");
    dc.addresses = section.endpoints("addresses", Need::required);
    // What could not be read has been complained about already, and is nobody's double.
    const bool has_key = dc.key != crypto::PublicKey{};
    for (const DcConfig& other : into.dcs) {
        if (!dc.name.empty() && other.name == dc.name) {
            section.fail(
                "name", "another DC has the name " + config::in_quotes(dc.name), "each name once"
            );
        }
        if (has_key && other.key == dc.key) {
            section.fail(
                "key", "the DC " + config::in_quotes(other.name) + " has this key", "each key once"
            );
        }
    }
    if (has_key && into.own_key == dc.key) {
        section.fail("key", own_key_text, "the DC's public key");
    }
    config::check_endpoints(section, "addresses", dc.addresses);
    into.dcs.push_back(std::move(dc));
}

// One of netdev, pci and vdev says what the port is.
void read_device(Section& section, PortConfig& port) {
    const std::array<std::string, 3> keys{"netdev", "pci", "vdev"};
    const auto given =
        std::ranges::count_if(keys, [&](const std::string& key) { return section.has(key); });
    if (given != 1) {
        section.fail(
            "netdev",
            "a port has exactly one of netdev, pci and vdev",
            "one, and here are " + std::to_string(given)
        );
    }
    if (section.has("pci")) {
        port.kind = PortKind::pci;
        port.device = section.parsed(
            "pci", parse_pci_address, "domain:bus:device.function such as 0000:03:00.0"
        );
        return;
    }
    if (section.has("vdev")) {
        port.kind = PortKind::vdev;
        port.device = section.parsed(
            "vdev", parse_vdev, "net_ and a driver of DPDK, perhaps with ,key=value: net_ring0"
        );
        return;
    }
    port.device = section.text("netdev", "");
    if (!port.device.empty() && !is_interface_name(port.device)) {
        const std::string what = "no interface can be called " + config::in_quotes(port.device);
        section.fail("netdev", what, wanted_interface);
    }
    const std::string driver = section.choice("driver", {"af_xdp", "af_packet"}, "af_xdp");
    port.kind = driver == "af_packet" ? PortKind::af_packet : PortKind::af_xdp;
}

bool is_in_network(const InterfaceAddress& interface, const IpAddress& other) {
    return Prefix{interface.address, interface.prefix_length}.contains(other);
}

void read_tap(Section& section, PortConfig& port) {
    port.tap = section.text("tap");
    if (port.tap.empty()) {
        return;
    }
    if (!is_interface_name(port.tap)) {
        const std::string what = "no interface can be called " + config::in_quotes(port.tap);
        section.fail("tap", what, wanted_interface);
    }
    if (port.tap == port.device) {
        section.fail(
            "tap", config::in_quotes(port.tap) + " is the port's own name", "another name"
        );
    }
}

const char* key_of(PortKind kind) {
    return kind == PortKind::pci ? "pci" : kind == PortKind::vdev ? "vdev" : "netdev";
}

void check_own_addresses(Section& section, const RelayConfig& relay, const PortConfig& port) {
    std::vector<IpAddress> taken = relay.own_addresses();
    for (std::size_t i = 0; i < port.addresses.size(); ++i) {
        const IpAddress& address = port.addresses[i].address;
        if (address.is_unspecified() || address.is_loopback() || address.is_multicast()) {
            section.fail_item(
                "addresses",
                i,
                address.text() + " is no address of an interface",
                "addresses that others can reach"
            );
        } else if (std::ranges::find(taken, address) != taken.end()) {
            section.fail_item(
                "addresses", i, address.text() + " is there twice", "each address once"
            );
        }
        taken.push_back(address);
    }
}

void check_gateways(Section& section, const PortConfig& port) {
    const auto ipv4 = std::ranges::count_if(port.gateways, &IpAddress::is_ipv4);
    if (ipv4 > 1 || static_cast<std::ptrdiff_t>(port.gateways.size()) - ipv4 > 1) {
        section.fail(
            "gateways", "there are two gateways of one family", "one IPv4 and one IPv6 address"
        );
    }
    if (port.addresses.empty()) {
        return;  // complained about already
    }
    for (const IpAddress& gateway : port.gateways) {
        const bool is_on_link =
            gateway.is_link_local() ||
            std::ranges::any_of(port.addresses, [&](const InterfaceAddress& address) {
                return is_in_network(address, gateway);
            });
        if (!is_on_link) {
            section.fail("gateways", gateway.text() + " is on no network of the port's addresses");
        }
    }
}

void read_port(Section& section, RelayConfig& into) {
    PortConfig port;
    read_device(section, port);
    read_tap(section, port);
    port.addresses = section.interface_addresses("addresses", Need::required);
    check_own_addresses(section, into, port);
    port.gateways = section.addresses("gateways", Need::optional);
    port.queues = static_cast<std::uint16_t>(section.integer("queues", {1, 64}, into.workers));
    if (into.workers != 0 && port.queues != into.workers) {
        // A worker serves one queue of each port: one queue more would never be emptied.
        const std::string workers = std::to_string(into.workers);
        section.fail(
            "queues",
            std::to_string(port.queues) + " queues: a port has as many queues as there are workers",
            workers
        );
    }
    if (section.has("mtu")) {
        port.mtu = static_cast<std::uint16_t>(section.integer("mtu", {least_mtu, 9216}));
    }
    check_gateways(section, port);
    const auto has_tap = [&](const PortConfig& other) {
        return !port.tap.empty() && other.tap == port.tap;
    };
    if (std::ranges::any_of(into.ports, has_tap)) {
        section.fail(
            "tap", "another port has the TAP " + config::in_quotes(port.tap), "a TAP for each"
        );
    }
    const auto has_device = [&](const PortConfig& other) {
        return !port.device.empty() && other.device == port.device;
    };
    if (std::ranges::any_of(into.ports, has_device)) {
        section.fail(
            key_of(port.kind), "another port is " + config::in_quotes(port.device), "each once"
        );
    }
    into.ports.push_back(std::move(port));
}

void check_addresses(Section& root, const RelayConfig& relay) {
    if (relay.own_addresses().size() > most_own_addresses) {
        root.fail("ports", "there are more than 255 addresses");
    }
}

void read_workers(Section& workers, RelayConfig& into) {
    into.workers = static_cast<std::uint16_t>(workers.integer("count", {1, 64}, 1));
    into.idle_sleep = workers.boolean("idle_sleep", true);
}

void read_limits(Section& limits, RelayConfig& into) {
    const auto rate = [&](const char* key, std::uint32_t& value) {
        value = static_cast<std::uint32_t>(limits.integer(key, {1, 10'000'000}, value));
    };
    rate("legs_per_second", into.limits.legs_per_second);
    rate("path_legs_per_second", into.limits.path_legs_per_second);
    rate("signals_per_second", into.limits.signals_per_second);
    rate("handshakes_per_second", into.limits.handshakes_per_second);
    rate("cookies_per_second", into.limits.cookies_per_second);
    rate("host_packets_per_second", into.limits.host_packets_per_second);
    rate("neighbour_packets_per_second", into.limits.neighbour_packets_per_second);
}

void read_eal(Section& eal, RelayConfig& into) {
    if (eal.has("file_prefix")) {
        into.file_prefix = eal.parsed(
            "file_prefix", parse_file_prefix, "letters, digits, - _ ., a letter or digit first"
        );
    }
    const std::string pages = eal.choice("hugepages", {"auto", "required", "none"}, "auto");
    const auto is_pci = [](const PortConfig& port) {
        return port.kind == PortKind::pci;
    };
    if (pages == "none" && std::ranges::any_of(into.ports, is_pci)) {
        eal.fail("hugepages", "\"none\" does not go with a PCI port", "auto, required");
    }
    into.hugepages = pages == "required" ? Hugepages::required
                     : pages == "none"   ? Hugepages::none
                                         : Hugepages::if_there;
    into.extra_eal_args = eal.texts("extra_args", Need::optional);
}

void read_root(Section& root, config::KeyFiles keys, RelayConfig& into) {
    const auto label = [](std::string_view text) {
        return is_label(text) ? std::optional{std::string{text}} : std::nullopt;
    };
    into.name =
        root.parsed("name", label, "1 to 63 letters, digits and hyphens, no hyphen first or last");
    into.listen_port = root.port("listen_port", into.listen_port);
    if (const auto key = config::read_key(root, keys, into.key_file)) {
        into.own_key = crypto::KeyPair::from_private(*key).public_key();
    }
    into.admin_socket = config::read_admin_socket(root, "/run/ntm/relay.sock", {into.key_file});
    into.state_file = root.text("state_file", "");
    if (!into.state_file.empty() &&
        (into.state_file == into.key_file || into.state_file == into.admin_socket)) {
        const std::string what = config::in_quotes(into.state_file);
        root.fail("state_file", what + " is another file's name here", "a file of its own");
    }
    root.sections("dcs", Need::required, [&](Section& dc) { read_dc(dc, into); });
    root.section("workers", Need::optional, [&](Section& part) { read_workers(part, into); });
    root.sections("ports", Need::required, [&](Section& port) { read_port(port, into); });
    check_addresses(root, into);
    root.section("paths", Need::optional, [&](Section& paths) {
        into.path_capacity =
            static_cast<std::uint32_t>(paths.integer("capacity", {1, 16'000'000}, 65536));
        into.suites = config::read_suites(paths);
    });
    root.section("napt", Need::optional, [&](Section& napt) {
        into.napt = read_napt(napt, into.listen_port);
        if (into.workers != 0 && into.napt->blocks() % into.workers != 0) {
            napt.fail(
                "addresses",
                "the blocks of ports can not be parted evenly among " +
                    std::to_string(into.workers) + " workers",
                "ports: count of so many times block"
            );
        }
    });
    root.section("limits", Need::optional, [&](Section& limits) { read_limits(limits, into); });
    into.file_prefix = "ntm-" + into.name;
    root.section("eal", Need::optional, [&](Section& eal) { read_eal(eal, into); });
    into.log_level = config::read_log_level(root);
}

}  // namespace

std::vector<IpAddress> RelayConfig::own_addresses() const {
    std::vector<IpAddress> all;
    for (const PortConfig& port : ports) {
        for (const InterfaceAddress& address : port.addresses) {
            all.push_back(address.address);
        }
    }
    return all;
}

std::optional<std::string> clash_in(const RelayConfig& config) {
    for (const DcConfig& dc : config.dcs) {
        if (config.own_key == dc.key) {
            return "the key of the DC " + config::in_quotes(dc.name) + ": " + own_key_text;
        }
    }
    return std::nullopt;
}

Result<RelayConfig, config::ConfigError> read_relay_config(
    const std::string& file, config::KeyFiles keys
) {
    auto config = config::read<RelayConfig>(file, [keys](Section& root, RelayConfig& into) {
        read_root(root, keys, into);
    });
    if (config) {
        config->file = file;
    }
    return config;
}

}  // namespace ntm::control
