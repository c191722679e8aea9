// SPDX-License-Identifier: BSD-3-Clause
// The initiator's side of handshakes (docs/protocol.md section 4): message 1 and its repeats, the
// token that a COOKIE answer brings, message 2.
#include "common/protocol/signaling_state.hpp"

#include <algorithm>
#include <utility>

namespace ntm::protocol {

namespace {

using std::chrono::seconds;

// The same bytes are repeated this long, then a fresh message 1 takes over.
constexpr Duration attempt_lifetime = seconds{10};
constexpr Duration longest_persistent_wait = seconds{5};
// Older attempts may still be answered; a COOKIE forged by somebody on the way must not end them.
constexpr std::size_t most_attempts = 3;
constexpr unsigned most_cookies = 3;

}  // namespace

Bytes build_prologue(const NtmHeader& header, const crypto::Token& token) {
    Bytes prologue;
    append(prologue, as_bytes("NTM/1"));
    prologue.resize(prologue.size() + NtmHeader::size);
    header.write(prologue.data() + prologue.size() - NtmHeader::size);
    append(prologue, token);
    return prologue;
}

Bytes build_hello(SessionId own_id, BootId boot_id) {
    v1::Hello hello;
    hello.set_session_id(own_id.value);
    hello.set_boot_id(boot_id.value);
    hello.set_version(NtmHeader::version);
    Bytes payload(hello.ByteSizeLong());
    hello.SerializeWithCachedSizesToArray(payload.data());
    return payload;
}

std::optional<PeerHello> parse_hello(ByteView payload) {
    v1::Hello hello;
    if (!hello.ParseFromArray(payload.data(), static_cast<int>(payload.size())) ||
        hello.session_id() == 0 || hello.version() < NtmHeader::version) {
        return std::nullopt;
    }
    return PeerHello{{hello.session_id()}, {hello.boot_id()}};
}

void Signaling::State::set_endpoints(const PeerKey& key, std::vector<Endpoint> endpoints) {
    if (Peer* const peer = find(key)) {
        peer->endpoints = std::move(endpoints);
    }
}

void Signaling::State::connect(const PeerKey& key, bool is_persistent, Instant now) {
    Peer* const peer = find(key);
    if (peer == nullptr) {
        return;
    }
    Dial dial;
    dial.is_persistent = is_persistent || (peer->dial && peer->dial->is_persistent);
    dial.backoff =
        Backoff{peer->rtt.value(), dial.is_persistent ? longest_persistent_wait : longest_wait};
    if (peer->dial) {
        // What is under way may still be answered.
        dial.attempts = std::move(peer->dial->attempts);
        peer->dial.reset();
    }
    start_dial(*peer, std::move(dial), now);
    reschedule(*peer);
}

void Signaling::State::start_dial(Peer& peer, Dial dial, Instant now) {
    peer.dial = std::move(dial);
    peer.dial->attempt_ends = now + attempt_lifetime;
    add_attempt(peer, {}, std::nullopt, now);
    send_attempt(peer, now);
}

void Signaling::State::end_dial(Peer& peer) {
    if (!peer.dial) {
        return;
    }
    for (HandshakeAttempt& attempt : peer.dial->attempts) {
        drop_attempt(attempt);
    }
    peer.dial.reset();
}

// The peer's own handshake has made a session: nothing more is sent, but crossing handshakes both
// stand, so what is under way may still be answered.
void Signaling::State::hush_dial(Peer& peer) {
    if (peer.dial) {
        peer.dial->is_persistent = false;
        peer.dial->is_for_requests = true;
        peer.dial->due = Instant::never();
    }
}

// Requests go unanswered: a handshake beside them.
void Signaling::State::wake_dial(Peer& peer, Instant now) {
    if (!peer.dial) {
        Dial dial;
        dial.is_for_requests = true;
        dial.backoff = Backoff{peer.rtt.value()};
        return start_dial(peer, std::move(dial), now);
    }
    // A patient dial becomes an urgent one.
    peer.dial->due =
        std::clamp(peer.dial->last_sent + longest_wait, now, std::max(now, peer.dial->due));
}

void Signaling::State::drop_attempt(HandshakeAttempt& attempt) {
    by_nonce_.erase(attempt.nonce);
    ++session_changes;
    // The id lives on where the attempt has become a session.
    if (!attempt.own_id.is_zero()) {
        forget_session(attempt.own_id);
    }
}

void Signaling::State::handle_dial_timeout(Peer& peer, Instant now) {
    if (!peer.dial) {
        return;
    }
    Dial& dial = *peer.dial;
    const bool is_wanted = peer.requests.is_anything_wanted();
    const bool is_hushed = dial.due == Instant::never();
    if (dial.is_for_requests && !is_wanted && !is_hushed) {
        return end_dial(peer);
    }
    if (now >= dial.attempt_ends) {
        if (!dial.is_persistent && (!is_wanted || is_hushed)) {
            return end_dial(peer);
        }
        dial.attempt_ends = now + attempt_lifetime;
        dial.cookies = 0;
        add_attempt(peer, {}, std::nullopt, now);
    }
    if (now >= dial.due) {
        send_attempt(peer, now);
    }
}

void Signaling::State::add_attempt(
    Peer& peer, const crypto::Token& token, std::optional<Endpoint> only, Instant now
) {
    NtmHeader header;
    header.type = PacketType::handshake;
    HandshakeAttempt attempt{
        new_session_id(),
        NoiseInitiator{
            settings.static_key.clone(),
            peer.key,
            crypto::KeyPair::generate(random_),
            build_prologue(header, token)},
        Bytes(noise_message_1_at),
        0,
        only,
        false,
        {},
        now,
        0};
    const auto message =
        attempt.noise.write_message_1(build_hello(attempt.own_id, settings.boot_id));
    if (!message) {
        // The peer's key is of low order: no handshake with it can ever stand.
        ++counters.bad_handshake;
        return;
    }
    header.write(attempt.datagram.data());
    store(attempt.datagram.data() + token_at, token);
    append(attempt.datagram, *message);
    attempt.nonce = load<Be64>(message->data()).to_host();

    std::vector<HandshakeAttempt>& attempts = peer.dial->attempts;
    if (attempts.size() >= most_attempts) {
        drop_attempt(attempts.front());
        attempts.erase(attempts.begin());
    }
    name_session(attempt.own_id, peer);
    by_nonce_[attempt.nonce] = &peer;
    ++session_changes;
    attempts.push_back(std::move(attempt));
}

void Signaling::State::send_attempt(Peer& peer, Instant now) {
    Dial& dial = *peer.dial;
    const Duration wait = dial.backoff.next(random_);
    dial.due = now + (peer.requests.is_anything_wanted() ? std::min(wait, longest_wait) : wait);
    if (dial.attempts.empty()) {
        return;
    }
    HandshakeAttempt& attempt = dial.attempts.back();
    const std::size_t length = attempt.datagram.size();
    std::vector<Endpoint> targets = targets_of(peer);
    std::erase_if(targets, [&](const Endpoint& to) { return !is_allowed(peer, to, length); });
    if (attempt.only) {
        targets = {*attempt.only};
    }
    if (targets.empty()) {
        return;
    }
    const Endpoint to = targets[dial.next_target++ % targets.size()];
    datagrams.push_back({{}, to, attempt.datagram});
    peer.addresses.note_sent(to, length);
    dial.last_sent = now;
    attempt.first_sent = attempt.tries++ == 0 ? now : attempt.first_sent;
    if (std::ranges::find(attempt.sent_to, to) == attempt.sent_to.end()) {
        attempt.sent_to.push_back(to);
    }
}

void Signaling::State::handle_cookie_answer(const Datagram& datagram, Instant now) {
    const auto answer = parse_cookie_answer(datagram.payload);
    if (!answer) {
        ++counters.malformed;
        return;
    }
    const auto found = by_nonce_.find(answer->nonce);
    if (found == by_nonce_.end()) {
        ++counters.unknown_session;
        return;
    }
    Peer& peer = *found->second;
    Dial& dial = *peer.dial;
    const auto attempt = std::ranges::find(dial.attempts, answer->nonce, &HandshakeAttempt::nonce);
    const bool was_asked =
        std::ranges::find(attempt->sent_to, datagram.remote) != attempt->sent_to.end();
    if (!was_asked || attempt->had_cookie || dial.cookies >= most_cookies) {
        ++counters.bad_handshake;
        return;
    }
    attempt->had_cookie = true;
    ++dial.cookies;
    // The prologue covers the token, so this is a new Noise message.
    add_attempt(peer, answer->token, datagram.remote, now);
    dial.backoff =
        Backoff{peer.rtt.value(), dial.is_persistent ? longest_persistent_wait : longest_wait};
    send_attempt(peer, now);
    reschedule(peer);
}

void Signaling::State::handle_message_2(
    const NtmHeader& header, const Datagram& datagram, Instant now
) {
    const auto found = by_session_.find(header.session_id());
    if (found == by_session_.end()) {
        ++counters.unknown_session;
        return;
    }
    Peer& peer = *found->second;
    if (!peer.dial) {
        ++counters.replayed;  // of the message 2 that made the session
        return;
    }
    std::vector<HandshakeAttempt>& attempts = peer.dial->attempts;
    const auto attempt =
        std::ranges::find(attempts, header.session_id(), &HandshakeAttempt::own_id);
    if (attempt == attempts.end()) {
        ++counters.replayed;
        return;
    }
    const ByteView message = ByteView{datagram.payload}.subspan(NtmHeader::size);
    const auto payload = attempt->noise.read_message_2(message);
    const auto hello = payload ? parse_hello(*payload) : std::nullopt;
    if (!hello) {
        ++counters.bad_handshake;
        return;
    }
    if (is_past_run(peer, *hello, attempt->first_sent, now)) {
        return refuse_past_run(peer, datagram.remote);
    }
    if (attempt->tries == 1) {
        peer.rtt.add(now - attempt->first_sent);
    }
    peer.addresses.note_heard(datagram.remote, datagram.local, datagram.payload.size(), now);
    peer.addresses.follow(datagram.remote);
    if (std::ranges::find(attempt->sent_to, datagram.remote) != attempt->sent_to.end()) {
        peer.addresses.prove(datagram.remote);
    }
    const Session::Names names{attempt->own_id, hello->session_id, hello->boot_id};
    Session session = make_session(names, attempt->noise.split(), true, now);
    attempt->own_id = {};
    end_dial(peer);
    confirm(peer, std::move(session), now);
    reschedule(peer);
}

}  // namespace ntm::protocol
