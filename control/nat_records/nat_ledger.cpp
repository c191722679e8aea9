// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/nat_ledger.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ntm::control {

namespace {

using Kind = napt::Event::Kind;

std::uint8_t number_of(napt::Protocol protocol, Family family) noexcept {
    switch (protocol) {
        case napt::Protocol::udp:
            return 17;
        case napt::Protocol::tcp:
            return 6;
        case napt::Protocol::icmp:
            break;
    }
    return family == Family::ipv4 ? 1 : 58;
}

}  // namespace

NatLedger::NatLedger(const std::vector<IpAddress>& addresses, std::uint16_t block_size)
    : block_size_{block_size} {
    for (const IpAddress& address : addresses) {
        (address.is_ipv4() ? ipv4_ : ipv6_).push_back(address);
    }
}

void NatLedger::open(tables::SubscriberNumber number, napt::Tenancy tenancy) {
    numbers_[number] = tenancy;
    stays_.try_emplace(tenancy);
}

void NatLedger::close(tables::SubscriberNumber number, Instant now, WallTime at) {
    const auto named = numbers_.find(number);
    if (named == numbers_.end()) {
        return;
    }
    const napt::Tenancy tenancy = named->second;
    numbers_.erase(named);
    Stay& stay = stays_[tenancy];
    for (const auto& [id, real] : std::exchange(stay.paths, {})) {
        paths_.erase(id);
        if (real) {
            unbind(stay, *real, at);
        }
    }
    gone_.push({now + gone_kept, tenancy});
}

void NatLedger::set_path(const Path& path, WallTime at) {
    const auto named = numbers_.find(path.number);
    if (named == numbers_.end()) {
        return;
    }
    const napt::Tenancy tenancy = named->second;
    Stay& stay = stays_[tenancy];
    identify(tenancy, stay, path.who, at);
    const auto known = paths_.find(path.id);
    if (known != paths_.end() && known->second != tenancy) {
        remove_path(path.id, at);
    }
    paths_[path.id] = tenancy;
    const auto before = std::exchange(stay.paths[path.id], path.real);
    if (before == path.real) {
        return;
    }
    if (path.real) {
        bind(stay, *path.real, at);
    }
    if (before) {
        unbind(stay, *before, at);
    }
}

void NatLedger::remove_path(PathId id, WallTime at) {
    const auto known = paths_.find(id);
    if (known == paths_.end()) {
        return;
    }
    Stay& stay = stays_[known->second];
    const auto place = stay.paths.find(id);
    if (place->second) {
        unbind(stay, *place->second, at);
    }
    stay.paths.erase(place);
    paths_.erase(known);
}

void NatLedger::identify(napt::Tenancy tenancy, Stay& stay, const Tenant& who, WallTime at) {
    Tenant tenant = who;
    tenant.tenancy = tenancy;
    if (stay.tenant && *stay.tenant == tenant) {
        return;
    }
    const bool is_first = !stay.tenant;
    stay.tenant = std::make_shared<const Tenant>(std::move(tenant));
    if (is_first) {
        return;
    }
    for (const auto& [block, held] : blocks_) {
        if (held.tenancy == tenancy) {
            tell_block(block, held, Change::goes_on, at);
        }
    }
    tell_bound(stay, Change::goes_on, at);
}

void NatLedger::bind(Stay& stay, const Endpoint& real, WallTime at) {
    Bound& bound = stay.bound[real];
    if (bound.paths++ == 0) {
        bound.since = at;
        records_.push_back({at, Change::begins, at, stay.tenant, RealAddress{real}});
    }
}

void NatLedger::unbind(Stay& stay, const Endpoint& real, WallTime at) {
    const auto bound = stay.bound.find(real);
    if (--bound->second.paths == 0) {
        records_.push_back({at, Change::ends, bound->second.since, stay.tenant, RealAddress{real}});
        stay.bound.erase(bound);
    }
}

void NatLedger::take(const napt::Event& event, WallTime at) {
    switch (event.kind) {
        case Kind::block_taken:
            take_block(block_of(event), event.tenancy, at);
            break;
        case Kind::block_given_back:
            give_block_back(block_of(event), event.tenancy, at);
            break;
        case Kind::session_opened:
        case Kind::session_ended:
            take_session(event, at);
            break;
        case Kind::shortage:
            take_shortage(event, at);
            break;
    }
}

void NatLedger::take_block(const PublicBlock& block, napt::Tenancy tenancy, WallTime at) {
    const auto held = blocks_.find(block);
    if (held != blocks_.end()) {
        // That it was given back was lost.
        end_block(held, at);
    }
    Stay* const stay = find(tenancy);
    if (stay == nullptr) {
        return;
    }
    ++stay->blocks;
    tell_block(block, blocks_[block] = {tenancy, at}, Change::begins, at);
}

void NatLedger::give_block_back(const PublicBlock& block, napt::Tenancy tenancy, WallTime at) {
    const auto held = blocks_.find(block);
    if (held != blocks_.end() && held->second.tenancy == tenancy) {
        end_block(held, at);
        return;
    }
    if (const Stay* const stay = find(tenancy)) {
        records_.push_back({at, Change::ends, std::nullopt, stay->tenant, block});
    }
}

void NatLedger::end_block(std::map<PublicBlock, Held>::iterator held, WallTime at) {
    tell_block(held->first, held->second, Change::ends, at);
    --stays_[held->second.tenancy].blocks;
    blocks_.erase(held);
}

void NatLedger::take_session(const napt::Event& event, WallTime at) {
    const Stay* const stay = find(event.tenancy);
    if (stay == nullptr) {
        return;
    }
    const IpAddress& outside = public_address(event.family, event.public_port.address);
    const NatSession session{
        number_of(event.protocol, event.family),
        {stay->tenant->vip(event.family), Port{event.inside_port}},
        {outside, Port{event.public_port.port}},
        {event.remote.as(event.family), Port{event.remote_port}}};
    const bool is_opened = event.kind == Kind::session_opened;
    records_.push_back(
        {at,
         is_opened ? Change::begins : Change::ends,
         is_opened ? std::optional{at} : std::nullopt,
         stay->tenant,
         session}
    );
}

void NatLedger::take_shortage(const napt::Event& event, WallTime at) {
    Shortage shortage;
    shortage.of = event.scarce;
    shortage.family = event.family;
    shortage.limit = event.limit;
    if (event.scarce == napt::Scarce::address_ports) {
        shortage.address = public_address(event.family, event.public_port.address);
        shortage.protocol = number_of(event.protocol, event.family);
    }
    const bool is_his = event.scarce == napt::Scarce::subscriber_ports ||
                        event.scarce == napt::Scarce::subscriber_sessions;
    const Stay* const stay = is_his ? find(event.tenancy) : nullptr;
    if (stay != nullptr || !is_his) {
        const auto tenant = is_his ? stay->tenant : nullptr;
        records_.push_back({at, Change::begins, std::nullopt, tenant, shortage});
    }
}

void NatLedger::tend(Instant now, WallTime at) {
    for (; !gone_.empty() && gone_.front().until <= now; gone_.pop()) {
        const auto stay = stays_.find(gone_.front().tenancy);
        if (stay->second.blocks != 0) {
            end_blocks_of(stay->first, at);
        }
        stays_.erase(stay);
    }
}

// Of which the worker's word was lost.
void NatLedger::end_blocks_of(napt::Tenancy tenancy, WallTime at) {
    for (auto held = blocks_.begin(); held != blocks_.end();) {
        const auto next = std::next(held);
        if (held->second.tenancy == tenancy) {
            end_block(held, at);
        }
        held = next;
    }
}

void NatLedger::go_on_walking(std::size_t most, WallTime at) {
    if (!walk_) {
        return;
    }
    auto block = walk_->block ? blocks_.upper_bound(*walk_->block) : blocks_.begin();
    for (; !walk_->has_all_blocks && block != blocks_.end(); ++block) {
        if (most-- == 0) {
            return;
        }
        tell_block(block->first, block->second, Change::goes_on, at);
        walk_->block = block->first;
    }
    walk_->has_all_blocks = true;
    auto stay = walk_->tenancy ? stays_.upper_bound(*walk_->tenancy) : stays_.begin();
    for (; stay != stays_.end(); ++stay) {
        if (most == 0) {
            return;
        }
        tell_bound(stay->second, Change::goes_on, at);
        most -= std::min(most, stay->second.bound.size() + 1);
        walk_->tenancy = stay->first;
    }
    walk_.reset();
}

void NatLedger::tell_block(const PublicBlock& block, const Held& held, Change change, WallTime at) {
    records_.push_back({at, change, held.since, stays_[held.tenancy].tenant, block});
}

void NatLedger::tell_bound(const Stay& stay, Change change, WallTime at) {
    for (const auto& [endpoint, bound] : stay.bound) {
        records_.push_back({at, change, bound.since, stay.tenant, RealAddress{endpoint}});
    }
}

const IpAddress& NatLedger::public_address(Family family, napt::PublicAddress number) const {
    return (family == Family::ipv4 ? ipv4_ : ipv6_)[number];
}

PublicBlock NatLedger::block_of(const napt::Event& event) const {
    return {
        public_address(event.family, event.public_port.address),
        event.public_port.port,
        static_cast<std::uint16_t>(event.public_port.port + block_size_ - 1)};
}

NatLedger::Stay* NatLedger::find(napt::Tenancy tenancy) {
    const auto stay = stays_.find(tenancy);
    if (stay == stays_.end() || !stay->second.tenant) {
        ++unknown_;
        return nullptr;
    }
    return &stay->second;
}

}  // namespace ntm::control
