// SPDX-License-Identifier: BSD-3-Clause
// Requests and answers over the sessions (docs/protocol.md section 4).
#include "common/protocol/signaling_state.hpp"

#include <algorithm>
#include <utility>

namespace ntm::protocol {

namespace {

constexpr std::size_t most_held_answers = 16;

Bytes serialize(const v1::Signal& message) {
    Bytes bytes(message.ByteSizeLong());
    message.SerializeWithCachedSizesToArray(bytes.data());
    return bytes;
}

// What a peer of each kind may ask; answers to what it got it may always give.
bool may_ask(PeerKind kind, const v1::Signal& message) noexcept {
    switch (message.body_case()) {
        case v1::Signal::kAddressProbe:
            return true;
        case v1::Signal::kRegistrationRequest:
        case v1::Signal::kKeepAlive:
        case v1::Signal::kDirectionRequest:
            return kind == PeerKind::node;
        case v1::Signal::kRsRegister:
        case v1::Signal::kRsStatus:
            return kind == PeerKind::relay;
        case v1::Signal::kRelayDirections:
        case v1::Signal::kRouteDirection:
            return kind == PeerKind::dc;
        case v1::Signal::kPathRelease:
            return true;
        default:
            return false;
    }
}

// Bodies that only answer, or that this version does not know.
bool is_request_body(const v1::Signal& message) noexcept {
    switch (message.body_case()) {
        case v1::Signal::kAddressProbe:
        case v1::Signal::kRegistrationRequest:
        case v1::Signal::kKeepAlive:
        case v1::Signal::kDirectionRequest:
        case v1::Signal::kRsRegister:
        case v1::Signal::kRsStatus:
        case v1::Signal::kRelayDirections:
        case v1::Signal::kRouteDirection:
        case v1::Signal::kPathRelease:
            return true;
        default:
            return false;
    }
}

}  // namespace

std::uint64_t Signaling::State::send_request(
    const PeerKey& key, v1::Signal message, OnNewBoot on_new_boot, Instant now
) {
    const std::uint64_t id = next_request_id_++;
    message.set_id(id);
    message.set_is_answer(false);
    Peer* const peer = find(key);
    if (peer == nullptr || message.ByteSizeLong() > longest_signal) {
        events.push_back(RequestFailed{key, id});
        return id;
    }
    PendingRequest request;
    request.id = id;
    request.plaintext = serialize(message);
    request.dies_with_boot = on_new_boot == OnNewBoot::fail;
    request.made_for = peer->boot_id;
    request.made = now;
    request.backoff = Backoff{peer->rtt.value()};
    PendingRequest& added = peer->requests.add(std::move(request));
    if (!peer->sessions.empty()) {
        try_request(*peer, added, now);
    } else {
        wake_dial(*peer, now);
    }
    reschedule(*peer);
    return id;
}

void Signaling::State::cancel_request(const PeerKey& key, std::uint64_t id) {
    Peer* const peer = find(key);
    if (peer != nullptr && peer->requests.take(id)) {
        reschedule(*peer);
    }
}

void Signaling::State::try_request(Peer& peer, PendingRequest& request, Instant now) {
    const auto sent_to = send_signal(peer, request.plaintext, request.only_to);
    if (sent_to.empty()) {
        peer.requests.note_unsent(request, now, random_);
        return;
    }
    peer.requests.note_sent(request, sent_to, now, random_);
}

std::size_t Signaling::State::resend_requests(Peer& peer, bool is_new_boot, Instant now) {
    std::size_t sent = 0;
    for (PendingRequest* const request : peer.requests.all()) {
        // One that has just gone out on the session before may well have arrived.
        if (!request->is_probe && (is_new_boot || request->tries != 1)) {
            try_request(peer, *request, now);
            sent += request->last_sent == now ? 1 : 0;
        }
    }
    return sent;
}

void Signaling::State::handle_request_timeouts(Peer& peer, Instant now) {
    for (const PendingRequest& expired : peer.requests.take_expired(now)) {
        if (expired.is_probe) {
            continue;
        }
        peer.is_silent = peer.is_silent || peer.heard <= expired.made;
        events.push_back(RequestFailed{peer.key, expired.id});
    }
    bool wants_handshake = false;
    for (PendingRequest* const request : peer.requests.due(now)) {
        wants_handshake = wants_handshake || (request->tries >= 2 && !request->is_probe);
        try_request(peer, *request, now);
    }
    if (wants_handshake && (!peer.dial || peer.dial->due == Instant::never())) {
        wake_dial(peer, now);
    }
}

bool Signaling::State::read_signal(ByteView plaintext, v1::Signal& message) {
    const bool is_one =
        message.ParseFromArray(plaintext.data(), static_cast<int>(plaintext.size())) &&
        message.id() != 0;
    if (!is_one) {
        message.Clear();
    }
    return is_one;
}

void Signaling::State::handle_body(
    Peer& peer, v1::Signal message, const Datagram& datagram, Instant now
) {
    if (message.is_answer()) {
        return handle_answer(peer, std::move(message), datagram, now);
    }
    // First the probe, if one is needed: answers to an unproven address must leave room for it.
    prove_address(peer, now);
    handle_request(peer, std::move(message), datagram, now);
}

void Signaling::State::handle_answer(
    Peer& peer, v1::Signal message, const Datagram& datagram, Instant now
) {
    const auto request = peer.requests.take(message.id());
    if (!request) {
        return;  // a second answer, or one that came too late
    }
    if (request->tries == 1) {
        peer.rtt.add(now - request->last_sent);
    }
    // Sent to several ends, it may have been read at another than the answer seems to come from.
    if (request->sent_to == std::vector{datagram.remote}) {
        peer.addresses.prove(datagram.remote);
    }
    if (!request->is_probe) {
        events.push_back(AnswerReceived{peer.key, request->id, std::move(message)});
    }
}

void Signaling::State::handle_request(
    Peer& peer, v1::Signal message, const Datagram& datagram, Instant now
) {
    RequestReceived request{
        peer.key, message.id(), *peer.boot_id, datagram.remote, std::move(message)};
    const auto finding = peer.answers.take(request.boot_id, request.id, now);
    switch (finding.seen) {
        case AnswerCache::Seen::answered:
            return send_answer_bytes(peer, *finding.answer, datagram.remote);
        case AnswerCache::Seen::in_work:
            return;
        case AnswerCache::Seen::refused:
            ++counters.malformed;
            return;
        case AnswerCache::Seen::first_time:
            break;
    }
    if (!is_request_body(request.message)) {
        ++counters.malformed;
        return refuse_request(request, v1::STATUS_BAD_REQUEST, now);
    }
    if (!may_ask(peer.kind, request.message)) {
        ++counters.malformed;
        return refuse_request(request, v1::STATUS_NOT_PERMITTED, now);
    }
    if (request.message.has_address_probe()) {
        events.push_back(AddressProbed{request.peer, request.source});
        return send_answer(request, {}, now);
    }
    events.push_back(std::move(request));
}

void Signaling::State::refuse_request(
    const RequestReceived& request, v1::Status status, Instant now
) {
    v1::Signal answer;
    answer.set_status(status);
    answer.set_text(
        status == v1::STATUS_BAD_REQUEST ? "no such request in this version of the protocol"
                                         : "this key may not ask that"
    );
    send_answer(request, std::move(answer), now);
}

void Signaling::State::send_answer(
    const RequestReceived& request, v1::Signal message, Instant now
) {
    Peer* const peer = find(request.peer);
    if (peer == nullptr) {
        return;
    }
    message.set_id(request.id);
    message.set_is_answer(true);
    if (message.ByteSizeLong() > longest_signal) {
        message.Clear();
        message.set_id(request.id);
        message.set_is_answer(true);
        message.set_status(v1::STATUS_INTERNAL);
        message.set_text("the answer does not fit into a datagram");
    }
    const Bytes answer = serialize(message);
    peer->answers.keep(request.boot_id, request.id, answer, now);
    if (peer->boot_id == request.boot_id) {
        send_answer_bytes(*peer, answer, request.source);
    }
    reschedule(*peer);
}

void Signaling::State::send_answer_bytes(Peer& peer, const Bytes& answer, const Endpoint& to) {
    const std::size_t length = NtmHeader::size + answer.size() + crypto::tag_size;
    if (has_room(peer, to, length) && !send_signal(peer, answer, to).empty()) {
        return;
    }
    if (!peer.addresses.current()) {
        return;
    }
    const auto& current = *peer.addresses.current();
    const bool is_elsewhere = current != to && peer.addresses.is_proven(current);
    if (is_elsewhere && !send_signal(peer, answer, current).empty()) {
        return;
    }
    if (peer.held.size() < most_held_answers) {
        peer.held.push_back(answer);
    }
}

}  // namespace ntm::protocol
