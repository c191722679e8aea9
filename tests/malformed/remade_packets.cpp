// SPDX-License-Identifier: BSD-3-Clause
#include "tests/malformed/remade_packets.hpp"

#include "rs-dataplane/relay/hairpin.hpp"
#include "tests/malformed/inner_packet.hpp"
#include "tests/malformed/oracle.hpp"
#include "tests/malformed/translation.hpp"

#include <algorithm>
#include <numeric>

namespace ntm::malformed {

namespace {

bool was_cut(const Packet& became) {
    return became.fate == Fate::drop && became.reason == DropReason::fragmented;
}

// What is cut or has waited came as one of both.
bool is_from_node(const WireFrame& came) {
    return !is_fragment(packet_of(came.bytes)) &&
           PlainFrame{came.bytes}.is_to(relay::testing::rs4.port);
}

bool is_translated(ByteView before, ByteView after) {
    if (is_ipv6(before) != is_ipv6(after) || before.size() != after.size()) {
        return false;
    }
    const Bytes wanted = identified_as({before.begin(), before.end()}, after);
    return std::ranges::equal(without_ends(wanted), without_ends(after));
}

bool quotes(ByteView error, ByteView packet) {
    if (is_ipv6(error) != is_ipv6(packet) || quote_at(error) == 0) {
        return false;
    }
    const ByteView quote = quote_of(error);
    if (quote.size() > packet.size() || quote.size() < header_length(packet)) {
        return false;
    }
    const Bytes wanted = identified_as({packet.begin(), packet.end()}, quote);
    return std::ranges::equal(
        without_ends(ByteView{wanted}.first(quote.size())), without_ends(quote)
    );
}

// Where a packet that may turn round is dropped: before it does, or when it comes in.
enum class Half : std::uint8_t { either, out, in };

Half half_of(DropReason reason) {
    switch (reason) {
        case DropReason::napt_no_session:
        case DropReason::unknown_quote:
        case DropReason::inner_icmp_type:
            return Half::either;
        case DropReason::ttl_expired:  // the second of its hops
        case DropReason::too_big:
        case DropReason::napt_no_mapping:
        case DropReason::napt_filtered:
        case DropReason::napt_syn_filtered:
        case DropReason::napt_reset_off_window:
        case DropReason::other_path:
        case DropReason::unknown_path:
        case DropReason::leg_not_bound:
        case DropReason::source_forbidden:
            return Half::in;
        default:
            return Half::out;
    }
}

// Of all of them; either, if they differ.
Half half_of(const RemadePackets::Dropped& dropped) {
    std::optional<Half> half;
    for (std::size_t reason = 0; reason < dropped.size(); ++reason) {
        if (dropped[reason] != 0) {
            const Half its = half_of(static_cast<DropReason>(reason));
            half = half.value_or(its) == its ? its : Half::either;
        }
    }
    return half.value_or(Half::either);
}

}  // namespace

void RemadePackets::check(const Passed& passed, const Dropped& dropped) {
    made_.clear();
    next_ = 0;
    dropped_.clear();
    for (const MadeFrame& frame : passed.made) {
        made_.push_back(rs_n_.check_made(frame.packet, passed.next_hops));
    }
    const Dropped waited_before = rs_n_.fragments().dropped();
    settle_from_nodes(passed);
    settle_from_general_nodes(passed);
    rs_n_.fragments().tend(passed.now);
    hold(next_ == made_.size(), "what is made is of a packet that came");
    Dropped whole = dropped;
    const Dropped waited = rs_n_.fragments().dropped();
    for (std::size_t reason = 0; reason < whole.size(); ++reason) {
        whole[reason] -= waited[reason] - waited_before[reason];
    }
    settle_dropped(whole);
}

void RemadePackets::settle_from_nodes(const Passed& passed) {
    std::vector<Remade> whole;
    for (std::size_t i = 0; i < passed.packets.size(); ++i) {
        const Packet& became = passed.packets[i];
        const WireFrame& came = passed.frames[i];
        const bool is_waiting = WatchedFragments::has_taken(became);
        if ((!is_waiting && !was_cut(became)) || !is_from_node(came) ||
            relay::is_hairpinned(became)) {
            continue;
        }
        Bytes inner = rs_n_.open_from_node(came);
        const PlainFrame frame{came.bytes};
        const PathId by = frame.path();
        if (!is_waiting) {
            settle({std::move(inner), by, frame.length() - 14});
        } else if (auto made = rs_n_.take_fragment(inner, came, became, passed.now)) {
            const std::size_t length = made->size();
            whole.push_back({*std::move(made), by, length, true});
        }
    }
    std::ranges::for_each(whole, [this](const Remade& packet) { settle(packet); });
}

void RemadePackets::settle_from_general_nodes(const Passed& passed) {
    WatchedFragments& fragments = rs_n_.fragments();
    std::vector<Remade> whole;
    for (std::size_t i = 0; i < passed.packets.size(); ++i) {
        const Packet& became = passed.packets[i];
        const WireFrame& came = passed.frames[i];
        const bool is_waiting = WatchedFragments::has_taken(became);
        if ((!is_waiting && !was_cut(became)) || is_from_node(came)) {
            continue;
        }
        const ByteView packet = whole_packet_of(came.bytes);
        if (!is_waiting) {
            settle({{packet.begin(), packet.end()}, std::nullopt, packet.size()});
        } else if (auto made = fragments.take_of_general_node(packet, became, passed.now)) {
            const std::size_t length = made->size();
            whole.push_back({*std::move(made), std::nullopt, length, true});
        }
    }
    settle_turned(passed);
    std::ranges::for_each(whole, [this](const Remade& packet) { settle(packet); });
}

void RemadePackets::settle_turned(const Passed& passed) {
    for (std::size_t i = 0; i < passed.packets.size(); ++i) {
        if (was_cut(passed.packets[i]) && relay::is_hairpinned(passed.packets[i])) {
            const WireFrame& came = passed.frames[i];
            Bytes inner = rs_n_.open_from_node(came);
            const std::size_t length = inner.size();
            settle({std::move(inner), PlainFrame{came.bytes}.path(), length});
        }
    }
}

void RemadePackets::settle(const Remade& packet) {
    if (next_ < made_.size() && (settle_sent(packet) || settle_told(packet))) {
        return;
    }
    hold(packet.was_joined, "what is cut goes on in fragments");
    dropped_.push_back(packet);
}

bool RemadePackets::settle_sent(const Remade& packet) {
    std::vector<Bytes> parts;
    bool go_all = true;
    bool is_complete = false;
    while (!is_complete && next_ + parts.size() < made_.size()) {
        const MadePacket& part = made_[next_ + parts.size()];
        parts.push_back(part.packet);
        go_all = go_all && part.fate == Fate::transmit;
        is_complete = !is_fragment(part.packet) || !has_more(part.packet);
    }
    const Bytes sent = joined(parts);
    if (!is_translated(packet.packet, sent)) {
        return false;
    }
    const MadePacket& first = made_[next_];
    next_ += parts.size();
    // A packet that came in one frame has counted for what it did before it was cut.
    if (first.is_turned && packet.was_joined) {
        legs_.expect(*packet.by, Role::initiator, packet.length);
    }
    if (!go_all) {
        return true;
    }
    check_translated(identified_as(packet.packet, sent), sent, first.is_turned ? 2 : 1);
    if (packet.by && !first.is_turned) {
        legs_.expect(*packet.by, Role::initiator, packet.length);
    } else {
        legs_.expect(first.path.value(), Role::responder, packet.length);
    }
    return true;
}

bool RemadePackets::settle_told(const Remade& packet) {
    const MadePacket& error = made_[next_];
    if (!packet.was_joined || !quotes(error.packet, packet.packet)) {
        return false;
    }
    ++next_;
    if (error.is_turned) {
        legs_.expect(*packet.by, Role::initiator, packet.length);
    }
    if (error.fate != Fate::transmit) {
        return true;
    }
    legs_.expect_error(error.reason);
    if (error.is_turned) {
        legs_.expect(error.path.value(), Role::responder, error.packet.size());
    }
    return true;
}

void RemadePackets::settle_dropped(const Dropped& dropped) {
    const auto count = std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
    hold(count == dropped_.size(), "what was put together goes on, or is dropped");
    for (const Remade& packet : dropped_) {
        if (!packet.by || !rs_n_.may_turn(*packet.by, packet.packet)) {
            continue;
        }
        switch (half_of(dropped)) {
            case Half::either:
                legs_.allow(*packet.by, Role::initiator, packet.length);
                break;
            case Half::in:
                legs_.expect(*packet.by, Role::initiator, packet.length);
                break;
            case Half::out:
                break;
        }
    }
}

}  // namespace ntm::malformed
