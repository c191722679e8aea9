// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/client/node/fake_relay.hpp"

#include "common/protocol/cookie.hpp"

#include <algorithm>
#include <chrono>

namespace ntm::client::testing {

using std::chrono::seconds;

void write_address(const Endpoint& endpoint, v1::Address& to) {
    to.set_ip(as_text(endpoint.address.bytes()));
    to.set_port(endpoint.port.number);
}

FakeRelay::FakeRelay(RandomSource& source) : random{source} {
    restart();
}

void FakeRelay::restart() {
    Secret<16> key;
    random.fill(key.mutable_view());
    mint = std::make_unique<crypto::TokenMint>(key);
    boot_id = BootId{random.number()};
    for (auto& [path_id, leg] : legs) {
        leg.bound.reset();
    }
    for (const PathId path_id : ends) {
        leg_secrets.erase(path_id);
    }
    ends.clear();
}

void FakeRelay::hold_end(PathId path_id, const Secret32& path_secret) {
    leg_secrets.insert_or_assign(path_id, path_secret.clone());
    ends.insert(path_id);
}

std::optional<Bytes> FakeRelay::handle(const Datagram& datagram, Instant now) {
    if (!is_up) {
        return std::nullopt;
    }
    const auto header = protocol::NtmHeader::parse(datagram.payload);
    if (!header) {
        return std::nullopt;
    }
    if (header->type == protocol::PacketType::cookie) {
        const auto nonce = protocol::parse_cookie_ask(datagram.payload);
        return nonce ? std::optional{answer_cookie(*nonce, datagram.remote, now)} : std::nullopt;
    }
    if (header->type == protocol::PacketType::leg) {
        return answer_request(*header, datagram, now);
    }
    const Leg& leg = legs[header->path_id()];
    const bool is_late = leg.bound_before == datagram.remote && now - leg.bound_at < seconds{2};
    const bool is_bound = leg.bound == datagram.remote || is_late;
    forwarded.push_back({now, datagram.payload, is_bound});
    const bool may_answer = is_bound && answers_probes && ends.contains(header->path_id());
    return may_answer ? answer_probe(header->path_id(), datagram.payload) : std::nullopt;
}

std::optional<Bytes> FakeRelay::answer_probe(PathId path_id, ByteView datagram) {
    const Secret32& path_secret = leg_secrets.at(path_id);
    const auto message = protocol::open_end(path_secret, datagram);
    if (!message || !message->has_probe()) {
        return std::nullopt;
    }
    v1::End answer;
    answer.mutable_probe_answer()->set_nonce(message->probe().nonce());
    return protocol::seal_end(path_secret, path_id, Role::responder, answer, random);
}

Bytes FakeRelay::answer_cookie(std::uint64_t nonce, const Endpoint& source, Instant now) {
    ++cookies;
    return protocol::build_cookie_answer({nonce, mint->mint(source, now), boot_id, source});
}

std::optional<Bytes> FakeRelay::answer_request(
    const protocol::NtmHeader& header, const Datagram& datagram, Instant now
) {
    const auto known = leg_secrets.find(header.path_id());
    if (known == leg_secrets.end()) {
        return std::nullopt;
    }
    const auto message = protocol::open_leg(known->second, datagram.payload);
    if (!message || !message->has_request()) {
        return std::nullopt;
    }
    ++requests;
    const v1::TunnelRequest& request = message->request();
    Leg& leg = legs[header.path_id()];
    bool may_bind = !leg.bound && proven[header.path_id()] == datagram.remote;
    if (!request.token().empty()) {
        ++requests_with_token;
        crypto::Token token{};
        std::copy(request.token().begin(), request.token().end(), token.begin());
        const auto issued = mint->check(token, datagram.remote, now);
        may_bind = may_bind || (issued && (!leg.bound || *issued > leg.bound_at));
    }
    if (may_bind && leg.bound != datagram.remote) {
        leg.bound_before = leg.bound;
        leg.bound = datagram.remote;
        leg.bound_at = now;
    }
    v1::Leg answer;
    v1::TunnelResponse& response = *answer.mutable_response();
    response.set_nonce(request.nonce());
    write_address(datagram.remote, *response.mutable_outside());
    response.set_bound(leg.bound == datagram.remote);
    response.set_peer_bound(leg.is_peer_bound);
    response.set_token(as_text(mint->mint(datagram.remote, now)));
    response.set_boot_id(boot_id.value);
    return protocol::seal_leg(known->second, header.path_id(), header.role(), answer, random);
}

}  // namespace ntm::client::testing
