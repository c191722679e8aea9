// SPDX-License-Identifier: BSD-3-Clause
// rtnetlink for the control thread: one socket that listens for changes, and one that asks and
// waits for the kernel's acknowledgement.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "control/netlink_messages.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct mnl_socket;
struct nlmsghdr;

namespace ntm::control {

struct CloseNetlink {
    void operator()(mnl_socket* socket) const noexcept;
};
using NetlinkHandle = std::unique_ptr<mnl_socket, CloseNetlink>;

// Asks and waits; every call may be repeated without harm. Errors are sentences.
class NetlinkRequests {
  public:
    [[nodiscard]] static Result<NetlinkRequests, std::string> open();

    // All links, neighbours and routes of both families.
    [[nodiscard]] static Result<std::vector<NetlinkUpdate>, std::string> dump();
    // Gives a link its address and MTU.
    [[nodiscard]] Result<Nothing, std::string> set_link(
        int index, const MacAddress& mac, std::uint16_t mtu
    );
    [[nodiscard]] Result<Nothing, std::string> set_up(int index);
    // Without duplicate address detection: usable at once.
    [[nodiscard]] Result<Nothing, std::string> add_address(
        int index, const InterfaceAddress& address
    );
    [[nodiscard]] Result<Nothing, std::string> add_default_route(
        int index, const IpAddress& gateway
    );
    // Has the kernel resolve this neighbour now and keep it resolved (NTF_EXT_MANAGED).
    [[nodiscard]] Result<Nothing, std::string> manage_neighbour(
        int index, const IpAddress& address
    );
    // Takes the neighbour out of the kernel's table, if it is there.
    [[nodiscard]] Result<Nothing, std::string> forget_neighbour(
        int index, const IpAddress& address
    );

  private:
    explicit NetlinkRequests(NetlinkHandle socket) noexcept : socket_{std::move(socket)} {}
    [[nodiscard]] Result<Nothing, std::string> send(nlmsghdr* request, const std::string& what);
    NetlinkHandle socket_;
    std::uint32_t sequence_ = 0;
};

// Listens; its descriptor is readable when there is something.
class NetlinkEvents {
  public:
    [[nodiscard]] static Result<NetlinkEvents, std::string> open();
    [[nodiscard]] int descriptor() const noexcept;

    // What has come. Nothing at all: some was lost, and the caller dumps anew.
    [[nodiscard]] std::optional<std::vector<NetlinkUpdate>> read();

  private:
    explicit NetlinkEvents(NetlinkHandle socket) noexcept : socket_{std::move(socket)} {}
    NetlinkHandle socket_;
};

}  // namespace ntm::control
