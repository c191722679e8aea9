// SPDX-License-Identifier: BSD-3-Clause
// The LEG half of RelayDirector: Tunnel Requests, their Responses, and what they bind.
#include "common/protocol/sealed.hpp"
#include "control/relay_director.hpp"

#include <algorithm>

namespace ntm::control {

namespace {

constexpr std::size_t nonce_size = 8;

// Whether the fields that are there have their sizes.
bool is_well_formed(const v1::TunnelRequest& request) {
    return request.nonce().size() == nonce_size &&
           (request.token().empty() || request.token().size() == crypto::Token{}.size());
}

}  // namespace

void RelayDirector::handle_leg(
    const Datagram& datagram, const protocol::NtmHeader& header, Instant now
) {
    RelayedPath* const path = book_.find(header.path_id());
    const Role role = header.role();
    if (path == nullptr || !path->has_leg(role)) {
        ++counters_.unknown_path;
        return;
    }
    const auto message = protocol::open_leg(path->leg(role).secret, datagram.payload);
    if (!message && message.error() == protocol::OpenError::bad_tag) {
        ++counters_.bad_leg_tag;
        return;
    }
    if (!message || header.is_answer() || !message->has_request() ||
        !is_well_formed(message->request())) {
        ++counters_.malformed;
        return;
    }
    ++counters_.requests;
    serve_request(*path, role, message->request(), datagram, now);
}

void RelayDirector::serve_request(
    RelayedPath& path,
    Role role,
    const v1::TunnelRequest& request,
    const Datagram& datagram,
    Instant now
) {
    const OuterPair outer{datagram.remote, datagram.local};
    std::optional<Instant> token_issued;
    if (!request.token().empty()) {
        crypto::Token token;
        std::ranges::copy(as_bytes(request.token()), token.begin());
        token_issued = mint_.check(token, outer.remote, now);
    }
    Leg& leg = path.leg(role);
    const Leg::LastRequest asked{request.nonce(), datagram.payload.size()};
    switch (judge_request(leg, outer, token_issued)) {
        case Verdict::binds:
            bind_leg(path, role, outer, now);
            break;
        case Verdict::needs_token:
            ++counters_.needs_token;
            respond(path, role, outer, asked, now);
            return;
        case Verdict::is_bound_already:
            break;
    }
    leg.last_request = asked;
    respond(path, role, outer, asked, now);
}

void RelayDirector::bind_leg(RelayedPath& path, Role role, const OuterPair& outer, Instant now) {
    Leg& leg = path.leg(role);
    const bool is_first = !leg.is_bound();
    ++(is_first ? counters_.bound : counters_.moved);
    bind(leg, outer, now);
    if (leg.previous) {
        book_.wake(path.id, leg.previous->until);
    }
    leg.next_hop = resolver_(outer.remote.address);
    book_.keep(path);
    commands_.emplace_back(ReplacePath{to_table(path)});

    const Leg& peer = path.leg(other(role));
    if (is_first && peer.binding && peer.last_request) {
        // The other end waits for peer_bound, and has perhaps stopped asking.
        respond(path, other(role), peer.binding->outer, *peer.last_request, now);
    }
}

void RelayDirector::respond(
    const RelayedPath& path,
    Role role,
    const OuterPair& outer,
    const Leg::LastRequest& request,
    Instant now
) {
    const Leg& leg = path.leg(role);
    v1::Leg message;
    v1::TunnelResponse& response = *message.mutable_response();
    response.set_nonce(request.nonce);
    *response.mutable_outside() = to_message(outer.remote);
    response.set_bound(leg.binding && leg.binding->outer == outer);
    response.set_peer_bound(path.is_reached(other(role)));
    response.set_token(as_text(mint_.mint(outer.remote, now)));
    response.set_boot_id(boot_id_.value);
    Bytes sealed = protocol::seal_leg(leg.secret, path.id, role, message, *random_);
    if (sealed.size() > request.size) {
        ++counters_.request_too_short;
        return;
    }
    datagrams_.push_back({outer.local, outer.remote, std::move(sealed)});
}

void RelayDirector::remove_old_sources(RelayedPath& path, Instant now) {
    bool is_changed = false;
    for (Leg& leg : path.legs) {
        if (leg.previous && leg.previous->until <= now) {
            leg.previous.reset();
            is_changed = true;
        }
    }
    if (is_changed) {
        book_.keep(path);
        commands_.emplace_back(ReplacePath{to_table(path)});
    }
}

void RelayDirector::resolve_hops(RelayedPath& path) {
    for (Leg& leg : path.legs) {
        if (leg.binding) {
            leg.next_hop = resolver_(leg.binding->outer.remote.address);
        }
    }
    if (!path.end) {
        return;
    }
    RelayEnd& end = *path.end;
    for (tables::PathEnd::GeneralNode& node : end.general_nodes) {
        node.next_hop = resolver_(node.real_address);
    }
    if (end.is_exit()) {
        end.exit_hops = {resolver_(Ipv4Address{}), resolver_(Ipv6Address{})};
    }
}

}  // namespace ntm::control
