// SPDX-License-Identifier: BSD-3-Clause
// RS-N's way of fragments. What was put together takes the place of none of its fragments: where it goes
// on, it does so in frames that are made, as what is too long for its way does.
#include "common/packet/ipv4.hpp"
#include "common/packet/ipv6.hpp"
#include "rs-dataplane/relay/check_size.hpp"
#include "rs-dataplane/relay/count_leg.hpp"
#include "rs-dataplane/relay/finish.hpp"
#include "rs-dataplane/relay/hairpin.hpp"
#include "rs-dataplane/relay/napt_outbound.hpp"
#include "rs-dataplane/relay/public_side.hpp"
#include "rs-dataplane/relay/rs_n.hpp"
#include "rs-dataplane/relay/seal_tunnel.hpp"

namespace ntm::relay {

namespace {

bool was_dropped_as(const Packet& packet, DropReason reason) noexcept {
    return packet.fate == Fate::drop && packet.reason == reason;
}

// A burst's only one.
Lane the_only_one() noexcept {
    Lane lane;
    lane.add(0);
    return lane;
}

bool is_udp(ByteView packet) noexcept {
    return packet[packet[0] >> 4 == 6 ? 6 : 9] == ip_protocol::udp;
}

}  // namespace

WorkerNumber RsN::worker_of(const Packet& packet, const Settings& settings) const noexcept {
    const ByteView ip = packet.bytes().subspan(EthernetView::size);
    if (IpFragment::is_one(ip)) {
        const auto fragment = IpFragment::parse(ip, fragment_origin::outside);
        const bool is_ours =
            !fragment || (packet.receive_marks & ReceiveMarks::for_this_worker) != 0;
        return is_ours ? share_.worker : share_.gatherer_of(fragment->key().hash(0));
    }
    const auto port = public_port_of(ip);
    return port ? share_.owner_of_port(*port, settings.public_side) : share_.worker;
}

void RsN::gather_out(Burst& burst, const Lane& lane, const Round& round) noexcept {
    for (std::size_t i = 0; i < lane.size(); ++i) {
        Packet& packet = burst.packets[lane[i]];
        const tables::TunnelEnd* end = ended_.ends[lane[i]];
        if (was_dropped_as(packet, DropReason::inner_fragment) &&
            fragments_->take_of_node(
                packet, end->subscriber, ended_.outer_ecn[lane[i]], round.now
            )) {
            pass_whole_out(end, round);
        }
    }
}

void RsN::gather_in(Burst& burst, const Lane& lane, const Round& round) noexcept {
    for (std::size_t i = 0; i < lane.size(); ++i) {
        Packet& packet = burst.packets[lane[i]];
        if (was_dropped_as(packet, DropReason::inner_fragment) &&
            fragments_->take_of_general_node(packet, round.now)) {
            pass_whole_in(round);
        }
    }
}

void RsN::pass_whole_out(const tables::TunnelEnd* end, const Round& round) noexcept {
    Burst& burst = fragments_->burst();
    EndedPackets& ended = fragments_->ended();
    ended.ends[0] = end;
    Lane lane = the_only_one();
    napt_outbound(burst, lane, ended, napt(round.settings, round.now));
    const Packet& whole = burst.packets[0];
    if (is_hairpinned(whole)) {
        turn_whole_round(round);
        return;
    }
    if (was_dropped_as(whole, DropReason::fragmented)) {
        send_fragments_out(burst, the_only_one(), ended, round);
        drop_whole_if_unsent();
        return;
    }
    const Lane answers = make_answers_for_nodes(burst, the_only_one(), ended, round.now);
    const auto tell = [&](Burst& made, Lane& told, EndedPackets& its) noexcept {
        tell_nodes(made, told, its, round);
    };
    if (answers.is_empty() || !maker_.send(whole, end, {}, tell)) {
        drop_whole(whole.reason);
    }
}

// With an identification of the relay's, since many nodes share its source.
void RsN::turn_whole_round(const Round& round) noexcept {
    Packet& whole = fragments_->burst().packets[0];
    whole.fate = Fate::pending;
    count_leg(whole, round.table.counters, whole_seconds(round.now));
    fragments_->identify(identifications_.next_ipv6());
    pass_whole_in(round);
}

void RsN::pass_whole_in(const Round& round) noexcept {
    const Packet& whole = fragments_->burst().packets[0];
    const auto port = public_port_of(whole.bytes().subspan(inner_at));
    const bool is_kernels = !is_hairpinned(whole) &&
                            whole.own_address != tables::OwnAddresses::none &&
                            (!port || !round.settings.public_side.has_port(*port));
    if (is_kernels) {
        punt_whole(round);
        return;
    }
    const WorkerNumber owner =
        port ? share_.owner_of_port(*port, round.settings.public_side) : share_.worker;
    if (owner == share_.worker) {
        bring_whole_in(round);
    } else {
        hand_whole_over(owner);
    }
}

void RsN::bring_whole_in(const Round& round) noexcept {
    Burst& burst = fragments_->burst();
    EndedPackets& ended = fragments_->ended();
    Lane lane = the_only_one();
    napt_inbound(burst, lane, ended, napt(round.settings, round.now), round.table);
    const Packet& whole = burst.packets[0];
    if (was_dropped_as(whole, DropReason::fragmented)) {
        send_fragments_in(burst, the_only_one(), ended, round);
        drop_whole_if_unsent();
        return;
    }
    if (!kernels_of(burst, the_only_one(), ended).is_empty()) {
        punt_whole(round);
        return;
    }
    const Lane errors = make_errors_for_general_nodes(burst, the_only_one(), ended, round.now);
    hold_syns(burst, the_only_one(), ended, round);
    const auto tell = [&](Burst& made, Lane& told, EndedPackets& its) noexcept {
        tell_general_nodes(made, told, its, round);
    };
    if (errors.is_empty() || !maker_.send(whole, ended.ends[0], {}, tell)) {
        drop_whole(whole.reason);
    }
}

// As it came. UDP is not, since it might hide an NTM datagram.
void RsN::punt_whole(const Round& round) noexcept {
    const Packet& whole = fragments_->burst().packets[0];
    if (is_udp(whole.bytes().subspan(inner_at))) {
        drop_whole(DropReason::fragment);
        return;
    }
    const auto punt = [&](Burst& made, Lane& lane, const EndedPackets&) noexcept {
        for (std::size_t i = 0; i < lane.size(); ++i) {
            made.packets[lane[i]].punt_class = static_cast<std::uint8_t>(PuntClass::host);
        }
        admit_punts(made, lane, round.punts, round.settings, round.now);
    };
    const FrameMaker::Cut as_it_came{
        fragments_->ended().longest_fragment, fragments_->identification()};
    if (!maker_.send(whole, nullptr, as_it_came, punt)) {
        drop_whole(DropReason::no_buffer);
    }
}

// In fragments again, since no frame is long enough for it; its owner puts it together once more.
void RsN::hand_whole_over(WorkerNumber owner) noexcept {
    const auto hand_over = [owner](Burst& made, const Lane& lane, const EndedPackets&) noexcept {
        for (std::size_t i = 0; i < lane.size(); ++i) {
            Packet& packet = made.packets[lane[i]];
            packet.receive_marks = packet.receive_marks | ReceiveMarks::for_this_worker;
            packet.hand_over(owner);
        }
    };
    const FrameMaker::Cut as_it_came{
        fragments_->ended().longest_fragment, fragments_->identification()};
    if (!maker_.send(fragments_->burst().packets[0], nullptr, as_it_came, hand_over)) {
        drop_whole(DropReason::no_buffer);
    }
}

void RsN::send_fragments_out(
    Burst& burst, const Lane& lane, const EndedPackets& ended, const Round& round
) noexcept {
    for (std::size_t i = 0; i < lane.size(); ++i) {
        const std::size_t number = lane[i];
        Packet& packet = burst.packets[number];
        if (!was_dropped_as(packet, DropReason::fragmented)) {
            continue;
        }
        const Family family = ended.inner[number].headers().family;
        const tables::NextHopIndex hop = ended.ends[number]->way(family).next_hop;
        bool go_all = true;
        const auto send = [&](Burst& made, Lane& fragments, const EndedPackets&) noexcept {
            const std::size_t count = fragments.size();
            fragments.apply(made, [&](Packet& fragment) noexcept {
                return finish_plain(fragment, family, hop, round.settings.next_hops);
            });
            go_all = go_all && fragments.size() == count;
        };
        const FrameMaker::Cut cut{most_of_fragment(ended, number), identifications_.next_ipv6()};
        const bool are_made = maker_.send(packet, ended.ends[number], cut, send);
        settle_cut(packet, are_made, go_all, round);
    }
}

void RsN::send_fragments_in(
    Burst& burst, const Lane& lane, const EndedPackets& ended, const Round& round
) noexcept {
    for (std::size_t i = 0; i < lane.size(); ++i) {
        const std::size_t number = lane[i];
        Packet& packet = burst.packets[number];
        if (!was_dropped_as(packet, DropReason::fragmented)) {
            continue;
        }
        bool go_all = true;
        const auto send = [&](Burst& made, Lane& fragments, EndedPackets& its) noexcept {
            const std::size_t count = fragments.size();
            seal_tunnel(made, fragments, its, *cipher_, round.settings);
            go_all = go_all && fragments.size() == count;
        };
        const FrameMaker::Cut cut{most_of_fragment(ended, number), fragments_->identification()};
        const bool are_made = maker_.send(packet, ended.ends[number], cut, send);
        settle_cut(packet, are_made, go_all, round);
    }
}

void RsN::settle_cut(Packet& packet, bool are_made, bool go_all, const Round& round) noexcept {
    if (!are_made) {
        packet.drop(DropReason::no_buffer);
    } else if (go_all) {
        count_leg(packet, round.table.counters, whole_seconds(round.now));
    }
}

void RsN::drop_whole_if_unsent() noexcept {
    const DropReason reason = fragments_->burst().packets[0].reason;
    if (reason != DropReason::fragmented) {
        drop_whole(reason);
    }
}

void RsN::drop_whole(DropReason reason) noexcept {
    counters_->made.add(1);
    counters_->dropped[static_cast<std::size_t>(reason)].add(1);
}

}  // namespace ntm::relay
