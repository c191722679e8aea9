// SPDX-License-Identifier: BSD-3-Clause
// What a subscriber's packet opens that has no session: a session, and a mapping where there is none.
#include "common/base/touch.hpp"
#include "rs-dataplane/napt/bindings.hpp"

#include <optional>
#include <utility>

namespace ntm::napt {

Result<PublicPort, DropReason> Bindings::open(
    const Lookup<InsideTuple>& from, const Path& path, const TcpSegment& segment, Instant now
) {
    if (from.tuple.protocol == Protocol::tcp && !TcpTracking::opens(segment)) {
        return answer(from, path, segment, now);
    }
    return make_session(from, path, TcpTracking{Side::inside, segment}, now);
}

// To somebody whom the filter lets in: a connection that he begins, or its refusal.
Result<PublicPort, DropReason> Bindings::answer(
    const Lookup<InsideTuple>& from, const Path& path, const TcpSegment& segment, Instant now
) {
    const auto public_port = find(from.tuple);
    if (!public_port) {
        return Unexpected{DropReason::napt_no_session};
    }
    if (segment.has_rst) {
        return *public_port;
    }
    if (TcpTracking::answers(segment)) {
        return make_session(from, path, TcpTracking::begun_outside(segment), now);
    }
    return Unexpected{DropReason::napt_no_session};
}

Result<PublicPort, DropReason> Bindings::make_session(
    const Lookup<InsideTuple>& lookup, const Path& path, const TcpTracking& tcp, Instant now
) {
    const InsideTuple& from = lookup.tuple;
    Subscriber& subscriber = subscribers_[from.subscriber];
    const bool is_full = sessions_.records().is_full();
    if (is_full && unproven_.size() == 0) {
        teller_.sessions_used_up(sessions_.records().capacity(), now);
        return Unexpected{DropReason::napt_no_memory};
    }
    if (!may_have_session(subscriber, from.family, now)) {
        return Unexpected{DropReason::napt_session_quota};
    }
    const bool has_his_share =
        !tcp.is_proven() && unproven_.size_of(from.subscriber) >= subscriber.limits.sessions;
    if (is_full || has_his_share) {
        remove_session(unproven_.first_to_go(from.subscriber), now);
    }
    const std::uint64_t hash = endpoint_hash(from);
    Position at = find_mapping(from, hash);
    std::optional<PublicPorts::Taken> its_port;  // of a mapping that is made
    if (at == nowhere) {
        // The port that who began it knows went with its last session, which has made room.
        if (!tcp.is_proven()) {
            return Unexpected{DropReason::napt_no_session};
        }
        const DropReason reason = make_mapping(from, hash, now, at, its_port);
        if (reason != DropReason::none) {
            return Unexpected{reason};
        }
    }
    const Position taken = sessions_.take();
    Session& session = sessions_[taken];
    session.remote = from.remote;
    session.subscriber = from.subscriber;
    session.inside_port = from.inside_port;
    session.remote_port = from.remote_port;
    session.public_port = mappings_[at].public_port;
    session.family = from.family;
    session.protocol = from.protocol;
    session.filter = filter_of(path, from.protocol);
    session.path = path.id;
    session.tcp = tcp;
    session.expires = 0;
    refresh(session, TcpTimer::transitory, now);
    sessions_.add(
        mappings_[at], taken, sessions_.checks_of(lookup, outside_of(from, session.public_port))
    );
    if (its_port) {
        // That late, for its line has come by now: a store that waits lets none behind it pass.
        ports(from.family).set_mapping(*its_port, from.protocol, at);
    }
    if (tcp.is_proven()) {
        ++subscriber.sessions;
        teller_.session(Event::Kind::session_opened, session, subscriber.tenancy, now);
    } else {
        unproven_.add(taken, from.subscriber);
    }
    return session.public_port;
}

DropReason Bindings::make_mapping(
    const InsideTuple& from,
    std::uint64_t hash,
    Instant now,
    Position& made,
    std::optional<PublicPorts::Taken>& taken
) {
    Subscriber& subscriber = subscribers_[from.subscriber];
    if (mappings_.is_full()) {
        teller_.mappings_used_up(mappings_.capacity(), now);
        return DropReason::napt_no_memory;
    }
    if (subscriber.mappings >= subscriber.limits.ports) {
        teller_.port_limit_met(subscriber, from.family, now);
        return DropReason::napt_port_quota;
    }
    if (!subscriber.new_mappings.take(subscriber.limits.new_mappings, now)) {
        return DropReason::napt_mapping_rate;
    }
    auto& holding = subscriber.holdings[index_of(from.family)];
    taken = ports(from.family).take(holding, from.protocol, now);
    if (!taken) {
        teller_.ports_used_up(holding, from, now);
        return DropReason::napt_no_ports;
    }
    ports(from.family).fetch_mapping(*taken, from.protocol);
    made = put_mapping(from, hash, taken->port);
    if (taken->is_first) {
        const PublicPort first = ports(from.family).first_of(taken->block);
        teller_.block(Event::Kind::block_taken, {from.family, first, subscriber.tenancy}, now);
    }
    return DropReason::none;
}

Position Bindings::put_mapping(
    const InsideTuple& from, std::uint64_t hash, PublicPort public_port
) {
    Subscriber& subscriber = subscribers_[from.subscriber];
    const Position at = mappings_.take();
    Mapping& mapping = mappings_[at];
    mapping.subscriber = from.subscriber;
    mapping.public_port = public_port;
    mapping.inside_port = from.inside_port;
    mapping.family = from.family;
    mapping.protocol = from.protocol;
    mapping.first_session = nowhere;
    mapping.open_sessions = 0;
    mapping.open_path = {};
    mapping.previous = nowhere;
    mapping.next = std::exchange(subscriber.first_mapping, at);
    if (mapping.next != nowhere) {
        mappings_[mapping.next].previous = at;
    }
    // It has room for as many as there are records.
    static_cast<void>(mappings_by_endpoint_.insert(hash, at));
    ++subscriber.mappings;
    return at;
}

void Bindings::prefetch_opening(const InsideTuple& tuple) const noexcept {
    mappings_by_endpoint_.fetch(endpoint_hash(tuple));
    const Subscriber& subscriber = subscribers_[tuple.subscriber];
    ports(tuple.family).fetch(subscriber.holdings[index_of(tuple.family)], tuple.protocol);
    if (subscriber.first_mapping != nowhere) {
        mappings_.prefetch(subscriber.first_mapping);
    }
    touch(&subscriber);
}

}  // namespace ntm::napt
