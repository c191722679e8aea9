// SPDX-License-Identifier: BSD-3-Clause
// Which sessions of a peer stand, and which is sent on (docs/protocol.md section 4).
#include "common/protocol/signaling_state.hpp"

#include <algorithm>
#include <utility>

namespace ntm::protocol {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t most_sessions = 3;
constexpr std::size_t most_past_runs = 16;
// If the run that stands is silent for so long, an earlier one may come back.
constexpr Duration past_run_stays_away = minutes{2};
constexpr Duration session_renewal = hours{2};
constexpr Duration renewal_retry = minutes{1};
// A session of ours that is not the one to send on and this long unused is not worth renewing.
constexpr Duration unused_after = minutes{10};
constexpr Duration old_session_lifetime = seconds{60};
constexpr std::uint64_t renewal_packets = std::uint64_t{1} << 32;

}  // namespace

void Signaling::State::count(SessionError error) {
    switch (error) {
        case SessionError::truncated:
            ++counters.malformed;
            break;
        case SessionError::bad_tag:
            ++counters.bad_tag;
            break;
        case SessionError::replayed:
            ++counters.replayed;
            break;
    }
}

Session Signaling::State::make_session(
    const Session::Names& names, const TransportKeys& keys, bool is_initiator, Instant now
) const {
    const crypto::AeadKey& out =
        is_initiator ? keys.initiator_to_responder : keys.responder_to_initiator;
    const crypto::AeadKey& in =
        is_initiator ? keys.responder_to_initiator : keys.initiator_to_responder;
    settings.key_log.note_signal_key(names.peer, out);
    settings.key_log.note_signal_key(names.own, in);
    return Session{names, keys, is_initiator, now};
}

void Signaling::State::handle_signal(
    const NtmHeader& header, const Datagram& datagram, Instant now
) {
    const auto found = by_session_.find(header.session_id());
    if (found == by_session_.end()) {
        ++counters.unknown_session;
        return;
    }
    Peer& peer = *found->second;
    const auto opened = open_signal(peer, header, datagram, now);
    if (!opened) {
        return;
    }
    peer.heard = now;
    peer.is_silent = false;
    v1::Signal message;
    const bool is_readable = read_signal(opened->plaintext, message);
    const bool is_answer = opened->plaintext.empty() ? opened->is_initiator : message.is_answer();
    if (opened->is_newest && chooses_way(peer, is_answer, datagram.remote)) {
        peer.addresses.follow(datagram.remote);
    }
    report_address(peer);
    if (opened->plaintext.empty()) {
        prove_address(peer, now);
        answer_empty(peer, header.session_id(), datagram.remote);
    } else if (is_readable) {
        handle_body(peer, std::move(message), datagram, now);
    } else {
        ++counters.malformed;
    }
    prove_address(peer, now);
    report_address(peer);
    reschedule(peer);
}

std::optional<Signaling::State::Opened> Signaling::State::open_signal(
    Peer& peer, const NtmHeader& header, const Datagram& datagram, Instant now
) {
    const SessionId id = header.session_id();
    const std::size_t length = datagram.payload.size();
    const auto is_named = [&](const auto& entry) {
        return entry.session.own_id() == id;
    };
    const auto pending = std::ranges::find_if(peer.pending, is_named);
    if (pending != peer.pending.end()) {
        auto plaintext = pending->session.open(datagram.payload);
        if (!plaintext) {
            count(plaintext.error());
            return std::nullopt;
        }
        peer.addresses.note_heard(datagram.remote, datagram.local, length, now);
        peer.addresses.follow(datagram.remote);
        if (pending->source == datagram.remote) {
            peer.addresses.prove(datagram.remote);
        }
        Session session = std::move(pending->session);
        peer.pending.erase(pending);
        confirm(peer, std::move(session), now);
        return Opened{std::move(plaintext).value(), true, false};
    }
    const auto confirmed = std::ranges::find_if(peer.sessions, is_named);
    if (confirmed == peer.sessions.end()) {
        ++counters.unknown_session;  // the id of a handshake that is still under way
        return std::nullopt;
    }
    return open_confirmed(peer, *confirmed, datagram, now);
}

std::optional<Signaling::State::Opened> Signaling::State::open_confirmed(
    Peer& peer, ConfirmedSession& confirmed, const Datagram& datagram, Instant now
) {
    const std::uint64_t highest = confirmed.session.next_expected();
    auto plaintext = confirmed.session.open(datagram.payload);
    if (!plaintext) {
        count(plaintext.error());
        return std::nullopt;
    }
    confirmed.heard = now;
    confirmed.repeat_at = Instant::never();
    if (confirmed.session.packets() >= renewal_packets && confirmed.renewal > now + renewal_retry &&
        confirmed.session.is_initiator()) {
        confirmed.renewal = now;
    }
    peer.addresses.note_heard(datagram.remote, datagram.local, datagram.payload.size(), now);
    return Opened{
        std::move(plaintext).value(),
        confirmed.session.next_expected() > highest,
        confirmed.session.is_initiator()};
}

// An answer goes back the way that the request came, so the family that it comes by is not its
// sender's choice. If it counted as one, two hosts with both families could follow each other's answers
// from one to the other for ever, each time with something to say of it.
bool Signaling::State::chooses_way(const Peer& peer, bool is_answer, const Endpoint& source) {
    const auto& current = peer.addresses.current();
    return !is_answer || !current || current->address.family() == source.address.family();
}

void Signaling::State::confirm(Peer& peer, Session session, Instant now) {
    const BootId boot_id = session.peer_boot_id();
    const bool is_new_boot = peer.boot_id != boot_id;
    const bool is_initiator = session.is_initiator();
    std::erase_if(peer.sessions, [&](const ConfirmedSession& old) {
        const bool is_dead = old.session.peer_boot_id() != boot_id;
        if (is_dead) {
            forget_session(old.session.own_id());
        }
        return is_dead;
    });
    for (ConfirmedSession& old : peer.sessions) {
        // Of crossing handshakes both stand; only a session's own initiator replaces it.
        if (old.session.is_initiator() == is_initiator) {
            old.expires = std::min(old.expires, now + old_session_lifetime);
            old.renewal = Instant::never();
        }
        old.repeat_at = Instant::never();
    }
    if (peer.sessions.size() >= most_sessions) {
        forget_session(peer.sessions.front().session.own_id());
        peer.sessions.erase(peer.sessions.begin());
    }
    ConfirmedSession confirmed{std::move(session), now};
    if (is_initiator) {
        confirmed.renewal = now + session_renewal;
        confirmed.repeat = Backoff{peer.rtt.value()};
        confirmed.repeat_at = now + confirmed.repeat.next(random_);
        confirmed.repeat_ends = now + unconfirmed_lifetime;
    }
    peer.sessions.push_back(std::move(confirmed));
    peer.heard = now;
    peer.is_silent = false;
    events.push_back(PeerConnected{peer.key, boot_id, is_new_boot});
    meet_boot_id(peer, boot_id, now);
    report_address(peer);
    const std::size_t sent = resend_requests(peer, is_new_boot, now);
    if (is_initiator && sent == 0) {
        send_signal(peer, {}, std::nullopt);
    }
    if (!is_initiator) {
        hush_dial(peer);
    }
}

void Signaling::State::meet_boot_id(Peer& peer, BootId boot_id, Instant now) {
    if (peer.boot_id == boot_id) {
        return;
    }
    begin_run(peer, boot_id, now);
    peer.held.clear();
    for (const PendingRequest& dead : peer.requests.take_dead(boot_id)) {
        if (!dead.is_probe) {
            events.push_back(RequestFailed{peer.key, dead.id});
        }
    }
}

// Of two processes with one key that which started last stays: they do not take each other's place for
// ever. Nor does what an earlier run has sent, and comes late, take that of a later one.
void Signaling::State::begin_run(Peer& peer, BootId boot_id, Instant now) {
    if (peer.boot_id) {
        peer.past_boot_ids.push_back(*peer.boot_id);
    }
    std::erase(peer.past_boot_ids, boot_id);
    if (peer.past_boot_ids.size() > most_past_runs) {
        peer.past_boot_ids.pop_front();
    }
    peer.boot_id = boot_id;
    peer.run_since = now;
    std::erase_if(peer.pending, [&](const UnconfirmedSession& pending) {
        const bool is_other = pending.session.peer_boot_id() != boot_id;
        if (is_other) {
            forget_session(pending.session.own_id());
        }
        return is_other;
    });
}

// Of a handshake that began at `begun`.
bool Signaling::State::is_past_run(
    const Peer& peer, const PeerHello& hello, Instant begun, Instant now
) const {
    if (!peer.boot_id || peer.boot_id == hello.boot_id) {
        return false;
    }
    const auto& past = peer.past_boot_ids;
    const bool is_known = std::ranges::find(past, hello.boot_id) != past.end();
    return begun < peer.run_since || (is_known && now - peer.heard < past_run_stays_away);
}

void Signaling::State::refuse_past_run(const Peer& peer, const Endpoint& source) {
    ++counters.past_run;
    events.push_back(PastRunHeard{peer.key, source});
}

void Signaling::State::handle_session_timeouts(Peer& peer, Instant now) {
    std::erase_if(peer.pending, [&](const UnconfirmedSession& pending) {
        if (pending.expires <= now) {
            forget_session(pending.session.own_id());
        }
        return pending.expires <= now;
    });
    for (ConfirmedSession& confirmed : peer.sessions) {
        if (confirmed.repeat_at <= now) {
            const Instant next = now + confirmed.repeat.next(random_);
            confirmed.repeat_at = next < confirmed.repeat_ends ? next : Instant::never();
            send_signal(peer, {}, std::nullopt);
        }
    }
    expire_sessions(peer, now);
}

void Signaling::State::expire_sessions(Peer& peer, Instant now) {
    bool is_renewal_due = false;
    for (ConfirmedSession& confirmed : peer.sessions) {
        if (confirmed.renewal > now) {
            continue;
        }
        confirmed.renewal = now + renewal_retry;
        const bool is_last = &confirmed == &peer.sessions.back();
        if (!is_last && now - confirmed.heard > unused_after) {
            confirmed.expires = now;
        } else {
            is_renewal_due = true;
        }
    }
    std::erase_if(peer.sessions, [&](const ConfirmedSession& confirmed) {
        if (confirmed.expires <= now) {
            forget_session(confirmed.session.own_id());
        }
        return confirmed.expires <= now;
    });
    if (is_renewal_due && !peer.dial) {
        Dial dial;
        dial.backoff = Backoff{peer.rtt.value()};
        start_dial(peer, std::move(dial), now);
    }
}

}  // namespace ntm::protocol
