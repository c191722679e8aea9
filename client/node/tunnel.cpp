// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/tunnel.hpp"

#include "client/node/inner_packet.hpp"
#include "common/protocol/sealed.hpp"

#include <algorithm>
#include <utility>

namespace ntm::client {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A relay is kept open by COOKIE; a direct path has only itself.
constexpr Duration direct_keep_alive = seconds{15};
constexpr Duration between_complaints = seconds{5};
// From what is sent to an answer, besides the round trips: an acknowledgement is delayed by 40 ms or so.
constexpr Duration longest_wait = std::chrono::milliseconds{100};

// An RS-N keeps a TCP connection that nobody uses for 124 minutes (RFC 5382 REQ-5).
constexpr Duration idle_limit(RouteKind kind) {
    return kind == RouteKind::general ? minutes{150} : minutes{10};
}

}  // namespace

Tunnel::Tunnel(
    RouteDirection direction, std::unique_ptr<PathKeys> keys, TunnelContext& context, Instant now
)
    : direction_{std::make_unique<RouteDirection>(std::move(direction))},
      keys_{std::move(keys)},
      context_{context},
      legs_{make_legs(*direction_, context, now)},
      since_{now},
      last_use_{now},
      last_sent_{now},
      expires_{now + direction_->lifetime} {}

void Tunnel::renew(Instant now) {
    expires_ = now + direction_->lifetime;
    is_expiry_told_ = false;
    if (!is_ready()) {
        legs_->retry(now);
    }
}

void Tunnel::replace(RouteDirection direction, std::unique_ptr<PathKeys> keys, Instant now) {
    const bool has_same_legs = direction.has_same_legs(*direction_);
    // The legs refer to the direction, whose content changes in its place.
    const RouteDirection before = std::exchange(*direction_, std::move(direction));
    keys_ = std::move(keys);
    if (has_same_legs) {
        legs_->direction_changed(before, now);
        probe_.judge_anew(now);
    } else {
        legs_ = make_legs(*direction_, context_, now);
        probe_.restart();
        was_ready_ = false;
        has_been_ready_ = false;
    }
    expires_ = now + direction_->lifetime;
    is_expiry_told_ = false;
    after_change(now);
}

void Tunnel::send(Bytes inner, Instant now) {
    if (inner.size() > direction_->inner_mtu) {
        ++context_.counters.too_big;
        return;
    }
    note_wanted(now);
    if (can_send()) {
        send_first(inner, now);
        return;
    }
    if (!held_.hold(std::move(inner), now)) {
        ++context_.counters.held_too_long;
    }
    if (!legs_->way() || !legs_->is_ready()) {
        legs_->retry(now);
    }
    complain(now);
}

// A path that has stood and does not now, and that somebody needs: its DC may know better.
void Tunnel::complain(Instant now) {
    const bool is_troubled = probe_.is_down();
    if (!is_troubled || (last_complaint_ && now - *last_complaint_ < between_complaints)) {
        return;
    }
    last_complaint_ = now;
    context_.out.events.push_back({direction_->path_id, TunnelNews::failed});
}

void Tunnel::take_over(HeldPackets&& held, Instant now) {
    if (!held.is_empty()) {
        note_wanted(now);
    }
    held_.take_over(std::move(held));
    after_change(now);
}

void Tunnel::note_wanted(Instant now) {
    last_use_ = now;
    if (legs_->is_ready()) {
        probe_.note_sent(now);
    }
    if (const auto way = legs_->wanted_way()) {
        context_.relays.note_active(*way, now);
    }
}

void Tunnel::send_first(ByteView inner, Instant now) {
    context_.segments.note(direction_->path_id, inner, now);
    seal_and_send(inner, now);
}

void Tunnel::seal_and_send(ByteView inner, Instant now) {
    auto sealed = keys_->epochs.seal(inner);
    if (!sealed) {
        ++context_.counters.path_exhausted;
        return;
    }
    const Way way = *legs_->way();
    last_sent_ = now;
    if (!inner.empty()) {
        sent_by_ = way;
        ++sent_.packets;
        sent_.bytes += inner.size();
    }
    context_.relays.note_sent(way, now);
    // What the network does to the outer packet it does for the inner one (RFC 2983, RFC 6040).
    const auto packet = InnerPacket::parse(inner);
    context_.out.datagrams.push_back(
        {{way.local, context_.own_port},
         way.remote,
         std::move(*sealed),
         packet ? packet->traffic_class : std::uint8_t{0}}
    );
}

void Tunnel::handle_data(const Datagram& datagram, Instant now) {
    auto opened = keys_->epochs.open(datagram.payload, now);
    if (!opened) {
        switch (opened.error()) {
            case protocol::OpenError::replayed:
                ++context_.counters.replayed;
                return;
            case protocol::OpenError::malformed:
                ++context_.counters.wrong_role;
                return;
            case protocol::OpenError::truncated:
                ++context_.counters.malformed_datagram;
                return;
            case protocol::OpenError::bad_tag:
                ++context_.counters.bad_tag;
                return;
        }
    }
    note_heard(datagram, now);
    if (is_heard_again(now)) {
        repeat_segments(now);
    }
    probe_.note_received(now);
    if (keys_->exchange.note_opened(*opened, now) && can_send()) {
        seal_and_send({}, now);
    }
    if (Bytes& inner = opened->inner; !inner.empty()) {
        last_use_ = now;
        if (const auto way = legs_->wanted_way()) {
            context_.relays.note_active(*way, now);
        }
        deliver(std::move(inner), ecn_of(datagram.traffic_class));
    }
    after_change(now);
}

void Tunnel::note_heard(const Datagram& datagram, Instant now) {
    context_.relays.note_heard({datagram.local.address, datagram.remote}, now);
}

// docs/protocol.md section 7: from a VIP of the path's peer, by an exit path from any host but a virtual
// one.
bool Tunnel::may_come_from(const IpAddress& source) const {
    if (!direction_->is_exit) {
        return direction_->is_peer_vip(source);
    }
    return is_host(source) && !is_in_any(context_.virtual_prefixes, source);
}

// To one of one's own VIPs, and nothing else.
void Tunnel::deliver(Bytes inner, Ecn outer) {
    const auto packet = InnerPacket::parse(inner);
    if (!packet) {
        ++context_.counters.bad_inner_packet;
        return;
    }
    if (!may_come_from(packet->source)) {
        ++context_.counters.wrong_inner_source;
        return;
    }
    const auto& own = context_.own_vips;
    if (std::find(own.begin(), own.end(), packet->destination) == own.end()) {
        ++context_.counters.wrong_inner_destination;
        return;
    }
    const Ecn marked = ecn_of(packet->traffic_class);
    const auto ecn = ecn_out_of_tunnel(marked, outer);
    if (!ecn) {
        ++context_.counters.congestion_unheard;
        return;
    }
    if (*ecn != marked) {
        set_ecn(inner, *ecn);
    }
    ++received_.packets;
    received_.bytes += inner.size();
    context_.out.inner_packets.push_back(std::move(inner));
}

bool Tunnel::handle_leg(const protocol::NtmHeader& header, const Datagram& datagram, Instant now) {
    if (!legs_->handle_leg(header, datagram, now)) {
        return false;
    }
    after_change(now);
    return true;
}

void Tunnel::handle_relay_event(const RelayEvent& event, Instant now) {
    legs_->handle_relay_event(event, now);
    after_change(now);
}

void Tunnel::doubt(Family family, Instant now) {
    legs_->doubt(family, now);
    after_change(now);
}

void Tunnel::locals_changed(Instant now) {
    legs_->locals_changed(now);
    after_change(now);
}

// Tells that the path has become ready, and lets go what waited for that.
void Tunnel::after_change(Instant now) {
    const bool can_probe_now = can_probe();
    if (can_probe_now && !could_probe_) {
        probe_.restart();
    }
    could_probe_ = can_probe_now;
    const bool is_ready_now = is_ready();
    if (is_ready_now && !was_ready_) {
        context_.out.events.push_back({direction_->path_id, TunnelNews::ready});
    }
    was_ready_ = is_ready_now;
    has_been_ready_ = has_been_ready_ || is_ready_now;
    keys_->exchange.set_ready(can_send(), now);
    // A way that has only now taken the place of another, or of none.
    if (can_send() && sent_by_ && sent_by_ != legs_->way()) {
        repeat_segments(now);
    }
    flush(now);
}

void Tunnel::repeat_segments(Instant now) {
    if (!can_send()) {
        return;
    }
    sent_by_ = legs_->way();
    for (const Bytes& segment : context_.segments.of(direction_->path_id, now)) {
        seal_and_send(segment, now);
    }
}

// Its peer has moved, perhaps: that a relay does not tell.
bool Tunnel::is_heard_again(Instant now) const {
    const auto since = probe_.unanswered_since();
    const Duration rtt = probe_.rtt().value_or(Duration{0});
    return since && now - *since >= longest_wait + 2 * rtt;
}

void Tunnel::flush(Instant now) {
    if (held_.is_empty() || !can_send()) {
        return;
    }
    note_wanted(now);
    for (const Bytes& inner : held_.take(now)) {
        send_first(inner, now);
    }
}

Instant Tunnel::keep_alive_at() const {
    const bool is_needed = !direction_->is_by_relay() && can_send();
    return is_needed ? last_sent_ + direct_keep_alive : Instant::never();
}

Instant Tunnel::idle_at() const {
    // An exit path is there for what may come.
    return direction_->is_exit ? Instant::never() : last_use_ + idle_limit(direction_->kind);
}

Instant Tunnel::next_timeout() const {
    Instant next = std::min({legs_->next_timeout(), held_.next_timeout(), keep_alive_at()});
    next = std::min({next, keys_->epochs.next_timeout(), keys_->exchange.next_timeout()});
    if (can_probe()) {
        next = std::min(next, probe_.next_timeout());
    }
    if (!is_idle_told_) {
        next = std::min(next, idle_at());
    }
    if (!is_expiry_told_) {
        next = std::min(next, expires_);
    }
    return next;
}

void Tunnel::handle_timeout(Instant now) {
    if (legs_->handle_timeout(now)) {
        last_complaint_ = now;
        context_.out.events.push_back({direction_->path_id, TunnelNews::failed});
    }
    run_probe(now);
    run_exchange(now);
    run_keep_alive(now);
    context_.counters.held_too_long += held_.expire(now);
    if (!is_idle_told_ && now >= idle_at()) {
        is_idle_told_ = true;
        context_.out.events.push_back({direction_->path_id, TunnelNews::idle});
    }
    if (!is_expiry_told_ && now >= expires_) {
        is_expiry_told_ = true;
        context_.out.events.push_back({direction_->path_id, TunnelNews::expired});
    }
    after_change(now);
}

// An empty DATA packet keeps the NATs of a direct path open.
void Tunnel::run_keep_alive(Instant now) {
    if (now >= keep_alive_at()) {
        seal_and_send({}, now);
    }
}

}  // namespace ntm::client
