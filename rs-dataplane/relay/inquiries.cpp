// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/inquiries.hpp"

#include <algorithm>
#include <utility>

namespace ntm::relay {

namespace {

// In each round: what costs a worker about as much as a few packets.
constexpr std::size_t subscribers_at_once = 4;
constexpr std::uint32_t records_at_once = 128;

void find_blocks(const BindingsView& view, napt::Position at, UsageInquiry::Usage& into) noexcept {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        view.bindings.blocks_of(at, family, [&](const napt::PublicPorts::Block& block) noexcept {
            into.has_more_blocks = into.blocks.size() == into.blocks.capacity();
            if (!into.has_more_blocks) {
                into.blocks.push_back(
                    {view.addresses(family, block.first.address).as(family),
                     block.first.port,
                     block.last_port}
                );
            }
            return !into.has_more_blocks;
        });
    }
}

}  // namespace

napt::Position BindingsView::find(const SubscriberName& name) const noexcept {
    if (name.number >= subscribers.size()) {
        return napt::nowhere;
    }
    const NumberedSubscriber& his = subscribers[name.number];
    return his.vipv4 == name.vipv4 && his.vipv6 == name.vipv6 ? his.at : napt::nowhere;
}

UsageInquiry::UsageInquiry(std::vector<SubscriberName> wanted, std::size_t most_blocks)
    : wanted_{std::move(wanted)}, found_(wanted_.size()) {
    for (Usage& usage : found_) {
        usage.blocks.reserve(most_blocks);
    }
}

bool UsageInquiry::look(const BindingsView& view) noexcept {
    const std::size_t end = std::min(next_ + subscribers_at_once, wanted_.size());
    for (; next_ < end; ++next_) {
        const napt::Position at = view.find(wanted_[next_]);
        if (at == napt::nowhere) {
            continue;
        }
        const napt::Subscriber& his = view.bindings.subscriber(at);
        Usage& usage = found_[next_];
        usage.is_open = true;
        usage.ports = his.mappings;
        usage.sessions = his.sessions;
        usage.most_ports = his.limits.ports;
        usage.most_sessions = his.limits.sessions;
        find_blocks(view, at, usage);
    }
    if (next_ < wanted_.size()) {
        return false;
    }
    next_ = 0;
    return true;
}

SessionInquiry::SessionInquiry(const Wanted& wanted)
    : subscriber_{wanted.subscriber}, most_{wanted.most}, looked_at_{wanted.first} {
    found_.reserve(most_);
}

bool SessionInquiry::look(const BindingsView& view) noexcept {
    const napt::Position at = view.find(subscriber_);
    if (at == napt::nowhere) {
        return true;
    }
    is_open_ = true;
    total_ = view.bindings.subscriber(at).sessions;
    const auto& sessions = view.bindings.sessions();
    for (std::uint32_t i = 0; i < records_at_once; ++i) {
        if (total_ == 0 || looked_at_ >= sessions.reach()) {
            return true;
        }
        const napt::Session& session = sessions[looked_at_];
        if (session.is_live() && session.is_proven() && session.subscriber == at) {
            if (found_.size() == most_) {
                next_ = looked_at_;
                return true;
            }
            const auto& address = view.addresses(session.family, session.public_port.address);
            found_.push_back({session, address.as(session.family)});
        }
        ++looked_at_;
    }
    return false;
}

}  // namespace ntm::relay
