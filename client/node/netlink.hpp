// SPDX-License-Identifier: BSD-3-Clause
// The kernel's interfaces, addresses and routes by rtnetlink: what AddressWatch reads and what
// TunDevice sets.
#pragma once

#include "common/base/address.hpp"
#include "common/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

struct mnl_socket;
struct nlmsghdr;

namespace ntm::client {

struct KernelInterface {
    std::uint32_t index = 0;
    std::string name;
    bool is_up = false;  // and its carrier is there
    bool is_loopback = false;
    std::uint32_t carrier_ups = 0;  // how often its carrier has come
};

struct KernelAddress {
    std::uint32_t interface_index = 0;
    InterfaceAddress address;
    bool is_usable = false;  // neither tentative (optimistic is), failed, deprecated nor temporary
};

struct DefaultRoute {
    std::uint32_t interface_index = 0;
    Family family = Family::ipv4;
    std::uint32_t table = 0;
};

struct KernelState {
    std::vector<KernelInterface> interfaces;
    std::vector<KernelAddress> addresses;
    std::vector<DefaultRoute> default_routes;
};

// Which table a packet is routed by (ip-rule(8)). Ours carry a number of our own as their protocol.
struct PolicyRule {
    Family family = Family::ipv4;
    std::uint32_t priority = 0;
    std::optional<std::uint32_t> mark{};  // of the packets that it is for
    std::optional<Prefix> source{};       // likewise
    bool finds_source = false;            // of IPv6: what has none yet gets it by this route
    std::uint32_t table = 0;
    bool passes_over_default = false;        // in the table
    std::optional<std::uint32_t> goes_to{};  // the rule of this priority, instead of a table
};

// The error is a sentence.
[[nodiscard]] Result<KernelState, std::string> read_kernel_state();

// One socket for orders; each call waits for the kernel's answer. Errors are sentences.
class Netlink {
  public:
    [[nodiscard]] static Result<Netlink, std::string> open();
    ~Netlink();
    Netlink(Netlink&& other) noexcept;
    Netlink& operator=(Netlink&&) = delete;
    Netlink(const Netlink&) = delete;
    Netlink& operator=(const Netlink&) = delete;

    [[nodiscard]] Result<Nothing, std::string> set_link(
        std::uint32_t index, std::uint16_t mtu, bool is_up
    );
    [[nodiscard]] Result<Nothing, std::string> add_address(
        std::uint32_t index, const InterfaceAddress& address
    );
    [[nodiscard]] Result<Nothing, std::string> remove_address(
        std::uint32_t index, const InterfaceAddress& address
    );
    [[nodiscard]] Result<Nothing, std::string> add_route(std::uint32_t index, const Prefix& prefix);
    [[nodiscard]] Result<Nothing, std::string> remove_route(
        std::uint32_t index, const Prefix& prefix
    );
    // Whatever leaves by it gets this address, if it has none. Refused if the table has another.
    [[nodiscard]] Result<Nothing, std::string> add_default_route(
        std::uint32_t index, std::uint32_t table, const IpAddress& from
    );
    [[nodiscard]] Result<Nothing, std::string> remove_default_route(
        std::uint32_t index, std::uint32_t table, const IpAddress& from
    );
    // One that is there already stays.
    [[nodiscard]] Result<Nothing, std::string> add_rule(const PolicyRule& rule);
    // One of ours that is all that this one says; what is zero or empty says nothing.
    [[nodiscard]] Result<Nothing, std::string> remove_rule(const PolicyRule& rule);

  private:
    explicit Netlink(mnl_socket* socket) noexcept : socket_{socket} {}
    // `as_good_as_done`: an errno of the kernel's that is no failure.
    [[nodiscard]] Result<Nothing, std::string> order(nlmsghdr* request, int as_good_as_done = 0);
    [[nodiscard]] Result<Nothing, std::string> change_address(
        std::uint16_t type, std::uint16_t flags, std::uint32_t index, const InterfaceAddress& at
    );
    [[nodiscard]] Result<Nothing, std::string> change_route(
        std::uint16_t type, std::uint16_t flags, std::uint32_t index, const Prefix& prefix
    );
    [[nodiscard]] Result<Nothing, std::string> change_default_route(
        std::uint16_t type,
        std::uint16_t flags,
        std::uint32_t index,
        std::uint32_t table,
        const IpAddress& from
    );

    mnl_socket* socket_;  // owned
    std::uint32_t sequence_ = 0;
};

}  // namespace ntm::client
