// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/rs_n.hpp"

#include "rs-dataplane/relay/count_leg.hpp"
#include "rs-dataplane/relay/find_path.hpp"
#include "rs-dataplane/relay/finish.hpp"
#include "rs-dataplane/relay/hairpin.hpp"
#include "rs-dataplane/relay/icmp_error.hpp"
#include "rs-dataplane/relay/napt_inbound.hpp"
#include "rs-dataplane/relay/napt_outbound.hpp"
#include "rs-dataplane/relay/open_tunnel.hpp"
#include "rs-dataplane/relay/public_side.hpp"
#include "rs-dataplane/relay/refused_syn.hpp"
#include "rs-dataplane/relay/seal_tunnel.hpp"
#include "rs-dataplane/relay/tcp_reset.hpp"

#include <utility>

namespace ntm::relay {

namespace {

using tables::PaddedAddress;

// Session records looked at in each round: all of a million within a few seconds of a busy worker.
constexpr std::uint32_t tended_at_once = 8;
// Sessions of a subscriber who leaves that end in each round.
constexpr std::uint32_t ended_at_once = 32;
constexpr std::size_t most_held_syns = 1024;
// RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 (f).
constexpr Budget error_budget{1000, 100};
constexpr Budget reset_budget{10'000, 1000};

// An echo's answer, or an ICMP error about an echo, that is no subscriber's.
bool is_of_unknown_echo(DropReason reason, const napt::InnerPacket& packet) noexcept {
    if (packet.kind() == napt::Kind::icmp_error) {
        return reason == DropReason::unknown_quote &&
               napt::protocol_of(packet.quote().kind) == napt::Protocol::icmp;
    }
    return packet.kind() == napt::Kind::echo_reply &&
           (reason == DropReason::napt_no_mapping || reason == DropReason::napt_filtered);
}

// Whether an answer goes to a host, and not to many or to whom the relay does not send.
bool can_be_answered(
    const Packet& packet, const napt::InnerPacket& about, const Settings& settings
) noexcept {
    const Family family = about.headers().family;
    return is_hairpinned(packet) ||
           settings.targets.permits(family, about.ends(about.headers()).source);
}

Lane hairpinned_of(const Burst& burst, const Lane& lane) noexcept {
    Lane hairpinned;
    for (std::size_t i = 0; i < lane.size(); ++i) {
        hairpinned.add_if(lane[i], is_hairpinned(burst.packets[lane[i]]));
    }
    return hairpinned;
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
      held_syns_{most_held_syns} {
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
    gauges.sessions.set(usage.sessions);
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const napt::Bindings::BlockUsage blocks = bindings_->blocks(family, now);
        NaptGauges::Blocks& shown = gauges.blocks[family == Family::ipv4 ? 0 : 1];
        shown.held.set(blocks.held);
        shown.free.set(blocks.free);
    }
}

Lane RsN::pass_out(
    Burst& burst, Lane& lane, const PathLookup& table, const Settings& settings, Instant now
) noexcept {
    if (lane.is_empty()) {
        return {};
    }
    part(burst, lane, [this](const Packet& packet) noexcept {
        return share_.owner_of(packet.passage->end(Role::initiator)->subscriber);
    });
    open_tunnel(burst, lane, ended_, *cipher_, {table.counters, whole_seconds(now)});
    const Lane opened = lane;
    napt_outbound(burst, lane, ended_, napt(settings, now));
    if (lane.size() != opened.size()) [[unlikely]] {
        const auto speaker = [this](std::size_t number) {
            return speaker_to_node(number);
        };
        tell_nodes(burst, make_errors(burst, opened, speaker, now), table, settings);
        tell_nodes(burst, make_resets(burst, opened, now), table, settings);
    }
    count_legs(burst, lane, table.counters, now);
    return hairpinned_of(burst, lane);
}

Lane RsN::pass_in(
    Burst& burst, Lane& lane, const PathLookup& table, const Settings& settings, Instant now
) noexcept {
    const Rest rest = bring_in(burst, lane, table, settings, now);
    Lane hairpinned = tell_general_nodes(burst, rest.errors, settings);
    // No error is about one of these, and none is the kernel's.
    static_cast<void>(bring_in(burst, hairpinned, table, settings, now));
    return rest.kernels;
}

RsN::Rest RsN::bring_in(
    Burst& burst, Lane& lane, const PathLookup& table, const Settings& settings, Instant now
) noexcept {
    Rest rest;
    if (lane.is_empty()) {
        return rest;
    }
    part(burst, lane, [&](const Packet& packet) noexcept {
        const auto port = public_port_of(packet.bytes().subspan(EthernetView::size));
        return port ? share_.owner_of_port(*port, settings.public_side) : share_.worker;
    });
    const Lane came = lane;
    napt_inbound(burst, lane, ended_, napt(settings, now), table);
    if (lane.size() != came.size()) [[unlikely]] {
        const auto speaker = [this](std::size_t number) {
            return destination_of(number);
        };
        rest = {make_errors(burst, came, speaker, now), kernels_of(burst, came)};
        hold_syns(burst, came, settings, now);
    }
    seal_tunnel(burst, lane, ended_, *cipher_, settings);
    count_legs(burst, lane, table.counters, now);
    return rest;
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

PaddedAddress RsN::speaker_to_node(std::size_t number) const noexcept {
    const Family family = ended_.inner[number].headers().family;
    const bool is_exit = ended_.ends[number]->is_exit;
    return is_exit && addresses_.has(family) ? addresses_(family, 0) : destination_of(number);
}

void RsN::hold_syns(
    Burst& burst, const Lane& lane, const Settings& settings, Instant now
) noexcept {
    for (std::size_t i = 0; i < lane.size() && !held_syns_.is_full(); ++i) {
        Packet& packet = burst.packets[lane[i]];
        if (packet.fate != Fate::drop || packet.reason != DropReason::napt_syn_filtered) {
            continue;
        }
        const napt::InnerPacket& syn = ended_.inner[lane[i]];
        const auto to = napt::Napt{*bindings_, addresses_}.lookup_in(syn);
        if (to && can_be_answered(packet, syn, settings) && make_refusal(packet, syn)) {
            held_syns_.hold({to->tuple, packet.port, is_hairpinned(packet)}, packet.bytes(), now);
        }
    }
}

std::optional<napt::Refusal> RsN::next_refusal(Instant now) noexcept {
    while (auto refusal = held_syns_.take_due(now)) {
        if (!bindings_->find(refusal->tuple) && errors_.take(error_budget, now)) {
            return refusal;
        }
    }
    return std::nullopt;
}

bool RsN::refuse(
    Burst& burst, const PathLookup& table, const Settings& settings, Instant now
) noexcept {
    const auto refusal = next_refusal(now);
    if (!refusal) {
        return false;
    }
    Packet& packet = burst.packets[0];
    packet.reason = DropReason::napt_syn_filtered;
    write_refusal(packet, *refusal);
    Lane lane;
    lane.add(0);
    count_errors(burst, lane);
    if (!refusal->is_hairpinned) {
        packet.transmit(refusal->port);
        return true;
    }
    static_cast<void>(bring_in(burst, lane, table, settings, now));
    return true;
}

Lane RsN::kernels_of(Burst& burst, const Lane& lane) const noexcept {
    Lane kernels;
    for (std::size_t i = 0; i < lane.size(); ++i) {
        Packet& packet = burst.packets[lane[i]];
        if (packet.fate == Fate::drop && !is_hairpinned(packet) &&
            packet.own_address != tables::OwnAddresses::none &&
            is_of_unknown_echo(packet.reason, ended_.inner[lane[i]])) {
            packet.fate = Fate::pending;
            packet.punt_class = static_cast<std::uint8_t>(PuntClass::host);
            kernels.add(lane[i]);
        }
    }
    return kernels;
}

template <typename Speaker>
Lane RsN::make_errors(Burst& burst, const Lane& lane, Speaker speaker, Instant now) noexcept {
    Lane made;
    for (std::size_t i = 0; i < lane.size(); ++i) {
        Packet& packet = burst.packets[lane[i]];
        if (packet.fate != Fate::drop) {
            continue;
        }
        const napt::InnerPacket& about = ended_.inner[lane[i]];
        const Family family = about.headers().family;
        const auto error = icmp_error_for(packet.reason, family, ended_.most[lane[i]]);
        if (error && errors_.take(error_budget, now) &&
            make_icmp_error(packet, about, *error, speaker(lane[i]))) {
            packet.fate = Fate::pending;
            made.add(lane[i]);
        }
    }
    return made;
}

Lane RsN::make_resets(Burst& burst, const Lane& lane, Instant now) noexcept {
    Lane made;
    for (std::size_t i = 0; i < lane.size() && now < resets_until_; ++i) {
        Packet& packet = burst.packets[lane[i]];
        const bool is_due =
            packet.fate == Fate::drop && packet.reason == DropReason::napt_no_session;
        if (is_due && resets_.take(reset_budget, now) &&
            make_tcp_reset(packet, ended_.inner[lane[i]])) {
            packet.fate = Fate::pending;
            made.add(lane[i]);
        }
    }
    return made;
}

void RsN::tell_nodes(
    Burst& burst, Lane errors, const PathLookup& table, const Settings& settings
) noexcept {
    errors.apply(burst, [](Packet& packet) noexcept {
        packet.role = Role::responder;
        return DropReason::none;
    });
    find_path(burst, errors, table.reader, table.counters);
    errors.apply(burst, [this, &burst](Packet& packet) noexcept {
        if (packet.passage->kind != tables::PassageKind::ended) {
            return DropReason::leg_not_bound;
        }
        const auto number = static_cast<std::size_t>(&packet - burst.packets.data());
        ended_.ends[number] = packet.passage->end(Role::responder);
        return DropReason::none;
    });
    seal_tunnel(burst, errors, ended_, *cipher_, settings);
    count_errors(burst, errors);
}

Lane RsN::tell_general_nodes(Burst& burst, Lane errors, const Settings& settings) noexcept {
    errors.apply(burst, [this, &burst, &settings](Packet& packet) noexcept {
        const auto number = static_cast<std::size_t>(&packet - burst.packets.data());
        const Family family = ended_.inner[number].headers().family;
        if (is_hairpinned(packet)) [[unlikely]] {
            turn_round(packet, family, settings);
            return DropReason::none;
        }
        const tables::NextHopIndex hop = ended_.ends[number]->way(family).next_hop;
        return finish_plain(packet, family, hop, settings.next_hops);
    });
    count_errors(burst, errors);
    return hairpinned_of(burst, errors);
}

void RsN::count_errors(const Burst& burst, const Lane& sent) noexcept {
    for (std::size_t i = 0; i < sent.size(); ++i) {
        // What it was dropped for before it became an error.
        const DropReason reason = burst.packets[sent[i]].reason;
        counters_->icmp_errors[static_cast<std::size_t>(reason)].add(1);
    }
}

}  // namespace ntm::relay
