// SPDX-License-Identifier: BSD-3-Clause
#include "control/route_mirror.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ntm::control {

namespace {

// The address with all bits behind `length` cleared.
IpAddress cut(const IpAddress& address, int length) {
    std::array<std::uint8_t, 16> bytes = address.padded();
    for (int i = 0; i < 16; ++i) {
        const int kept = std::clamp(length - i * 8, 0, 8);
        bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00U >> kept);
    }
    const std::size_t size = address.is_ipv4() ? 4 : 16;
    return IpAddress::from_bytes(ByteView{bytes}.first(size)).value_or(address);
}

}  // namespace

RouteMirror::RouteMirror(std::vector<MirroredPort> ports) : ports_{std::move(ports)} {}

RouteMirror::Effect RouteMirror::apply(const NetlinkUpdate& update) {
    return std::visit([this](const auto& one) { return apply_one(one); }, update);
}

void RouteMirror::reload(const std::vector<NetlinkUpdate>& dump) {
    links_.clear();
    routes_.clear();
    lengths_ = {};
    const std::map<Neighbour, LinkAddress> before = std::exchange(macs_, {});
    for (const NetlinkUpdate& update : dump) {
        // What the kernel was asking for when the dump was made keeps its last known address.
        if (const auto* const one = std::get_if<NeighbourUpdate>(&update)) {
            const auto known = before.find({one->link, one->address});
            if (!one->is_usable && known != before.end()) {
                macs_.insert(*known);
            }
        }
        if (const auto* const route = std::get_if<RouteUpdate>(&update)) {
            add_dumped(*route);
            continue;
        }
        static_cast<void>(apply(update));
    }
}

// A dump has the routes of one destination and metric in the order in which the kernel takes them.
void RouteMirror::add_dumped(const RouteUpdate& update) {
    const Way way{update.link, update.gateway, update.mtu};
    const auto [at, is_first] =
        routes_.try_emplace({update.destination, update.metric}, Known{way, true});
    routes_as_long(update.destination) += is_first ? 1 : 0;
    Known& known = at->second;
    known.is_single = is_first && !update.has_several_ways;
    const bool is_the_hosts = known.way.link != 0 && find_port(known.way.link) == nullptr;
    if (is_the_hosts && find_port(way.link) != nullptr) {
        known.way = way;
    }
}

RouteMirror::Effect RouteMirror::apply_one(const LinkUpdate& update) {
    if (find_port(update.index) == nullptr) {
        return {};
    }
    LinkState& link = links_[update.index];
    const LinkState now{update.is_up && !update.is_gone, update.mtu};
    const bool is_changed = link.is_up != now.is_up || link.mtu != now.mtu;
    link = now;
    if (!now.is_up) {
        // Behind a link that comes back may be other stations.
        std::erase_if(macs_, [&](const auto& known) { return known.first.link == update.index; });
    }
    // IPv4's routes go with a link that is set down, and the kernel says nothing of it.
    return {is_changed, false, is_changed && !now.is_up};
}

RouteMirror::Effect RouteMirror::apply_one(const NeighbourUpdate& update) {
    if (find_port(update.link) == nullptr) {
        return {};
    }
    const Neighbour neighbour{update.link, update.address};
    const auto known = macs_.find(neighbour);
    if (update.is_usable) {
        const bool is_same = known != macs_.end() && known->second.mac == update.mac;
        macs_[neighbour] = {update.mac, true};
        return {!is_same && numbers_.contains(neighbour), false};
    }
    if (known == macs_.end()) {
        return {};
    }
    if (!update.is_gone) {
        known->second.is_confirmed = false;
        return {};
    }
    macs_.erase(known);
    return {numbers_.contains(neighbour), false};
}

RouteMirror::Effect RouteMirror::apply_one(const RouteUpdate& update) {
    constexpr Effect changed{true, true};
    constexpr Effect unsure{false, false, true};
    const RouteKey key{update.destination, update.metric};
    const Way way{update.link, update.gateway, update.mtu};
    const auto known = routes_.find(key);
    if (known == routes_.end()) {
        if (update.is_gone) {
            return {};
        }
        if (update.replaces) {
            return unsure;
        }
        routes_[key] = {way, !update.has_several_ways};
        ++routes_as_long(update.destination);
        return find_port(way.link) == nullptr && way.link != 0 ? Effect{} : changed;
    }
    // Which of several the kernel takes, and whether one more comes before or behind them, only a
    // dump can tell.
    if (!known->second.is_single) {
        return unsure;
    }
    if (update.is_gone) {
        // What came in its place may have been dumped already.
        if (known->second.way.link != way.link || known->second.way.gateway != way.gateway) {
            return {};
        }
        routes_.erase(known);
        --routes_as_long(update.destination);
        return changed;
    }
    if (known->second.way == way && !update.has_several_ways) {
        return {};
    }
    if (!update.replaces) {
        return unsure;
    }
    known->second = {way, !update.has_several_ways};
    return changed;
}

std::uint32_t& RouteMirror::routes_as_long(const Prefix& destination) {
    return lengths_[destination.address.is_ipv4() ? 0 : 1][destination.length];
}

const MirroredPort* RouteMirror::find_port(int link) const {
    const auto found = std::ranges::find(ports_, link, &MirroredPort::link);
    return found == ports_.end() ? nullptr : &*found;
}

const RouteMirror::Way* RouteMirror::find_way(const IpAddress& remote) const {
    const auto& lengths = lengths_[remote.is_ipv4() ? 0 : 1];
    for (int length = remote.is_ipv4() ? 32 : 128; length >= 0; --length) {
        if (lengths[static_cast<std::size_t>(length)] == 0) {
            continue;
        }
        const Prefix block{cut(remote, length), static_cast<std::uint8_t>(length)};
        // Of routes to the same block, that of the lowest metric comes first; the host's own ways,
        // which are not over a port, are passed over.
        for (auto at = routes_.lower_bound({block, 0});
             at != routes_.end() && at->first.destination == block;
             ++at) {
            const Way& way = at->second.way;
            if (way.link == 0) {
                return nullptr;
            }
            if (find_port(way.link) != nullptr) {
                return &way;
            }
        }
    }
    return nullptr;
}

tables::NextHopIndex RouteMirror::resolve(const IpAddress& remote) {
    const Way* const way = find_way(remote);
    const bool leads_on = way != nullptr && (way->gateway || !remote.is_unspecified());
    if (!leads_on) {
        return tables::no_next_hop;
    }
    return numbers_.take({{way->link, way->gateway.value_or(remote)}, way->mtu});
}

std::vector<relay::NextHop> RouteMirror::next_hops() const {
    std::vector<relay::NextHop> hops(numbers_.end());
    for (std::size_t number = 0; number < hops.size(); ++number) {
        if (const Hop* const hop = numbers_.find(number)) {
            hops[number] = make_hop(*hop);
        }
    }
    return hops;
}

relay::NextHop RouteMirror::make_hop(const Hop& hop) const {
    relay::NextHop made;
    const int index = hop.neighbour.link;
    const auto port = std::ranges::find(ports_, index, &MirroredPort::link);
    made.port = static_cast<std::uint16_t>(port - ports_.begin());
    made.addresses.source = port->mac;
    const auto link = links_.find(index);
    const auto mac = macs_.find(hop.neighbour);
    if (link != links_.end()) {
        const std::uint32_t least = hop.mtu == 0 ? link->second.mtu : hop.mtu;
        made.mtu = static_cast<std::uint16_t>(std::min({link->second.mtu, least, 65535U}));
    }
    if (mac != macs_.end()) {
        made.addresses.destination = mac->second.mac;
    }
    made.is_usable = mac != macs_.end() && link != links_.end() && link->second.is_up;
    return made;
}

bool RouteMirror::is_resolved(const Neighbour& neighbour) const {
    const auto known = macs_.find(neighbour);
    return known != macs_.end() && known->second.is_confirmed;
}

}  // namespace ntm::control
