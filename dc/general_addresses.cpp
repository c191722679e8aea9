// SPDX-License-Identifier: BSD-3-Clause
#include "dc/general_addresses.hpp"

#include <algorithm>
#include <utility>

namespace ntm::dc {

namespace {

std::optional<IpAddress> first_of(const std::vector<IpAddress>& addresses, Family family) {
    const auto at = std::ranges::find(addresses, family, &IpAddress::family);
    return at == addresses.end() ? std::nullopt : std::optional{*at};
}

// Of one family: the record's address is among these, or both have none.
template <typename Address>
bool agrees(const std::optional<Address>& own, const std::vector<IpAddress>& all, Family family) {
    return own ? std::ranges::find(all, IpAddress{*own}) != all.end() : !first_of(all, family);
}

bool is_at(const GeneralNodeRecord& node, const std::vector<IpAddress>& addresses) {
    return agrees(node.real_ipv4, addresses, Family::ipv4) &&
           agrees(node.real_ipv6, addresses, Family::ipv6);
}

}  // namespace

void GeneralAddresses::adopt(GeneralNodeRecord record, Instant now) {
    const auto number = blocks_ ? number_of(record.vipv4) : std::nullopt;
    if (!number || vipv6_at(*number) != record.vipv6) {
        store_.remove_general_node(record.asker, record.vipv4);
        return;
    }
    GeneralNode& node = add(std::move(record), *number);
    Number& next = askers_[node.record.asker].next;
    next = *number >= next ? next_after(*number) : next;
    if (node.record.path.is_zero()) {
        begin_rest(node, now);
    } else {
        by_path_[node.record.path] = &node.record;
    }
}

template <typename IsWanted>
const GeneralNodeRecord* GeneralAddresses::find_named(
    const Asker& asker, const std::string& fqdn, IsWanted is_wanted
) {
    for (auto at = asker.by_name.lower_bound({fqdn, 0});
         at != asker.by_name.end() && at->first == fqdn;
         ++at) {
        const GeneralNodeRecord& node = asker.nodes.at(at->second).record;
        if (is_wanted(node)) {
            return &node;
        }
    }
    return nullptr;
}

const GeneralNodeRecord* GeneralAddresses::find(const PeerKey& asker, const IpAddress& vip) const {
    const auto of_asker = askers_.find(asker);
    const auto number = blocks_ ? number_of(vip) : std::nullopt;
    if (of_asker == askers_.end() || !number) {
        return nullptr;
    }
    const auto at = of_asker->second.nodes.find(*number);
    return at == of_asker->second.nodes.end() ? nullptr : &at->second.record;
}

const GeneralNodeRecord* GeneralAddresses::find_of(PathId path) const {
    const auto at = by_path_.find(path);
    return at == by_path_.end() ? nullptr : at->second;
}

const GeneralNodeRecord* GeneralAddresses::find_reached(
    const PeerKey& asker, const std::string& fqdn
) const {
    const auto of_asker = askers_.find(asker);
    if (of_asker == askers_.end()) {
        return nullptr;
    }
    return find_named(of_asker->second, fqdn, [](const GeneralNodeRecord& node) {
        return !node.path.is_zero();
    });
}

const GeneralNodeRecord* GeneralAddresses::take(
    const PeerKey& asker,
    const std::string& fqdn,
    const std::vector<IpAddress>& real_addresses,
    Instant now
) {
    Asker& of_asker = askers_[asker];
    const auto* known = find_named(of_asker, fqdn, [&](const GeneralNodeRecord& node) {
        return is_at(node, real_addresses);
    });
    if (known != nullptr) {
        return known;
    }
    if (of_asker.nodes.size() >= most()) {
        return nullptr;
    }
    while (of_asker.nodes.contains(of_asker.next)) {
        of_asker.next = next_after(of_asker.next);
    }
    const Number number = std::exchange(of_asker.next, next_after(of_asker.next));
    GeneralNodeRecord record{asker, vipv4_at(number), vipv6_at(number), fqdn, {}, {}, {}};
    if (const auto ipv4 = first_of(real_addresses, Family::ipv4)) {
        record.real_ipv4 = ipv4->ipv4();
    }
    if (const auto ipv6 = first_of(real_addresses, Family::ipv6)) {
        record.real_ipv6 = ipv6->ipv6();
    }
    GeneralNode& node = add(std::move(record), number);
    store_.put_general_node(node.record);
    begin_rest(node, now);
    return &node.record;
}

void GeneralAddresses::begin_path(const GeneralNodeRecord& node, PathId path) {
    GeneralNode& own = get(node);
    end_rest(own);
    own.record.path = path;
    by_path_[path] = &own.record;
    store_.put_general_node(own.record);
}

void GeneralAddresses::end_path(PathId path, Instant now) {
    const auto at = by_path_.find(path);
    if (at == by_path_.end()) {
        return;
    }
    GeneralNode& node = get(*at->second);
    by_path_.erase(at);
    node.record.path = PathId{};
    store_.put_general_node(node.record);
    begin_rest(node, now);
}

void GeneralAddresses::forget(const PeerKey& asker) {
    const auto at = askers_.find(asker);
    if (at == askers_.end()) {
        return;
    }
    while (!at->second.nodes.empty()) {
        remove(asker, at->second.nodes.begin()->first);
    }
    askers_.erase(at);
}

void GeneralAddresses::handle_timeout(Instant now) {
    while (next_timeout() <= now) {
        const auto [at, asker, number] = *resting_.begin();
        remove(asker, number);
    }
}

Instant GeneralAddresses::next_timeout() const {
    return resting_.empty() ? Instant::never() : std::get<Instant>(*resting_.begin());
}

// Without the first and the last address, as these are of no host at the ends of a block.
GeneralAddresses::Number GeneralAddresses::most() const noexcept {
    return (Number{1} << (32 - blocks_->ipv4.length)) - 2;
}

GeneralAddresses::Number GeneralAddresses::next_after(Number number) const noexcept {
    return number == most() ? 1 : number + 1;
}

Ipv4Address GeneralAddresses::vipv4_at(Number number) const {
    return Ipv4Address::from_host(blocks_->ipv4.address.ipv4().to_host() + number);
}

Ipv6Address GeneralAddresses::vipv6_at(Number number) const {
    Ipv6Address address = blocks_->ipv6.address.ipv6();
    store(address.bytes.data() + 14, Be16::from_host(static_cast<std::uint16_t>(number)));
    return address;
}

std::optional<GeneralAddresses::Number> GeneralAddresses::number_of(const IpAddress& vip) const {
    const Number number = vip.is_ipv4()
                              ? vip.ipv4().to_host() - blocks_->ipv4.address.ipv4().to_host()
                              : load<Be16>(vip.ipv6().bytes.data() + 14).to_host();
    const bool is_given =
        number >= 1 && number <= most() &&
        (vip == IpAddress{vipv4_at(number)} || vip == IpAddress{vipv6_at(number)});
    return is_given ? std::optional{number} : std::nullopt;
}

GeneralAddresses::GeneralNode& GeneralAddresses::add(GeneralNodeRecord record, Number number) {
    Asker& of_asker = askers_[record.asker];
    of_asker.by_name.emplace(record.fqdn, number);
    ++size_;
    return of_asker.nodes[number] = GeneralNode{std::move(record), number, std::nullopt};
}

GeneralAddresses::GeneralNode& GeneralAddresses::get(const GeneralNodeRecord& record) {
    return askers_.at(record.asker).nodes.at(number_of(record.vipv4).value());
}

void GeneralAddresses::begin_rest(GeneralNode& node, Instant now) {
    node.free_at = now + rest;
    resting_.emplace(*node.free_at, node.record.asker, node.number);
}

void GeneralAddresses::end_rest(GeneralNode& node) {
    if (node.free_at) {
        resting_.erase({*node.free_at, node.record.asker, node.number});
        node.free_at.reset();
    }
}

void GeneralAddresses::remove(const PeerKey& asker, Number number) {
    Asker& of_asker = askers_.at(asker);
    GeneralNode& node = of_asker.nodes.at(number);
    end_rest(node);
    by_path_.erase(node.record.path);
    of_asker.by_name.erase({node.record.fqdn, number});
    store_.remove_general_node(asker, node.record.vipv4);
    of_asker.nodes.erase(number);
    --size_;
}

}  // namespace ntm::dc
