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
    const std::map<Neighbour, LinkAddress> before = std::exchange(macs_, {});
    for (const NetlinkUpdate& update : dump) {
        // What the kernel was asking for when the dump was made keeps its last known address.
        if (const auto* const one = std::get_if<NeighbourUpdate>(&update)) {
            const auto known = before.find({one->link, one->address});
            if (!one->is_usable && known != before.end()) {
                macs_.insert(*known);
            }
        }
        static_cast<void>(apply(update));
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
    return {is_changed, false};
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
    const RouteKey key{update.destination, update.metric};
    const Way way{update.link, update.gateway, update.mtu};
    const auto known = routes_.find(key);
    if (update.is_gone) {
        // A route that replaced this one may have been told of before this one's end.
        if (known == routes_.end() || known->second.link != update.link) {
            return {};
        }
        routes_.erase(known);
        return {true, true};
    }
    if (find_port(update.link) == nullptr || (known != routes_.end() && known->second == way)) {
        return {};
    }
    routes_[key] = way;
    return {true, true};
}

const MirroredPort* RouteMirror::find_port(int link) const {
    const auto found = std::ranges::find(ports_, link, &MirroredPort::link);
    return found == ports_.end() ? nullptr : &*found;
}

const RouteMirror::Way* RouteMirror::find_way(const IpAddress& remote) const {
    for (int length = remote.is_ipv4() ? 32 : 128; length >= 0; --length) {
        const Prefix block{cut(remote, length), static_cast<std::uint8_t>(length)};
        // Of routes to the same block, that of the lowest metric comes first.
        const auto found = routes_.lower_bound({block, 0});
        if (found != routes_.end() && found->first.destination == block) {
            return &found->second;
        }
    }
    return nullptr;
}

tables::NextHopIndex RouteMirror::resolve(const IpAddress& remote) {
    const Way* const way = find_way(remote);
    if (way == nullptr) {
        return tables::no_next_hop;
    }
    return numbers_.take({way->link, way->gateway.value_or(remote)});
}

std::vector<relay::NextHop> RouteMirror::next_hops() const {
    std::vector<relay::NextHop> hops(numbers_.end());
    for (std::size_t number = 0; number < hops.size(); ++number) {
        if (const Neighbour* const neighbour = numbers_.find(number)) {
            hops[number] = make_hop(*neighbour);
        }
    }
    return hops;
}

relay::NextHop RouteMirror::make_hop(const Neighbour& neighbour) const {
    relay::NextHop hop;
    const auto port = std::ranges::find(ports_, neighbour.link, &MirroredPort::link);
    hop.port = static_cast<std::uint16_t>(port - ports_.begin());
    hop.addresses.source = port->mac;
    const auto link = links_.find(neighbour.link);
    const auto mac = macs_.find(neighbour);
    if (link != links_.end()) {
        hop.mtu = static_cast<std::uint16_t>(std::min<std::uint32_t>(link->second.mtu, 65535));
    }
    if (mac != macs_.end()) {
        hop.addresses.destination = mac->second.mac;
    }
    hop.is_usable = mac != macs_.end() && link != links_.end() && link->second.is_up;
    return hop;
}

bool RouteMirror::is_resolved(const Neighbour& neighbour) const {
    const auto known = macs_.find(neighbour);
    return known != macs_.end() && known->second.is_confirmed;
}

}  // namespace ntm::control
