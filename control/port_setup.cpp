// SPDX-License-Identifier: BSD-3-Clause
#include "control/port_setup.hpp"

#include <algorithm>

namespace ntm::control {

namespace {

// The kernel's first question for a neighbour may come before the port can send, and the next a second
// later: by then nodes would have waited. As long in all, but five times as often.
void ask_for_neighbours_often(const std::string& tap) {
    for (const char* neighbours : {"ipv4/neigh/", "ipv6/neigh/"}) {
        const std::string options = neighbours + tap + "/";
        static_cast<void>(set_network_option(options + "retrans_time_ms", "200"));
        static_cast<void>(set_network_option(options + "mcast_solicit", "15"));
    }
}

Result<Nothing, std::string> set_up_tap(
    const PortConfig& port,
    const relay::PortView& device,
    const TapDevice& tap,
    NetlinkRequests& netlink
) {
    if (std::string lack = mtu_lack(device.mtu); !lack.empty()) {
        return Unexpected{std::move(lack)};
    }
    const bool has_ipv6 = std::ranges::any_of(port.addresses, [](const InterfaceAddress& address) {
        return address.address.is_ipv6();
    });
    const std::string ipv6_options = "ipv6/conf/" + tap.name() + "/";
    const bool is_quiet = set_network_option(ipv6_options + "accept_dad", "0") &&
                          set_network_option(ipv6_options + "accept_ra", "0");
    if (has_ipv6 && !is_quiet) {
        return Unexpected{"the TAP " + tap.name() + " has IPv6 addresses, and the kernel no IPv6"};
    }
    ask_for_neighbours_often(tap.name());
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

std::string mtu_lack(std::uint16_t mtu) {
    if (mtu >= least_mtu) {
        return "";
    }
    return "its MTU is " + std::to_string(mtu) + ": tunnels need " + std::to_string(least_mtu) +
           " or more, since paths carry packets of 1280 bytes";
}

Result<std::vector<TapDevice>, std::string> set_up_taps(
    const RelayConfig& config, const relay::Observation& observation, NetlinkRequests& netlink
) {
    std::vector<TapDevice> taps;
    for (std::size_t i = 0; i < config.ports.size(); ++i) {
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
