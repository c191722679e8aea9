// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/rs_n.hpp"

#include "rs-dataplane/relay/count_leg.hpp"
#include "rs-dataplane/relay/hairpin.hpp"
#include "rs-dataplane/relay/napt_inbound.hpp"
#include "rs-dataplane/relay/napt_outbound.hpp"
#include "rs-dataplane/relay/open_tunnel.hpp"
#include "rs-dataplane/relay/public_side.hpp"
#include "rs-dataplane/relay/seal_tunnel.hpp"

#include <utility>

namespace ntm::relay {

namespace {

// Session records looked at in each round: all of a million within a few seconds of a busy worker.
constexpr std::uint32_t tended_at_once = 8;
// Sessions of a subscriber who leaves that end in each round.
constexpr std::uint32_t ended_at_once = 32;
constexpr std::size_t most_held_syns = 1024;

// An echo's answer, or an ICMP error about an echo, that is no subscriber's.
bool is_of_unknown_echo(DropReason reason, const napt::InnerPacket& packet) noexcept {
    if (packet.kind() == napt::Kind::icmp_error) {
        return reason == DropReason::unknown_quote &&
               napt::protocol_of(packet.quote().kind) == napt::Protocol::icmp;
    }
    return packet.kind() == napt::Kind::echo_reply &&
           (reason == DropReason::napt_no_mapping || reason == DropReason::napt_filtered);
}

void count_legs(
    const Burst& burst, const Lane& lane, PathCounters* counters, Instant now
) noexcept {
    for (std::size_t i = 0; i < lane.size(); ++i) {
        count_leg(burst.packets[lane[i]], counters, whole_seconds(now));
    }
}

}  // namespace

RsN::RsN(Parts parts)
    : bindings_{std::move(parts.bindings)},
      addresses_{std::move(parts.addresses)},
      cipher_{std::move(parts.cipher)},
      subscribers_(parts.subscribers),
      left_(parts.subscribers, napt::nowhere),
      counters_{parts.counters},
      share_{parts.share},
      resets_until_{parts.resets_until},
      errors_to_node_(parts.subscribers),
      resets_to_node_(parts.subscribers),
      held_syns_{most_held_syns},
      fragments_{std::move(parts.fragments)},
      maker_{*parts.counters},
      identifications_{parts.seed, parts.share} {
    leaving_.reserve(parts.subscribers);
    bindings_->for_each_subscriber([this](napt::Position at, const napt::Subscriber& his) {
        if (his.number < left_.size()) {
            left_[his.number] = at;
        }
    });
}

void RsN::carry_out(const SubscriberOrder& order, Instant now) {
    std::visit([&](const auto& one) { follow(one, now); }, order);
}

void RsN::follow(const OpenSubscriber& order, Instant now) {
    if (order.number >= subscribers_.size() || goes_on(order, now)) {
        return;
    }
    dismiss(std::exchange(subscribers_[order.number], {}).at);
    const auto add = [&] {
        return bindings_->add_subscriber(
            order.vipv4, order.vipv6, order.limits, order.tenancy, order.number
        );
    };
    auto added = add();
    if (!added && !leaving_.empty()) {
        bindings_->remove_subscriber(leaving_.back(), now);
        leaving_.pop_back();
        added = add();
    }
    subscribers_[order.number] = {added.value_or(napt::nowhere), order.vipv4, order.vipv6};
}

bool RsN::goes_on(const OpenSubscriber& order, Instant now) {
    const napt::Position left = std::exchange(left_[order.number], napt::nowhere);
    if (left == napt::nowhere) {
        return false;
    }
    const napt::Subscriber& his = bindings_->subscriber(left);
    if (his.ipv4 != order.vipv4 || his.ipv6 != order.vipv6) {
        dismiss(left);
        return false;
    }
    bindings_->welcome(left, order.limits, order.tenancy, now);
    subscribers_[order.number] = {left, order.vipv4, order.vipv6};
    return true;
}

void RsN::follow(const CloseSubscriber& order, Instant /*now*/) {
    if (order.number < subscribers_.size()) {
        dismiss(std::exchange(subscribers_[order.number], {}).at);
    }
}

void RsN::follow(const CloseLeft& /*order*/, Instant /*now*/) {
    for (napt::Position& left : left_) {
        dismiss(std::exchange(left, napt::nowhere));
    }
}

void RsN::dismiss(napt::Position subscriber) {
    if (subscriber != napt::nowhere) {
        bindings_->give_up(subscriber);
        leaving_.push_back(subscriber);
    }
}

void RsN::tend(Instant now) noexcept {
    bindings_->tend(now, tended_at_once);
    fragments_->tend(now);
    if (!leaving_.empty() && bindings_->end_sessions(leaving_.back(), ended_at_once, now)) {
        bindings_->remove_subscriber(leaving_.back(), now);
        leaving_.pop_back();
    }
    if (inquiry_ != nullptr && inquiry_->go_on({*bindings_, addresses_, subscribers_})) {
        inquiry_ = nullptr;
    }
    publish(now);
}

void RsN::publish(Instant now) noexcept {
    NaptGauges& gauges = counters_->napt;
    const napt::Bindings::Usage usage = bindings_->usage();
    gauges.subscribers.set(usage.subscribers);
    gauges.mappings.set(usage.mappings);
    gauges.sessions.set(usage.sessions - usage.unproven);
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const napt::Bindings::BlockUsage blocks = bindings_->blocks(family, now);
        NaptGauges::Blocks& shown = gauges.blocks[family == Family::ipv4 ? 0 : 1];
        shown.held.set(blocks.held);
        shown.free.set(blocks.free);
    }
}

Lane RsN::pass_out(Burst& burst, Lane& lane, const Round& round) noexcept {
    if (lane.is_empty()) {
        return {};
    }
    part(burst, lane, [this](const Packet& packet) noexcept {
        return share_.owner_of(packet.passage->end(Role::initiator)->subscriber);
    });
    open_tunnel(burst, lane, ended_, *cipher_, {round.table.counters, whole_seconds(round.now)});
    const Lane opened = lane;
    napt_outbound(burst, lane, ended_, napt(round.settings, round.now));
    if (lane.size() != opened.size()) [[unlikely]] {
        send_fragments_out(burst, opened, ended_, round);
        gather_out(burst, opened, round);
        tell_nodes(burst, make_answers_for_nodes(burst, opened, ended_, round.now), ended_, round);
    }
    count_legs(burst, lane, round.table.counters, round.now);
    return hairpinned_of(burst, lane);
}

Lane RsN::pass_in(Burst& burst, Lane& lane, const Round& round) noexcept {
    if (lane.is_empty()) {
        return {};
    }
    part(burst, lane, [&](const Packet& packet) noexcept {
        return worker_of(packet, round.settings);
    });
    const Lane came = lane;
    napt_inbound(burst, lane, ended_, napt(round.settings, round.now), round.table);
    Lane kernels;
    if (lane.size() != came.size()) [[unlikely]] {
        send_fragments_in(burst, came, ended_, round);
        gather_in(burst, came, round);
        const Lane errors = make_errors_for_general_nodes(burst, came, ended_, round.now);
        kernels = kernels_of(burst, came, ended_);
        hold_syns(burst, came, ended_, round);
        tell_general_nodes(burst, errors, ended_, round);
    }
    seal_tunnel(burst, lane, ended_, *cipher_, round.settings);
    count_legs(burst, lane, round.table.counters, round.now);
    return kernels;
}

void RsN::bring_own_in(Burst& burst, Lane lane, EndedPackets& ended, const Round& round) noexcept {
    part(burst, lane, [&](const Packet& packet) noexcept {
        return worker_of(packet, round.settings);
    });
    napt_inbound(burst, lane, ended, napt(round.settings, round.now), round.table);
    seal_tunnel(burst, lane, ended, *cipher_, round.settings);
    count_legs(burst, lane, round.table.counters, round.now);
}

template <typename OwnerOf>
void RsN::part(Burst& burst, Lane& lane, OwnerOf owner_of) const noexcept {
    if (share_.is_all()) {
        return;
    }
    lane.take_out(burst, [&](Packet& packet) noexcept {
        const WorkerNumber owner = owner_of(packet);
        if (owner == share_.worker) {
            return false;
        }
        packet.hand_over(owner);
        return true;
    });
}

Lane RsN::kernels_of(Burst& burst, const Lane& lane, const EndedPackets& ended) const noexcept {
    Lane kernels;
    for (std::size_t i = 0; i < lane.size(); ++i) {
        Packet& packet = burst.packets[lane[i]];
        if (packet.fate == Fate::drop && !is_hairpinned(packet) &&
            packet.own_address != tables::OwnAddresses::none &&
            is_of_unknown_echo(packet.reason, ended.inner[lane[i]])) {
            packet.fate = Fate::pending;
            packet.punt_class = static_cast<std::uint8_t>(PuntClass::host);
            kernels.add(lane[i]);
        }
    }
    return kernels;
}

}  // namespace ntm::relay
