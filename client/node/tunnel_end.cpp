// SPDX-License-Identifier: BSD-3-Clause
// What the two ends of a path say to each other by END: probes, and the exchange of keys that KeyExchange
// decides about.
#include "client/node/tunnel.hpp"
#include "common/protocol/sealed.hpp"

#include <array>
#include <string>

namespace ntm::client {

namespace {

std::string nonce_bytes(std::uint64_t nonce) {
    std::array<std::uint8_t, sizeof(nonce)> bytes{};
    store(bytes.data(), nonce);
    return as_text(bytes);
}

}  // namespace

bool Tunnel::handle_end(const protocol::NtmHeader& header, const Datagram& datagram, Instant now) {
    if (header.role() == direction_->role) {
        ++context_.counters.wrong_role;
        return false;
    }
    auto message = protocol::open_end(direction_->path_secret, datagram.payload);
    if (!message) {
        ++context_.counters.bad_tag;
        return false;
    }
    if (message->has_probe() && message->probe().nonce().size() == sizeof(std::uint64_t)) {
        v1::End answer;
        answer.mutable_probe_answer()->set_nonce(message->probe().nonce());
        send_end(answer, now);
        probe_.hint(now);
        return probe_.is_down();
    }
    if (message->has_probe_answer() &&
        message->probe_answer().nonce().size() == sizeof(std::uint64_t)) {
        const auto nonce = load<std::uint64_t>(as_bytes(message->probe_answer().nonce()).data());
        if (!probe_.handle_answer(nonce, now)) {
            return false;
        }
        note_heard(datagram, now);
        after_change(now);
        return true;
    }
    if (message->has_key_request()) {
        handle_key_request(message->key_request(), now);
        return false;
    }
    if (message->has_key_response()) {
        return handle_key_response(message->key_response(), now);
    }
    ++context_.counters.malformed_message;
    return false;
}

void Tunnel::run_probe(Instant now) {
    if (!can_probe()) {
        return;
    }
    const PathProbe::Step step = probe_.handle_timeout(context_.random, now);
    if (step.is_silent) {
        legs_->handle_silence(now);
    }
    if (step.went_down) {
        was_ready_ = false;
        last_complaint_ = now;
        context_.out.events.push_back({direction_->path_id, TunnelNews::failed});
    }
    if (step.probe) {
        v1::End message;
        message.mutable_probe()->set_nonce(nonce_bytes(*step.probe));
        send_end(message, now);
    }
}

void Tunnel::send_end(const v1::End& message, Instant now) {
    const auto way = legs_->way();
    if (!way) {
        return;
    }
    Bytes sealed = protocol::seal_end(
        direction_->path_secret, direction_->path_id, direction_->role, message, context_.random
    );
    context_.relays.note_sent(*way, now);
    context_.out.datagrams.push_back(
        {{way->local, context_.own_port}, way->remote, std::move(sealed)}
    );
}

KeyExchange::Means Tunnel::means() const {
    return {context_.static_key, direction_->peer_key, context_.key_log, context_.random};
}

void Tunnel::count(KeyFault fault) {
    switch (fault) {
        case KeyFault::malformed:
            ++context_.counters.malformed_message;
            break;
        case KeyFault::stale:
            ++context_.counters.stale_key_message;
            break;
        case KeyFault::bad_key:
            ++context_.counters.bad_key;
            break;
    }
}

void Tunnel::handle_key_request(const v1::KeyRequest& request, Instant now) {
    const auto response = keys_->exchange.handle_request(request, means());
    if (!response) {
        count(response.error());
        return;
    }
    v1::End message;
    *message.mutable_key_response() = *response;
    send_end(message, now);
}

bool Tunnel::handle_key_response(const v1::KeyResponse& response, Instant now) {
    if (const auto fault = keys_->exchange.handle_response(response, means(), now)) {
        count(*fault);
        return false;
    }
    run_exchange(now);
    return true;
}

void Tunnel::run_exchange(Instant now) {
    keys_->epochs.handle_timeout(now);
    if (!can_send()) {
        return;
    }
    const KeyExchange::Step step =
        keys_->exchange.handle_timeout(context_.random, probe_.rtt(), now);
    if (step.request) {
        v1::End message;
        *message.mutable_key_request() = *step.request;
        send_end(message, now);
    }
    if (step.is_empty_due) {
        seal_and_send({}, now);
    }
}

}  // namespace ntm::client
