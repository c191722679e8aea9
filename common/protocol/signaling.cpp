// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/signaling.hpp"

#include "common/protocol/signaling_state.hpp"

#include <algorithm>
#include <utility>

namespace ntm::protocol {

namespace {

// Of those whose time has come: what arrives has its turn between.
constexpr std::size_t most_peers_at_once = 64;

// Answers kept for one peer: a node may ask 20 times a second, a DC directs in bulk.
std::size_t answers_kept_for(PeerKind kind) noexcept {
    return kind == PeerKind::node ? 2048 : 65536;
}

}  // namespace

Peer::Peer(const PeerKey& peer_key, PeerKind peer_kind)
    : key{peer_key}, kind{peer_kind}, answers{answers_kept_for(peer_kind)} {}

Signaling::State::State(Settings with_settings, RandomSource& with_random)
    : settings{std::move(with_settings)},
      random_{with_random},
      mint_{settings.token_key},
      next_request_id_{settings.first_request_id},
      gate_{settings.handshakes_per_second, with_random} {}

void Signaling::State::add_peer(const PeerKey& key, PeerKind kind) {
    if (key == settings.static_key.public_key()) {
        return;
    }
    auto& peer = peers_[key];
    if (!peer) {
        peer = std::make_unique<Peer>(key, kind);
    }
    peer->kind = kind;
}

void Signaling::State::remove_peer(const PeerKey& key) {
    const auto found = peers_.find(key);
    if (found == peers_.end()) {
        return;
    }
    Peer& peer = *found->second;
    end_dial(peer);
    for (const ConfirmedSession& confirmed : peer.sessions) {
        forget_session(confirmed.session.own_id());
    }
    for (const UnconfirmedSession& pending : peer.pending) {
        forget_session(pending.session.own_id());
    }
    schedule_.erase({peer.scheduled, peer.key});
    peers_.erase(found);
}

Peer* Signaling::State::find(const PeerKey& key) {
    const auto found = peers_.find(key);
    return found == peers_.end() ? nullptr : found->second.get();
}

const Peer* Signaling::State::find(const PeerKey& key) const {
    const auto found = peers_.find(key);
    return found == peers_.end() ? nullptr : found->second.get();
}

SessionId Signaling::State::new_session_id() {
    SessionId id;
    while (id.is_zero() || by_session_.contains(id)) {
        id.value = random_.number();
    }
    return id;
}

void Signaling::State::name_session(SessionId id, Peer& peer) {
    by_session_[id] = &peer;
    ++session_changes;
}

void Signaling::State::forget_session(SessionId id) {
    by_session_.erase(id);
    ++session_changes;
}

std::vector<SessionId> Signaling::State::session_ids() const {
    std::vector<SessionId> ids;
    ids.reserve(by_session_.size());
    for (const auto& [id, peer] : by_session_) {
        ids.push_back(id);
    }
    return ids;
}

std::vector<std::uint64_t> Signaling::State::cookie_nonces() const {
    std::vector<std::uint64_t> nonces;
    nonces.reserve(by_nonce_.size());
    for (const auto& [nonce, peer] : by_nonce_) {
        nonces.push_back(nonce);
    }
    return nonces;
}

void Signaling::State::handle_datagram(const Datagram& datagram, Instant now) {
    ++counters.received;
    const auto header = NtmHeader::parse(datagram.payload);
    if (!header || datagram.payload.size() > longest_datagram) {
        ++counters.malformed;
        return;
    }
    switch (header->type) {
        case PacketType::signal:
            return handle_signal(*header, datagram, now);
        case PacketType::handshake:
            return header->is_answer() ? handle_message_2(*header, datagram, now)
                                       : handle_message_1(*header, datagram, now);
        case PacketType::cookie:
            return handle_cookie_answer(datagram, now);
        case PacketType::data:
        case PacketType::leg:
        case PacketType::end:
            ++counters.malformed;
    }
}

void Signaling::State::reschedule(Peer& peer) {
    const Instant next = next_timeout_of(peer);
    if (next == peer.scheduled) {
        return;
    }
    schedule_.erase({peer.scheduled, peer.key});
    peer.scheduled = next;
    if (next != Instant::never()) {
        schedule_.emplace(next, peer.key);
    }
}

Instant Signaling::State::next_timeout_of(const Peer& peer) {
    Instant next = std::min(peer.requests.next_timeout(), peer.answers.next_timeout());
    if (peer.dial) {
        next = std::min({next, peer.dial->due, peer.dial->attempt_ends});
    }
    for (const UnconfirmedSession& pending : peer.pending) {
        next = std::min(next, pending.expires);
    }
    for (const ConfirmedSession& confirmed : peer.sessions) {
        next = std::min({next, confirmed.expires, confirmed.renewal, confirmed.repeat_at});
    }
    return next;
}

Instant Signaling::State::next_timeout() const {
    return schedule_.empty() ? Instant::never() : schedule_.begin()->first;
}

void Signaling::State::handle_timeout(Instant now) {
    std::vector<Peer*> due;
    for (const auto& [at, key] : schedule_) {
        if (at > now || due.size() == most_peers_at_once) {
            break;
        }
        due.push_back(find(key));
    }
    for (Peer* const peer : due) {
        handle_timeout_of(*peer, now);
        reschedule(*peer);
    }
}

void Signaling::State::handle_timeout_of(Peer& peer, Instant now) {
    peer.answers.expire(now);
    handle_session_timeouts(peer, now);
    handle_request_timeouts(peer, now);
    handle_dial_timeout(peer, now);
}

Signaling::Signaling(Settings settings, RandomSource& random)
    : state_{std::make_unique<State>(std::move(settings), random)} {}

Signaling::~Signaling() = default;

const PeerKey& Signaling::own_key() const noexcept {
    return state_->settings.static_key.public_key();
}

BootId Signaling::boot_id() const noexcept {
    return state_->settings.boot_id;
}

void Signaling::add_peer(const PeerKey& peer, PeerKind kind) {
    state_->add_peer(peer, kind);
}

void Signaling::remove_peer(const PeerKey& peer) {
    state_->remove_peer(peer);
}

std::optional<PeerKind> Signaling::kind_of(const PeerKey& peer) const {
    const Peer* const found = state_->find(peer);
    return found != nullptr ? std::optional{found->kind} : std::nullopt;
}

void Signaling::set_endpoints(const PeerKey& peer, std::vector<Endpoint> endpoints) {
    state_->set_endpoints(peer, std::move(endpoints));
}

void Signaling::connect(const PeerKey& peer, bool is_persistent, Instant now) {
    state_->connect(peer, is_persistent, now);
}

void Signaling::announce_move(const PeerKey& peer, Instant now) {
    state_->announce_move(peer, now);
}

bool Signaling::is_connected(const PeerKey& peer) const {
    const Peer* const found = state_->find(peer);
    return found != nullptr && !found->sessions.empty() && !found->is_silent;
}

std::optional<Endpoint> Signaling::endpoint_of(const PeerKey& peer) const {
    const Peer* const found = state_->find(peer);
    return found != nullptr ? found->addresses.current() : std::nullopt;
}

std::optional<Endpoint> Signaling::proven_endpoint_of(const PeerKey& peer) const {
    const auto endpoint = endpoint_of(peer);
    return endpoint && state_->find(peer)->addresses.is_proven(*endpoint) ? endpoint : std::nullopt;
}

std::optional<BootId> Signaling::boot_id_of(const PeerKey& peer) const {
    const Peer* const found = state_->find(peer);
    return found != nullptr ? found->boot_id : std::nullopt;
}

std::optional<Duration> Signaling::smoothed_rtt_of(const PeerKey& peer) const {
    const Peer* const found = state_->find(peer);
    return found != nullptr ? found->rtt.value() : std::nullopt;
}

std::uint64_t Signaling::send_request(
    const PeerKey& peer, v1::Signal message, OnNewBoot on_new_boot, Instant now
) {
    return state_->send_request(peer, std::move(message), on_new_boot, now);
}

void Signaling::cancel_request(const PeerKey& peer, std::uint64_t id) {
    state_->cancel_request(peer, id);
}

void Signaling::send_answer(const RequestReceived& request, v1::Signal message, Instant now) {
    state_->send_answer(request, std::move(message), now);
}

void Signaling::handle_datagram(const Datagram& datagram, Instant now) {
    state_->handle_datagram(datagram, now);
}

bool Signaling::owns_session(SessionId id) const {
    return state_->owns_session(id);
}

bool Signaling::owns_cookie(std::uint64_t nonce) const {
    return state_->owns_cookie(nonce);
}

Instant Signaling::next_timeout() const {
    return state_->next_timeout();
}

void Signaling::handle_timeout(Instant now) {
    state_->handle_timeout(now);
}

std::vector<SessionId> Signaling::session_ids() const {
    return state_->session_ids();
}

std::vector<std::uint64_t> Signaling::cookie_nonces() const {
    return state_->cookie_nonces();
}

std::uint64_t Signaling::session_changes() const noexcept {
    return state_->session_changes;
}

std::vector<Datagram> Signaling::take_datagrams() {
    return std::exchange(state_->datagrams, {});
}

bool Signaling::has_events() const noexcept {
    return !state_->events.empty();
}

std::vector<SignalingEvent> Signaling::take_events() {
    return std::exchange(state_->events, {});
}

const SignalingCounters& Signaling::counters() const noexcept {
    return state_->counters;
}

}  // namespace ntm::protocol
