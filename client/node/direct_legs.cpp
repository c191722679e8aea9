// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/direct_legs.hpp"

#include "common/protocol/sealed.hpp"

#include <algorithm>

namespace ntm::client {

namespace {

// A firewall that lets nothing through answers nothing. Early enough for a path by a relay before the
// query of a name has waited in vain; Requests go on meanwhile.
constexpr Duration patience = std::chrono::seconds{2};

void write_address(const Endpoint& endpoint, v1::Address& message) {
    message.set_ip(as_text(endpoint.address.bytes()));
    message.set_port(endpoint.port.number);
}

}  // namespace

DirectLegs::DirectLegs(const RouteDirection& direction, TunnelContext& context, Instant now)
    : direction_{direction}, context_{context}, made_{now}, last_begin_{now}, silent_since_{now} {
    begin(now);
}

// A Request to where the peer was last and to each of its candidates, from the newest address of
// the family.
void DirectLegs::begin(Instant now, std::uint64_t newer_than) {
    end_attempts();
    last_begin_ = now;
    if (last_remote_) {
        add_attempt(*last_remote_, true, now, newer_than);
    }
    for (const PeerCandidate& candidate : direction_.candidates) {
        if (candidate.endpoint != last_remote_) {
            add_attempt(candidate.endpoint, candidate.is_proven, now, newer_than);
        }
    }
}

void DirectLegs::add_attempt(
    const Endpoint& remote, bool is_trusted, Instant now, std::uint64_t newer_than
) {
    for (const LocalAddress& local : context_.locals.usable()) {
        if (local.ip().family() == remote.address.family() && local.interface_age > newer_than) {
            add_attempt(Way{local.ip(), remote}, is_trusted, now);
            return;
        }
    }
}

void DirectLegs::add_attempt(const Way& way, bool is_trusted, Instant now) {
    LegBinding::Plan plan;
    plan.way = way;
    plan.is_trusted = is_trusted || answered_.contains(way.remote);
    plan.most_untrusted_tries = unproven_.left(way.remote);
    attempts_.emplace_back(plan, now);
    silent_since_ = now;
    is_silence_told_ = false;
}

void DirectLegs::end_attempts() {
    attempts_.clear();
    in_vain_.clear();
    data_follows_at_.reset();
}

bool DirectLegs::is_named(const Endpoint& remote) const {
    return remote == last_remote_ ||
           std::any_of(
               direction_.candidates.begin(),
               direction_.candidates.end(),
               [&](const PeerCandidate& candidate) { return candidate.endpoint == remote; }
           );
}

bool DirectLegs::is_asking(const Endpoint& remote) const {
    return std::any_of(attempts_.begin(), attempts_.end(), [&](const LegBinding& attempt) {
        return attempt.way().remote == remote;
    });
}

// The peer may be elsewhere: that is asked besides, and the way in use serves on until a Request is
// bound.
void DirectLegs::direction_changed(const RouteDirection& before, Instant now) {
    unproven_.forget();
    std::erase_if(answered_, [&](const Endpoint& remote) { return !is_named(remote); });
    std::erase_if(attempts_, [&](const LegBinding& attempt) {
        return !is_named(attempt.way().remote);
    });
    for (const PeerCandidate& candidate : direction_.candidates) {
        for (LegBinding& attempt : attempts_) {
            if (candidate.is_proven && attempt.way().remote == candidate.endpoint) {
                attempt.trust();
            }
        }
        const bool is_new = std::none_of(
            before.candidates.begin(),
            before.candidates.end(),
            [&](const PeerCandidate& known) { return known.endpoint == candidate.endpoint; }
        );
        const bool is_in_use = active_ && active_->remote == candidate.endpoint;
        if (is_new && !is_in_use && !is_asking(candidate.endpoint)) {
            add_attempt(candidate.endpoint, candidate.is_proven, now);
        }
    }
    if (attempts_.empty() && (!is_ready() || !active_)) {
        begin(now);
    }
}

void DirectLegs::retry(Instant now) {
    if (attempts_.empty() && now - last_begin_ >= between_attempts) {
        begin(now);
    }
}

// The newest interface takes over, in either family, as soon as the peer has bound an address of it; the
// old one serves until then, and is not asked from, as its answer would come first.
void DirectLegs::locals_changed(Instant now) {
    if (active_ && !context_.locals.has(active_->local)) {
        active_.reset();
    }
    const auto lost = std::erase_if(bound_at_, [this](const IpAddress& local) {
        return !context_.locals.has(local);
    });
    if (!active_ || lost != 0) {
        begin(now);
        return;
    }
    const auto usable = context_.locals.usable();
    const auto in_use = std::find_if(usable.begin(), usable.end(), [this](const auto& local) {
        return local.ip() == active_->local;
    });
    if (in_use != usable.end() && usable.front().interface_age > in_use->interface_age) {
        begin(now, in_use->interface_age);
    }
}

// The NAT before this address has forgotten a relay's hole, and so perhaps the peer's: no packet of
// an idle path would tell.
void DirectLegs::handle_relay_event(const RelayEvent& event, Instant now) {
    const auto* changed = std::get_if<OutsideChanged>(&event);
    if (changed != nullptr && bound_at_.contains(changed->way.local)) {
        ask_again(now);
    }
}

void DirectLegs::doubt(Family family, Instant now) {
    if (std::any_of(bound_at_.begin(), bound_at_.end(), [family](const IpAddress& local) {
            return local.family() == family;
        })) {
        ask_again(now);
    }
}

// A NAT may show this host elsewhere by now, where the peer does not send: its answer tells. Only the way
// in use is asked, since an answer on another one would change it.
void DirectLegs::handle_silence(Instant now) {
    if (attempts_.empty() && active_) {
        add_attempt(*active_, true, now);
    }
}

// From the newest addresses, and on the way in use too, whose hole may be the one that is shut.
void DirectLegs::ask_again(Instant now) {
    if (!attempts_.empty()) {
        return;
    }
    begin(now);
    if (active_ && std::none_of(attempts_.begin(), attempts_.end(), [&](const LegBinding& attempt) {
            return attempt.way() == *active_;
        })) {
        add_attempt(*active_, true, now);
    }
}

bool DirectLegs::handle_leg(
    const protocol::NtmHeader& header, const Datagram& datagram, Instant now
) {
    // The role is that of the node whose leg it is, in both directions.
    if (header.is_answer() != (header.role() == direction_.role)) {
        ++context_.counters.wrong_role;
        return false;
    }
    return header.is_answer() ? handle_response(datagram, now) : handle_request(datagram, now);
}

bool DirectLegs::handle_response(const Datagram& datagram, Instant now) {
    auto message = protocol::open_leg(direction_.path_secret, datagram.payload);
    if (!message) {
        ++context_.counters.bad_tag;
        return false;
    }
    if (!message->has_response()) {
        ++context_.counters.malformed_message;
        return false;
    }
    const v1::TunnelResponse& response = message->response();
    const auto attempt = std::find_if(attempts_.begin(), attempts_.end(), [&](LegBinding& at) {
        return at.handle_response(response, now);
    });
    if (attempt == attempts_.end()) {
        if (answers_too_late(response, now)) {
            ask_again(now);
        }
        return false;
    }
    answered_.insert(attempt->way().remote);
    if (const auto outside = usable_endpoint(response.outside())) {
        outside_ = *outside;
    }
    if (!response.bound()) {
        return true;
    }
    is_bound_there_ = true;
    active_ = attempt->way();
    last_remote_ = active_->remote;
    // The peer has left where it was bound before: back there it needs a token like anybody.
    if (bound_here_ && bound_here_->remote != active_->remote) {
        bound_here_ = BoundHere{active_->remote, now};
    }
    end_attempts();
    return true;
}

bool DirectLegs::answers_too_late(const v1::TunnelResponse& response, Instant now) {
    const auto attempt = std::find_if(in_vain_.begin(), in_vain_.end(), [&](LegBinding& at) {
        return at.handle_response(response, now);
    });
    if (attempt == in_vain_.end()) {
        return false;
    }
    answered_.insert(attempt->way().remote);
    return true;
}

bool DirectLegs::handle_request(const Datagram& datagram, Instant now) {
    auto message = protocol::open_leg(direction_.path_secret, datagram.payload);
    if (!message) {
        ++context_.counters.bad_tag;
        return false;
    }
    if (!message->has_request() || message->request().nonce().size() != sizeof(std::uint64_t)) {
        ++context_.counters.malformed_message;
        return false;
    }
    const v1::TunnelRequest& request = message->request();
    const bool is_bound_already = bound_here_ && bound_here_->remote == datagram.remote;
    const bool binds = !is_bound_already && may_bind(request, datagram.remote, now);
    if (binds) {
        bound_here_ = BoundHere{datagram.remote, now};
        last_remote_ = datagram.remote;
        active_ = Way{datagram.local.address, datagram.remote};
        end_attempts();
    }
    // This host has moved, and the peer has found it: the binding goes on from here.
    const bool goes_on = is_bound_already && !active_;
    if (goes_on) {
        active_ = Way{datagram.local.address, datagram.remote};
    }
    if (binds || is_bound_already) {
        bound_at_.insert(datagram.local.address);
    }
    answer(request, datagram, now);
    return binds || goes_on;
}

// docs/protocol.md section 5: (a) the proven address while unbound, (b) a token given to this very
// source after the last binding. Legs made anew under the secret of others take none of theirs.
bool DirectLegs::may_bind(const v1::TunnelRequest& request, const Endpoint& source, Instant now) {
    const bool is_proven = std::any_of(
        direction_.candidates.begin(),
        direction_.candidates.end(),
        [&](const PeerCandidate& candidate) {
            return candidate.is_proven && candidate.endpoint == source;
        }
    );
    if (!bound_here_ && is_proven) {
        return true;
    }
    crypto::Token token{};
    if (request.token().size() != token.size()) {
        return false;
    }
    const ByteView bytes = as_bytes(request.token());
    std::copy(bytes.begin(), bytes.end(), token.begin());
    const auto issued = context_.mint.check(token, source, now);
    return issued && *issued > (bound_here_ ? bound_here_->at : made_);
}

void DirectLegs::answer(const v1::TunnelRequest& request, const Datagram& datagram, Instant now) {
    v1::Leg message;
    v1::TunnelResponse& response = *message.mutable_response();
    response.set_nonce(request.nonce());
    write_address(datagram.remote, *response.mutable_outside());
    response.set_bound(bound_here_ && bound_here_->remote == datagram.remote);
    response.set_peer_bound(is_bound_there_);
    response.set_token(as_text(context_.mint.mint(datagram.remote, now)));
    response.set_boot_id(context_.boot_id.value);
    Bytes sealed = protocol::seal_leg(
        direction_.path_secret, direction_.path_id, other(direction_.role), message, context_.random
    );
    // Never an answer longer than what it answers.
    if (sealed.size() <= datagram.payload.size()) {
        context_.out.datagrams.push_back({datagram.local, datagram.remote, std::move(sealed)});
    }
}

Instant DirectLegs::next_timeout() const {
    Instant next = data_follows_at_.value_or(Instant::never());
    for (const LegBinding& attempt : attempts_) {
        next = std::min(next, attempt.next_timeout());
    }
    return meets_silence() ? std::min(next, patience_ends()) : next;
}

bool DirectLegs::meets_silence() const {
    const bool is_in_want = !attempts_.empty() && (!is_ready() || !active_);
    return is_in_want && !is_silence_told_ && context_.dc_heard >= silent_since_ &&
           std::none_of(attempts_.begin(), attempts_.end(), [](const LegBinding& attempt) {
               return attempt.has_answered();
           });
}

Instant DirectLegs::patience_ends() const {
    return std::max(silent_since_, context_.dc_back) + patience;
}

bool DirectLegs::handle_timeout(Instant now) {
    if (data_follows_at_ && now >= *data_follows_at_) {
        data_follows_at_.reset();
        if (!active_) {
            active_ = data_follows_on_;
        }
    }
    const bool was_trying = !attempts_.empty();
    std::erase_if(attempts_, [&](const LegBinding& attempt) {
        if (attempt.is_over(now) && !attempt.has_answered()) {
            in_vain_.push_back(attempt);
        }
        return attempt.is_over(now);
    });
    for (LegBinding& attempt : attempts_) {
        auto request = attempt.handle_timeout(context_.random, now);
        if (!request) {
            continue;
        }
        unproven_.note(attempt);
        bound_at_.insert(attempt.way().local);
        if (!request->token().empty() && is_ready() && !active_ && !data_follows_at_) {
            data_follows_at_ = now + data_follows_after;
            data_follows_on_ = attempt.way();
        }
        send_request(direction_, std::move(*request), attempt.way(), context_, now);
    }
    if (meets_silence() && now >= patience_ends()) {
        is_silence_told_ = true;
        return true;
    }
    const bool has_ended = was_trying && attempts_.empty();
    return has_ended && (!is_ready() || !active_);
}

}  // namespace ntm::client
