// SPDX-License-Identifier: BSD-3-Clause
// The kernel's links, routes and neighbours as far as they concern the relay's TAPs, and the table
// of next hops that workers index. Pure: netlink updates go in.
#pragma once

#include "common/base/address.hpp"
#include "control/netlink_messages.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

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

// A neighbour whose link address the kernel shall keep.
struct Neighbour {
    int link = 0;
    IpAddress address;
    friend auto operator<=>(const Neighbour&, const Neighbour&) = default;
};

class RouteMirror {
  public:
    // `ports` in the configuration's order.
    explicit RouteMirror(std::vector<MirroredPort> ports);

    // What came of an update.
    struct Effect {
        bool are_hops_changed = false;    // next_hops() differs: to be published
        bool are_routes_changed = false;  // resolve() may answer otherwise
    };
    Effect apply(const NetlinkUpdate& update);
    // Takes a whole dump in place of all that apply() brought.
    void reload(const std::vector<NetlinkUpdate>& dump);

    // The next hop towards an address; no_next_hop if there is no route over a port. A neighbour
    // that is used for the first time gets the next number, which stays its for good.
    [[nodiscard]] tables::NextHopIndex resolve(const IpAddress& remote);
    // A number for a neighbour that will be needed.
    tables::NextHopIndex use(const Neighbour& neighbour);

    // A neighbour that the kernel asks for in vain keeps its last link address, so that lost or
    // flooded ARP and ND stop no path; it goes with the kernel's entry or when the link goes down.
    [[nodiscard]] std::vector<relay::NextHop> next_hops() const;
    // Whether the kernel has the link address of the neighbour with this number by its own account.
    [[nodiscard]] bool is_resolved(tables::NextHopIndex number) const;
    // Neighbours that have got a number since the last call of take_new_neighbours().
    [[nodiscard]] bool has_new_neighbours() const noexcept { return taken_ < used_.size(); }
    [[nodiscard]] std::vector<Neighbour> take_new_neighbours();
    // All numbered neighbours, by number.
    [[nodiscard]] const std::vector<Neighbour>& neighbours() const noexcept { return used_; }

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

    Effect apply_one(const LinkUpdate& update);
    Effect apply_one(const NeighbourUpdate& update);
    Effect apply_one(const RouteUpdate& update);
    [[nodiscard]] const MirroredPort* find_port(int link) const;
    [[nodiscard]] const Way* find_way(const IpAddress& remote) const;

    std::vector<MirroredPort> ports_;
    std::map<int, LinkState> links_;
    std::map<RouteKey, Way> routes_;
    std::map<Neighbour, LinkAddress> macs_;
    std::map<Neighbour, tables::NextHopIndex> numbers_;
    std::vector<Neighbour> used_;
    std::size_t taken_ = 0;
};

}  // namespace ntm::control
