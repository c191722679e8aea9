// SPDX-License-Identifier: BSD-3-Clause
#include "control/port_setup.hpp"

#include <algorithm>
#include <fstream>

namespace ntm::control {

namespace {

void set_ipv4_option(const std::string& link, const std::string& key, const std::string& value) {
    std::ofstream{"/proc/sys/net/ipv4/conf/" + link + "/" + key} << value;
}

// The device under the port is the workers' alone. Where the kernel sees its frames too, it must
// take none of them for itself.
void quieten_device(const PortConfig& port) {
    if (port.kind != PortKind::af_xdp && port.kind != PortKind::af_packet) {
        return;
    }
    // False without IPv6 in the kernel, which is as good.
    static_cast<void>(set_ipv6_option(port.device, "disable_ipv6", "1"));
    if (port.kind == PortKind::af_packet) {
        set_ipv4_option(port.device, "arp_ignore", "8");  // answers nothing
        set_ipv4_option(port.device, "rp_filter", "1");   // the routes lead to the TAP
    }
}

Result<Nothing, std::string> set_up_tap(
    const PortConfig& port,
    const relay::PortView& device,
    const TapDevice& tap,
    NetlinkRequests& netlink
) {
    const bool has_ipv6 = std::ranges::any_of(port.addresses, [](const InterfaceAddress& address) {
        return address.address.is_ipv6();
    });
    const bool is_quiet = set_ipv6_option(tap.name(), "accept_dad", "0") &&
                          set_ipv6_option(tap.name(), "accept_ra", "0");
    if (has_ipv6 && !is_quiet) {
        return Unexpected{"the TAP " + tap.name() + " has IPv6 addresses, and the kernel no IPv6"};
    }
    if (auto done = netlink.set_link(tap.index(), device.mac, device.mtu); !done) {
        return done;
    }
    if (auto done = netlink.set_up(tap.index()); !done) {
        return done;
    }
    for (const InterfaceAddress& address : port.addresses) {
        if (auto done = netlink.add_address(tap.index(), address); !done) {
            return done;
        }
    }
    for (const IpAddress& gateway : port.gateways) {
        if (auto done = netlink.add_default_route(tap.index(), gateway); !done) {
            return done;
        }
    }
    return Nothing{};
}

}  // namespace

Result<std::vector<TapDevice>, std::string> set_up_taps(
    const RelayConfig& config, const relay::Observation& observation, NetlinkRequests& netlink
) {
    std::vector<TapDevice> taps;
    for (std::size_t i = 0; i < config.ports.size(); ++i) {
        quieten_device(config.ports[i]);
        auto tap = TapDevice::make(config.ports[i].tap);
        if (!tap) {
            return Unexpected{tap.error()};
        }
        taps.push_back(*std::move(tap));
        const auto done = set_up_tap(config.ports[i], observation.port(i), taps.back(), netlink);
        if (!done) {
            return Unexpected{"port " + config.ports[i].device + ": " + done.error()};
        }
    }
    return taps;
}

}  // namespace ntm::control
