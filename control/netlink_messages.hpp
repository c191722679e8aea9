// SPDX-License-Identifier: BSD-3-Clause
// What the kernel says over rtnetlink, as values: links, neighbours and routes (libmnl for the
// bytes). Pure: a buffer goes in, updates come out.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ntm::control {

struct LinkUpdate {
    int index = 0;
    std::string name;
    bool is_up = false;  // administratively, and with a carrier
    std::uint32_t mtu = 0;
    bool is_gone = false;
    friend bool operator==(const LinkUpdate&, const LinkUpdate&) = default;
};

struct NeighbourUpdate {
    int link = 0;
    IpAddress address;
    MacAddress mac;
    bool is_usable = false;  // reachable, stale, delay, probe, permanent or noarp
    bool is_gone = false;    // the kernel has no entry any more
    friend bool operator==(const NeighbourUpdate&, const NeighbourUpdate&) = default;
};

// Of several routes with one destination and metric the kernel takes the first, and its messages do
// not always say which that is.
struct RouteUpdate {
    Prefix destination;
    int link = 0;                      // 0: what goes there is refused (blackhole and the like)
    std::optional<IpAddress> gateway;  // of the route's own family or the other; none: on link
    std::uint32_t metric = 0;
    std::uint32_t mtu = 0;  // 0: the link's
    bool is_gone = false;
    bool replaces = false;          // the route with this destination and metric
    bool has_several_ways = false;  // link and gateway are those of the first
    friend bool operator==(const RouteUpdate&, const RouteUpdate&) = default;
};

using NetlinkUpdate = std::variant<LinkUpdate, NeighbourUpdate, RouteUpdate>;

// All updates of a buffer of whole messages; what is of no interest (other tables and route types,
// multicast, bridges, routes for one type of service or source) or malformed is left out.
[[nodiscard]] std::vector<NetlinkUpdate> parse_netlink(ByteView buffer);

}  // namespace ntm::control
