// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/leg_binding.hpp"

#include "common/base/bytes.hpp"

#include <algorithm>
#include <array>

namespace ntm::client {

namespace {

constexpr std::size_t remembered_nonces = 8;
// Each token makes one Request go at once; a far end that takes none of them gets the usual pace.
constexpr unsigned most_hurries = 4;

}  // namespace

LegBinding::LegBinding(const Plan& plan, Instant now)
    : plan_{plan}, retry_{plan.rtt, now}, patient_until_{now + token_patience} {}

void LegBinding::give_token(const crypto::Token& token, Instant now) {
    if (token_ == token) {
        return;
    }
    token_ = token;
    if (++tokens_given_ <= most_hurries) {
        retry_.hurry(now);
    }
}

Instant LegBinding::next_timeout() const noexcept {
    if (!plan_.is_trusted && retry_.tries() >= plan_.most_untrusted_tries) {
        return retry_.end();
    }
    if (plan_.needs_token && !token_) {
        return std::max(retry_.next(), patient_until_);
    }
    return retry_.next();
}

std::optional<v1::TunnelRequest> LegBinding::handle_timeout(RandomSource& random, Instant now) {
    if (now < next_timeout() || retry_.is_over(now)) {
        return std::nullopt;
    }
    retry_.sent(random, now);
    if (nonces_.size() == remembered_nonces) {
        nonces_.pop_front();
    }
    const auto nonce = random.bytes<8>();
    nonces_.push_back(load<std::uint64_t>(nonce.data()));
    v1::TunnelRequest request;
    request.set_nonce(as_text(nonce));
    if (token_) {
        request.set_token(as_text(*token_));
    }
    return request;
}

bool LegBinding::handle_response(const v1::TunnelResponse& response, Instant now) {
    if (response.nonce().size() != sizeof(std::uint64_t)) {
        return false;
    }
    const auto nonce = load<std::uint64_t>(as_bytes(response.nonce()).data());
    if (std::find(nonces_.begin(), nonces_.end(), nonce) == nonces_.end()) {
        return false;
    }
    has_answered_ = true;
    plan_.is_trusted = true;
    const auto token = token_of(response);
    if (!response.bound() && token) {
        give_token(*token, now);
    }
    return true;
}

unsigned UnprovenRequests::left(const Endpoint& remote) const {
    const auto sent = sent_.find(remote);
    const unsigned used = sent == sent_.end() ? 0 : sent->second;
    return LegBinding::most_untrusted_tries - std::min(LegBinding::most_untrusted_tries, used);
}

void UnprovenRequests::note(const LegBinding& attempt) {
    if (!attempt.is_trusted()) {
        ++sent_[attempt.way().remote];
    }
}

std::optional<crypto::Token> token_of(const v1::TunnelResponse& response) {
    crypto::Token token{};
    if (response.token().size() != token.size()) {
        return std::nullopt;
    }
    const ByteView bytes = as_bytes(response.token());
    std::copy(bytes.begin(), bytes.end(), token.begin());
    if (token == crypto::Token{}) {
        return std::nullopt;
    }
    return token;
}

}  // namespace ntm::client
