// SPDX-License-Identifier: BSD-3-Clause
// Where a peer is, what may be sent there, and how an address is proven (docs/protocol.md
// section 4).
#include "common/protocol/signaling_state.hpp"

#include <algorithm>
#include <utility>

namespace ntm::protocol {

namespace {

constexpr std::size_t most_targets = 4;
// Enough for the other to answer and to probe, and for a short answer beside.
constexpr std::size_t announcement_pad = 200;
constexpr std::size_t empty_signal_size = NtmHeader::size + crypto::tag_size;

}  // namespace

void Signaling::State::report_address(Peer& peer) {
    const auto& current = peer.addresses.current();
    if (!current) {
        return;
    }
    const std::pair state{*current, peer.addresses.is_proven(*current)};
    if (peer.reported != state) {
        peer.reported = state;
        events.push_back(PeerMoved{peer.key, state.first, state.second});
    }
}

std::vector<Endpoint> Signaling::State::targets_of(const Peer& peer) {
    std::vector<Endpoint> targets;
    const auto& last = peer.addresses.last();
    // Whoever names endpoints of one family alone has left the other, by which nothing goes any more.
    const bool is_left = last && !peer.endpoints.empty() &&
                         std::ranges::none_of(peer.endpoints, [&](const Endpoint& endpoint) {
                             return endpoint.address.family() == last->address.family();
                         });
    if (last && !is_left) {
        targets.push_back(*last);
    }
    for (const Endpoint& endpoint : peer.endpoints) {
        if (std::ranges::find(targets, endpoint) == targets.end() &&
            targets.size() < most_targets) {
            targets.push_back(endpoint);
        }
    }
    return targets;
}

// Whether to send there, and leave room for the probe that shall prove the place: once more, for it
// or its answer may be lost.
bool Signaling::State::has_room(Peer& peer, const Endpoint& to, std::size_t bytes) {
    constexpr std::size_t ip_and_udp = 48;
    const PendingRequest* const probe = peer.requests.probe_to(to);
    const bool is_reserved = probe != nullptr && !peer.addresses.is_proven(to);
    const std::size_t reserve =
        is_reserved ? ip_and_udp + empty_signal_size + probe->plaintext.size() : 0;
    return is_allowed(peer, to, bytes + reserve);
}

bool Signaling::State::is_allowed(const Peer& peer, const Endpoint& to, std::size_t bytes) {
    return std::ranges::find(peer.endpoints, to) != peer.endpoints.end() ||
           peer.addresses.may_send(to, bytes);
}

std::vector<Endpoint> Signaling::State::ways_to(Peer& peer, std::size_t bytes) {
    const auto& current = peer.addresses.current();
    if (!current) {
        // This host has moved and knows not yet which way the peer is reached: all of them, until
        // one is answered.
        return targets_of(peer);
    }
    if (has_room(peer, *current, bytes)) {
        return {*current};
    }
    // Whoever only claims to be the peer at a new address must not cut off the old one.
    const auto proven = peer.addresses.last_proven();
    return {proven ? *proven : *current};
}

std::vector<Endpoint> Signaling::State::send_signal(
    Peer& peer, ByteView plaintext, const std::optional<Endpoint>& to
) {
    std::vector<Endpoint> done;
    if (peer.sessions.empty()) {
        return done;
    }
    const std::size_t length = NtmHeader::size + plaintext.size() + crypto::tag_size;
    for (const Endpoint& target : to ? std::vector{*to} : ways_to(peer, length)) {
        if (!is_allowed(peer, target, length)) {
            continue;
        }
        auto datagram = peer.sessions.back().session.seal(plaintext);
        if (!datagram) {
            break;
        }
        datagrams.push_back({peer.addresses.local_for(target), target, std::move(*datagram)});
        peer.addresses.note_sent(target, length);
        done.push_back(target);
    }
    return done;
}

// The initiator repeats an empty packet until it hears that its session stands: it is answered by
// one on the same session, and only by the responder, so that this ends.
void Signaling::State::answer_empty(Peer& peer, SessionId session, const Endpoint& to) {
    const auto found = std::ranges::find_if(peer.sessions, [&](const ConfirmedSession& other) {
        return other.session.own_id() == session;
    });
    if (found == peer.sessions.end() || found->session.is_initiator() ||
        !has_room(peer, to, empty_signal_size)) {
        return;
    }
    if (auto datagram = found->session.seal({})) {
        datagrams.push_back({peer.addresses.local_for(to), to, std::move(*datagram)});
        peer.addresses.note_sent(to, empty_signal_size);
    }
}

void Signaling::State::prove_address(Peer& peer, Instant now) {
    const auto& current = peer.addresses.current();
    if (!current) {
        return;
    }
    if (peer.addresses.is_proven(*current)) {
        return catch_up(peer, now);
    }
    if (PendingRequest* const probe = peer.requests.probe_to(*current)) {
        // What has just come may have made room for it.
        if (probe->tries == 0) {
            try_request(peer, *probe, now);
        }
        return;
    }
    PendingRequest fresh = new_probe(peer, 0, now);
    fresh.only_to = *current;
    try_request(peer, peer.requests.add(std::move(fresh)), now);
}

PendingRequest Signaling::State::new_probe(const Peer& peer, std::size_t pad, Instant now) {
    v1::Signal message;
    message.set_id(next_request_id_++);
    message.mutable_address_probe()->set_pad(std::string(pad, '\0'));
    PendingRequest probe;
    probe.id = message.id();
    probe.plaintext.resize(message.ByteSizeLong());
    message.SerializeWithCachedSizesToArray(probe.plaintext.data());
    probe.is_probe = true;
    probe.made = now;
    probe.made_for = peer.boot_id;
    probe.dies_with_boot = true;
    probe.backoff = Backoff{peer.rtt.value()};
    return probe;
}

// The present address is proven: what could not be sent there goes out.
void Signaling::State::catch_up(Peer& peer, Instant now) {
    const Endpoint current = *peer.addresses.current();
    for (const Bytes& answer : std::exchange(peer.held, {})) {
        send_signal(peer, answer, current);
    }
    for (PendingRequest* const request : peer.requests.all()) {
        const auto& sent_to = request->sent_to;
        if (!request->is_probe && std::ranges::find(sent_to, current) == sent_to.end()) {
            try_request(peer, *request, now);
        }
    }
}

void Signaling::State::announce_move(const PeerKey& key, Instant now) {
    Peer* const peer = find(key);
    if (peer == nullptr) {
        return;
    }
    peer->addresses.forget_current();
    peer->reported.reset();
    if (!peer->sessions.empty()) {
        if (peer->announcement) {
            (void)peer->requests.take(*peer->announcement);
        }
        PendingRequest announcement = new_probe(*peer, announcement_pad, now);
        peer->announcement = announcement.id;
        try_request(*peer, peer->requests.add(std::move(announcement)), now);
        resend_requests(*peer, true, now);
    }
    if (peer->dial) {
        connect(key, peer->dial->is_persistent, now);
    }
    reschedule(*peer);
}

}  // namespace ntm::protocol
