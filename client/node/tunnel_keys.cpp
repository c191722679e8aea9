// SPDX-License-Identifier: BSD-3-Clause
// The exchange of keys on a path: what KeyExchange decides, sent and counted.
#include "client/node/tunnel.hpp"

namespace ntm::client {

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
