// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/network.hpp"

#include <algorithm>

namespace ntm::simulation {

namespace {

constexpr Port socket_port{9770};

// `prefix` with `number` in its last byte.
InterfaceAddress numbered(const Prefix& prefix, std::size_t number) {
    Bytes bytes{prefix.address.bytes().begin(), prefix.address.bytes().end()};
    bytes.back() = static_cast<std::uint8_t>(number);
    return {*IpAddress::from_bytes(bytes), prefix.length};
}

std::size_t ip_packet_size(const Datagram& datagram) {
    return datagram.payload.size() + 8 + (datagram.remote.address.is_ipv4() ? 20U : 40U);
}

}  // namespace

SegmentNumber Network::add_segment(SegmentSpec spec) {
    Segment segment{std::move(spec), std::nullopt};
    if (segment.spec.nat && segment.spec.nat_outside) {
        segment.nat.emplace(*segment.spec.nat, *segment.spec.nat_outside, segment.spec.nat_timeout);
    }
    segments_.push_back(std::move(segment));
    return segments_.size() - 1;
}

HostNumber Network::add_host(std::string name, Receiver receiver) {
    hosts_.push_back({std::move(name), std::move(receiver), {}});
    return hosts_.size() - 1;
}

std::pair<HostNumber, HostNumber> Network::pair_of(HostNumber a, HostNumber b) {
    return {std::min(a, b), std::max(a, b)};
}

void Network::set_round_trip(HostNumber a, HostNumber b, Duration round_trip) {
    round_trips_[pair_of(a, b)] = round_trip;
}

void Network::set_weather(const Weather& everywhere) {
    weather_ = everywhere;
    weathers_.clear();
}

void Network::set_weather(HostNumber a, HostNumber b, const Weather& weather) {
    weathers_[pair_of(a, b)] = weather;
}

void Network::set_cut(HostNumber from, HostNumber to, bool is_cut) {
    if (is_cut) {
        cuts_.emplace(from, to);
    } else {
        cuts_.erase({from, to});
    }
}

void Network::set_family_cut(HostNumber host, Family family, bool is_cut) {
    if (is_cut) {
        family_cuts_.emplace(host, family);
    } else {
        family_cuts_.erase({host, family});
    }
}

bool Network::is_cut(HostNumber from, HostNumber to, Family family) const {
    return cuts_.contains({from, to}) || family_cuts_.contains({from, family}) ||
           family_cuts_.contains({to, family});
}

void Network::attach(HostNumber host, SegmentNumber segment) {
    Attachment attachment{segment, {}};
    const SegmentSpec& spec = segments_[segment].spec;
    for (const auto& prefix : {spec.ipv4, spec.ipv6}) {
        if (prefix) {
            attachment.addresses.push_back(numbered(*prefix, 10 + host));
        }
    }
    hosts_[host].attachments.push_back(std::move(attachment));
    trace_.note(events_.now(), hosts_[host].name + " joins " + spec.name);
}

void Network::detach(HostNumber host, SegmentNumber segment) {
    std::erase_if(hosts_[host].attachments, [segment](const Attachment& attachment) {
        return attachment.segment == segment;
    });
    trace_.note(events_.now(), hosts_[host].name + " leaves " + segments_[segment].spec.name);
}

const std::vector<Attachment>& Network::attachments(HostNumber host) const {
    return hosts_[host].attachments;
}

void Network::rebind(SegmentNumber segment) {
    if (segments_[segment].nat) {
        segments_[segment].nat->forget();
    }
    trace_.note(events_.now(), segments_[segment].spec.name + " rebinds");
}

std::optional<SegmentNumber> Network::segment_of(const Host& host, const IpAddress& address) const {
    for (const Attachment& attachment : host.attachments) {
        for (const InterfaceAddress& own : attachment.addresses) {
            if (own.address == address) {
                return attachment.segment;
            }
        }
    }
    return std::nullopt;
}

std::optional<IpAddress> Network::pick_source(const Host& host, Family family) const {
    for (auto attachment = host.attachments.rbegin(); attachment != host.attachments.rend();
         ++attachment) {
        for (const InterfaceAddress& own : attachment->addresses) {
            if (own.address.family() == family) {
                return own.address;
            }
        }
    }
    return std::nullopt;
}

std::optional<HostNumber> Network::host_at(SegmentNumber segment, const IpAddress& address) const {
    for (HostNumber number = 0; number < hosts_.size(); ++number) {
        if (segment_of(hosts_[number], address) == segment) {
            return number;
        }
    }
    return std::nullopt;
}

void Network::send(HostNumber from, Datagram datagram) {
    Host& host = hosts_[from];
    if (datagram.local.address.is_unspecified()) {
        const auto source = pick_source(host, datagram.remote.address.family());
        datagram.local.address = source.value_or(IpAddress{});
    }
    if (datagram.local.port == Port{}) {
        datagram.local.port = socket_port;
    }
    const auto segment = segment_of(host, datagram.local.address);
    const bool fits = datagram.local.address.family() == datagram.remote.address.family();
    if (!segment || !fits || ip_packet_size(datagram) > segments_[*segment].spec.mtu) {
        ++unsendable_;
        trace_.note(events_.now(), "unsendable", host.name, datagram);
        return;
    }
    trace_.note(events_.now(), "sends", host.name, datagram);
    if (const auto neighbour = host_at(*segment, datagram.remote.address);
        neighbour && segments_[*segment].nat && datagram.local.address.is_ipv4()) {
        if (is_cut(from, *neighbour, Family::ipv4)) {
            ++lost_;
            return;
        }
        events_.in(std::chrono::milliseconds{1}, [this, neighbour, datagram] {
            deliver({*neighbour, datagram.remote}, datagram);
        });
        return;
    }
    if (datagram.local.address.is_ipv4() && segments_[*segment].nat) {
        datagram.local = segments_[*segment].nat->translate_out(
            datagram.local, datagram.remote, random_, events_.now()
        );
    }
    const WirePacket packet{from, std::move(datagram)};
    for (const Observer& observer : observers_) {
        observer(packet);
    }
    carry(packet);
}

std::optional<Network::Place> Network::find_place(const Datagram& datagram) const {
    const Endpoint& to = datagram.remote;
    for (SegmentNumber number = 0; number < segments_.size(); ++number) {
        const Segment& segment = segments_[number];
        if (segment.nat && segment.nat->outside() == to.address) {
            const auto inside = segment.nat->translate_in(to.port, datagram.local, events_.now());
            const auto host = inside ? host_at(number, inside->address) : std::nullopt;
            return host ? std::optional<Place>{{*host, *inside}} : std::nullopt;
        }
        const bool is_hidden = segment.nat && to.address.is_ipv4();
        if (const auto host = host_at(number, to.address); host && !is_hidden) {
            return Place{*host, to};
        }
    }
    return std::nullopt;
}

std::optional<HostNumber> Network::nearest_to(const Datagram& datagram) const {
    if (const auto place = find_place(datagram)) {
        return place->host;
    }
    for (SegmentNumber number = 0; number < segments_.size(); ++number) {
        const auto& nat = segments_[number].nat;
        for (HostNumber host = 0; nat && host < hosts_.size(); ++host) {
            const bool is_inside = std::ranges::any_of(
                hosts_[host].attachments,
                [number](const Attachment& attachment) { return attachment.segment == number; }
            );
            if (nat->outside() == datagram.remote.address && is_inside) {
                return host;
            }
        }
    }
    return std::nullopt;
}

void Network::carry(const WirePacket& packet) {
    const auto to = nearest_to(packet.datagram);
    if (!to) {
        ++undeliverable_;
        return;
    }
    if (is_cut(packet.from, *to, packet.datagram.remote.address.family())) {
        ++lost_;
        return;
    }
    const auto pair = pair_of(packet.from, *to);
    const auto custom = weathers_.find(pair);
    const Weather weather = custom == weathers_.end() ? weather_ : custom->second;
    const auto known = round_trips_.find(pair);
    const Duration delay =
        (known == round_trips_.end() ? Duration{std::chrono::milliseconds{20}} : known->second) / 2;
    unsigned copies = 1;
    if (weather.duplicate_permille > 0 && random_.below(1000) < weather.duplicate_permille) {
        copies += weather.copies;
    }
    for (unsigned i = 0; i < copies; ++i) {
        carry_copy(packet, delay, weather);
    }
    if (weather.late_permille > 0 && random_.below(1000) < weather.late_permille) {
        carry_copy(packet, delay + weather.late, weather);
    }
}

void Network::carry_copy(WirePacket packet, Duration delay, const Weather& weather) {
    if (weather.loss_permille > 0 && random_.below(1000) < weather.loss_permille) {
        ++lost_;
        return;
    }
    const auto spread = static_cast<std::uint64_t>(weather.jitter.count());
    const Duration more{spread == 0 ? 0 : static_cast<Duration::rep>(random_.below(spread + 1))};
    Bytes& payload = packet.datagram.payload;
    if (weather.flip_permille > 0 && random_.below(1000) < weather.flip_permille &&
        !payload.empty()) {
        payload[random_.below(payload.size())] ^= static_cast<std::uint8_t>(1U << random_.below(8));
    }
    events_.in(delay + more, [this, packet = std::move(packet)] { arrive(packet); });
}

void Network::arrive(const WirePacket& packet) {
    for (const Observer& observer : arrival_observers_) {
        observer(packet);
    }
    const auto place = find_place(packet.datagram);
    if (!place) {
        ++undeliverable_;
        trace_.note(events_.now(), "blocked", "", packet.datagram);
        return;
    }
    deliver(*place, packet.datagram);
}

void Network::deliver(const Place& place, const Datagram& datagram) {
    Host& host = hosts_[place.host];
    const auto segment = segment_of(host, place.inside.address);
    if (!segment || ip_packet_size(datagram) > segments_[*segment].spec.mtu) {
        ++undeliverable_;
        return;
    }
    const Datagram received{place.inside, datagram.local, datagram.payload};
    trace_.note(events_.now(), "receives", host.name, received);
    host.receiver(received);
}

}  // namespace ntm::simulation
