// SPDX-License-Identifier: BSD-3-Clause
// RS-N's answers: what it tells the senders of packets that go no further, at once or, of a SYN, later.
#include "rs-dataplane/relay/find_path.hpp"
#include "rs-dataplane/relay/finish.hpp"
#include "rs-dataplane/relay/hairpin.hpp"
#include "rs-dataplane/relay/icmp_error.hpp"
#include "rs-dataplane/relay/refused_syn.hpp"
#include "rs-dataplane/relay/rs_n.hpp"
#include "rs-dataplane/relay/seal_tunnel.hpp"
#include "rs-dataplane/relay/tcp_reset.hpp"

namespace ntm::relay {

namespace {

using tables::PaddedAddress;

// RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 (f). Apart, so that neither a node nor what comes from
// outside takes the errors, or resets, that another waits for.
constexpr Budget node_error_budget{100, 50};
constexpr Budget all_nodes_error_budget{1000, 100};
constexpr Budget general_nodes_error_budget{1000, 100};
constexpr Budget node_reset_budget{1000, 200};
constexpr Budget all_nodes_reset_budget{10'000, 1000};

// Whether an answer goes to a host, and not to many or to whom the relay does not send.
bool can_be_answered(
    const Packet& packet, const napt::InnerPacket& about, const Settings& settings
) noexcept {
    const Family family = about.headers().family;
    return is_hairpinned(packet) ||
           settings.targets.permits(family, about.ends(about.headers()).source);
}

Family family_at(const std::uint8_t* ip) noexcept {
    return ip[0] >> 4 == 6 ? Family::ipv6 : Family::ipv4;
}

// Where the packet was going.
PaddedAddress destination_of(const napt::InnerPacket& packet) noexcept {
    return packet.ends(packet.headers()).destination;
}

// Makes ICMP errors of those of the lane that were dropped for a reason of which their senders are told,
// and returns these. `speaker`: from whom, by the packet's number; nothing if that one's sender is told no
// more at this time.
template <typename Speaker>
Lane make_errors(
    Burst& burst, const Lane& lane, const EndedPackets& ended, Speaker speaker
) noexcept {
    Lane made;
    for (std::size_t i = 0; i < lane.size(); ++i) {
        Packet& packet = burst.packets[lane[i]];
        if (packet.fate != Fate::drop) {
            continue;
        }
        const napt::InnerPacket& about = ended.inner[lane[i]];
        const Family family = about.headers().family;
        const auto error = icmp_error_for(packet.reason, family, ended.most[lane[i]]);
        const auto from = error ? speaker(lane[i]) : std::nullopt;
        if (from && make_icmp_error(packet, about, *error, *from)) {
            packet.fate = Fate::pending;
            made.add(lane[i]);
        }
    }
    return made;
}

}  // namespace

Lane RsN::make_resets(
    Burst& burst, const Lane& lane, const EndedPackets& ended, Instant now
) noexcept {
    Lane made;
    for (std::size_t i = 0; i < lane.size() && now < resets_until_; ++i) {
        Packet& packet = burst.packets[lane[i]];
        const napt::InnerPacket& about = ended.inner[lane[i]];
        const bool is_due = packet.fate == Fate::drop &&
                            packet.reason == DropReason::napt_no_session && is_tcp_reset_due(about);
        if (is_due && may_reset(ended.ends[lane[i]]->subscriber, now)) {
            make_tcp_reset(packet, about);
            packet.fate = Fate::pending;
            made.add(lane[i]);
        }
    }
    return made;
}

Lane RsN::make_answers_for_nodes(
    Burst& burst, const Lane& lane, const EndedPackets& ended, Instant now
) noexcept {
    const auto speaker = [&](std::size_t number) noexcept -> std::optional<PaddedAddress> {
        const tables::TunnelEnd& end = *ended.ends[number];
        if (!may_tell(end.subscriber, now)) {
            return std::nullopt;
        }
        const napt::InnerPacket& packet = ended.inner[number];
        const Family family = packet.headers().family;
        return end.is_exit && addresses_.has(family) ? addresses_(family, 0)
                                                     : destination_of(packet);
    };
    Lane made = make_errors(burst, lane, ended, speaker);
    made.add_all(make_resets(burst, lane, ended, now));
    return made;
}

bool RsN::may_tell(tables::SubscriberNumber node, Instant now) noexcept {
    return errors_to_node_[node].take(node_error_budget, now) &&
           errors_to_nodes_.take(all_nodes_error_budget, now);
}

bool RsN::may_reset(tables::SubscriberNumber node, Instant now) noexcept {
    return resets_to_node_[node].take(node_reset_budget, now) &&
           resets_to_nodes_.take(all_nodes_reset_budget, now);
}

bool RsN::may_tell_general_node(Instant now) noexcept {
    return errors_to_general_nodes_.take(general_nodes_error_budget, now);
}

Lane RsN::make_errors_for_general_nodes(
    Burst& burst, const Lane& lane, const EndedPackets& ended, Instant now
) noexcept {
    const auto speaker = [&](std::size_t number) noexcept {
        return may_tell_general_node(now) ? std::optional{destination_of(ended.inner[number])}
                                          : std::nullopt;
    };
    return make_errors(burst, lane, ended, speaker);
}

void RsN::tell_nodes(Burst& burst, Lane answers, EndedPackets& ended, const Round& round) noexcept {
    answers.apply(burst, [](Packet& packet) noexcept {
        packet.role = Role::responder;
        return DropReason::none;
    });
    find_path(burst, answers, round.table.reader, round.table.counters);
    answers.apply(burst, [&](Packet& packet) noexcept {
        if (packet.passage->kind != tables::PassageKind::ended) {
            return DropReason::leg_not_bound;
        }
        const auto number = static_cast<std::size_t>(&packet - burst.packets.data());
        ended.ends[number] = packet.passage->end(Role::responder);
        return DropReason::none;
    });
    seal_tunnel(burst, answers, ended, *cipher_, round.settings);
    count_errors(burst, answers);
}

void RsN::tell_general_nodes(
    Burst& burst, Lane errors, EndedPackets& ended, const Round& round
) noexcept {
    errors.apply(burst, [&](Packet& packet) noexcept {
        const auto number = static_cast<std::size_t>(&packet - burst.packets.data());
        const Family family = family_at(packet.begin + inner_at);
        if (is_hairpinned(packet)) [[unlikely]] {
            turn_round(packet, family, round.settings);
            return DropReason::none;
        }
        const tables::NextHopIndex hop = ended.ends[number]->way(family).next_hop;
        return finish_plain(packet, family, hop, round.settings.next_hops);
    });
    const Lane hairpinned = hairpinned_of(burst, errors);
    if (!hairpinned.is_empty()) [[unlikely]] {
        bring_own_in(burst, hairpinned, ended, round);
    }
    count_errors(burst, errors);
}

void RsN::count_errors(const Burst& burst, const Lane& errors) noexcept {
    for (std::size_t i = 0; i < errors.size(); ++i) {
        const Packet& error = burst.packets[errors[i]];
        if (error.fate != Fate::drop) {
            // What it was dropped for before it became an error.
            counters_->icmp_errors[static_cast<std::size_t>(error.reason)].add(1);
        }
    }
}

void RsN::hold_syns(
    Burst& burst, const Lane& lane, const EndedPackets& ended, const Round& round
) noexcept {
    for (std::size_t i = 0; i < lane.size() && !held_syns_.is_full(); ++i) {
        Packet& packet = burst.packets[lane[i]];
        if (packet.fate != Fate::drop || packet.reason != DropReason::napt_syn_filtered) {
            continue;
        }
        const napt::InnerPacket& syn = ended.inner[lane[i]];
        const auto to = napt::Napt{*bindings_, addresses_}.lookup_in(syn);
        if (to && can_be_answered(packet, syn, round.settings) && make_refusal(packet, syn)) {
            held_syns_.hold(
                {to->tuple, packet.port, is_hairpinned(packet)}, packet.bytes(), round.now
            );
        }
    }
}

std::optional<napt::Refusal> RsN::next_refusal(Instant now) noexcept {
    while (auto refusal = held_syns_.take_due(now)) {
        if (!bindings_->find(refusal->tuple) && may_tell_general_node(now)) {
            return refusal;
        }
    }
    return std::nullopt;
}

bool RsN::refuse(const Round& round) noexcept {
    auto refusal = next_refusal(round.now);
    if (!refusal) {
        return false;
    }
    const auto send = [&](Burst& made, Lane& lane, EndedPackets& its) noexcept {
        if (refusal->is_hairpinned) {
            bring_own_in(made, lane, its, round);
        } else {
            lane.apply(made, [&](Packet& packet) noexcept {
                packet.transmit(refusal->port);
                return DropReason::none;
            });
        }
        count_errors(made, lane);
    };
    if (!maker_.send(see_as_packet(*refusal), nullptr, {}, send)) {
        drop_whole(DropReason::no_buffer);
    }
    return true;
}

}  // namespace ntm::relay
