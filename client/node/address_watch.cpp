// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/address_watch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ntm::client {

namespace {

constexpr auto retry_after = std::chrono::milliseconds{100};

InterfaceKind kind_of(const std::string& name) {
    const std::string folder = "/sys/class/net/" + name;
    if (::access((folder + "/wireless").c_str(), F_OK) == 0) {
        return InterfaceKind::wireless;
    }
    if (name.starts_with("wwan")) {
        return InterfaceKind::cellular;
    }
    return InterfaceKind::wired;
}

int open_events() {
    const int events = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (events < 0) {
        return -1;
    }
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                        RTMGRP_IPV6_ROUTE;
    sockaddr generic{};
    static_assert(sizeof(address) <= sizeof(generic));
    std::memcpy(&generic, &address, sizeof(address));
    if (::bind(events, &generic, sizeof(address)) < 0) {
        ::close(events);
        return -1;
    }
    return events;
}

}  // namespace

std::vector<RealAddress> real_addresses(const KernelState& state, std::uint32_t tun_index) {
    std::vector<RealAddress> all;
    for (const KernelAddress& at : state.addresses) {
        const auto interface = std::find_if(
            state.interfaces.begin(),
            state.interfaces.end(),
            [&](const KernelInterface& candidate) { return candidate.index == at.interface_index; }
        );
        const IpAddress& ip = at.address.address;
        if (interface == state.interfaces.end() || !interface->is_up || interface->is_loopback ||
            interface->index == tun_index || !at.is_usable || ip.is_link_local() ||
            ip.is_loopback() || ip.is_unspecified() || ip.is_multicast()) {
            continue;
        }
        const bool is_routed = std::any_of(
            state.default_routes.begin(),
            state.default_routes.end(),
            [&](const DefaultRoute& route) {
                return route.interface_index == at.interface_index && route.family == ip.family();
            }
        );
        all.push_back({at.address, at.interface_index, kind_of(interface->name), is_routed});
    }
    return all;
}

Result<std::unique_ptr<AddressWatch>, std::string> AddressWatch::create(
    asio::io_context& loop, std::uint32_t tun_index, Hooks hooks
) {
    const int events = open_events();
    if (events < 0) {
        return Unexpected{std::string{"can not watch addresses: "} + std::strerror(errno)};
    }
    return std::unique_ptr<AddressWatch>{
        new AddressWatch{loop, events, tun_index, std::move(hooks)}};
}

AddressWatch::AddressWatch(asio::io_context& loop, int events, std::uint32_t tun_index, Hooks hooks)
    : events_{loop, events}, tun_index_{tun_index}, hooks_{std::move(hooks)}, retry_{loop} {}

void AddressWatch::start() {
    report();
    wait();
}

// An event only says that something has changed; the whole state is read then, so that a lost event
// costs nothing.
void AddressWatch::wait() {
    events_.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [this](const asio::error_code& error) {
            if (error) {
                return;
            }
            std::array<char, 8192> ignored;
            while (::recv(events_.native_handle(), ignored.data(), ignored.size(), 0) > 0 ||
                   errno == ENOBUFS) {
            }
            report();
            wait();
        }
    );
}

void AddressWatch::report() {
    const auto state = hooks_.read();
    if (!state) {
        if (!std::exchange(is_troubled_, true)) {
            hooks_.on_trouble("can not read the host's addresses: " + state.error());
        }
        report_later();
        return;
    }
    is_troubled_ = false;
    retry_.cancel();
    hooks_.on_state(*state);
    hooks_.on_change(real_addresses(*state, tun_index_));
}

void AddressWatch::report_later() {
    retry_.expires_after(retry_after);
    retry_.async_wait([this](const asio::error_code& is_cancelled) {
        if (!is_cancelled) {
            report();
        }
    });
}

}  // namespace ntm::client
