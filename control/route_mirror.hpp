// SPDX-License-Identifier: BSD-3-Clause
// The kernel's links, routes and neighbours as far as they concern the relay's TAPs, and the table
// of next hops that workers index. Pure: netlink updates go in.
#pragma once

#include "common/base/address.hpp"
#include "control/hop_numbers.hpp"
#include "control/netlink_messages.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace ntm::control {

// A TAP and the port that it stands for.
struct MirroredPort {
    int link = 0;  // index of the TAP
    MacAddress mac;
};

class RouteMirror {
  public:
    // `ports` in the configuration's order.
    explicit RouteMirror(std::vector<MirroredPort> ports);

    // What came of an update.
    struct Effect {
        bool are_hops_changed = false;    // next_hops() differs: to be published
        bool are_routes_changed = false;  // resolve() may answer otherwise
        bool is_dump_needed = false;      // the update does not say what the kernel has now
    };
    Effect apply(const NetlinkUpdate& update);
    // Takes a whole dump in place of all that apply() brought.
    void reload(const std::vector<NetlinkUpdate>& dump);

    // The next hop towards an address, for the unspecified one the gateway of the default route;
    // no_next_hop if there is no route over a port. A neighbour
    // that is used for the first time gets a number, which stays its as long as it is asked for in
    // each sweep.
    [[nodiscard]] tables::NextHopIndex resolve(const IpAddress& remote);
    [[nodiscard]] HopNumbers& numbers() noexcept { return numbers_; }

    // A neighbour that the kernel asks for in vain keeps its last link address, so that lost or
    // flooded ARP and ND stop no path; it goes with the kernel's entry or when the link goes down.
    [[nodiscard]] std::vector<relay::NextHop> next_hops() const;
    // Whether the kernel has the neighbour's link address by its own account.
    [[nodiscard]] bool is_resolved(const Neighbour& neighbour) const;

  private:
    struct LinkState {
        bool is_up = false;
        std::uint32_t mtu = 0;
    };
    struct LinkAddress {
        MacAddress mac;
        bool is_confirmed = true;  // false: the last known, which the kernel is asking for again
        friend bool operator==(const LinkAddress&, const LinkAddress&) = default;
    };
    struct RouteKey {
        Prefix destination;
        std::uint32_t metric = 0;
        friend auto operator<=>(const RouteKey&, const RouteKey&) = default;
    };
    struct Way {
        int link = 0;
        std::optional<IpAddress> gateway;
        std::uint32_t mtu = 0;
        friend bool operator==(const Way&, const Way&) = default;
    };

    // What the kernel has for one destination and metric.
    struct Known {
        Way way;  // the first over a port, or else any
        bool is_single = true;
    };

    Effect apply_one(const LinkUpdate& update);
    Effect apply_one(const NeighbourUpdate& update);
    Effect apply_one(const RouteUpdate& update);
    [[nodiscard]] std::uint32_t& routes_as_long(const Prefix& destination);
    [[nodiscard]] const MirroredPort* find_port(int link) const;
    [[nodiscard]] const Way* find_way(const IpAddress& remote) const;
    void add_dumped(const RouteUpdate& update);
    [[nodiscard]] relay::NextHop make_hop(const Hop& hop) const;

    std::vector<MirroredPort> ports_;
    std::map<int, LinkState> links_;
    std::map<RouteKey, Known> routes_;
    // How many routes there are with a prefix of each length, by family: most lengths have none, and
    // a look-up passes over them.
    std::array<std::array<std::uint32_t, 129>, 2> lengths_{};
    std::map<Neighbour, LinkAddress> macs_;
    HopNumbers numbers_;
};

}  // namespace ntm::control
