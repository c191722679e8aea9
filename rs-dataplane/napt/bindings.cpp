// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt/bindings.hpp"

#include <algorithm>
#include <utility>

namespace ntm::napt {

namespace {

// A subscriber's port, as its mapping is found by.
struct EndpointKey {
    Position subscriber = nowhere;
    std::uint16_t port = 0;
    Family family = Family::ipv4;
    Protocol protocol = Protocol::udp;

    [[nodiscard]] std::array<std::uint64_t, 2> words() const noexcept {
        return {std::uint64_t{subscriber} << 32 | port, word_of(family, protocol)};
    }
    friend bool operator==(const EndpointKey&, const EndpointKey&) = default;
};

EndpointKey endpoint_of(const InsideTuple& tuple) noexcept {
    return {tuple.subscriber, tuple.inside_port, tuple.family, tuple.protocol};
}
EndpointKey endpoint_of(const Mapping& mapping) noexcept {
    return {mapping.subscriber, mapping.inside_port, mapping.family, mapping.protocol};
}

InsideEndpoint inside_of(const Session& session) noexcept {
    return {session.subscriber, session.inside_port, session.path};
}

std::uint32_t whole_seconds(Instant at) noexcept {
    constexpr Duration second = std::chrono::seconds{1};
    return static_cast<std::uint32_t>(at.since_origin() / second);
}

// The first full second at which so much time has passed.
std::uint32_t second_after(Instant now, std::chrono::seconds time) noexcept {
    constexpr Duration almost_a_second = std::chrono::seconds{1} - Duration{1};
    return whole_seconds(now + almost_a_second + time);
}

}  // namespace

std::unique_ptr<Bindings> Bindings::make(
    const Plan& plan, RandomSource& random, const KeptBindings& kept
) {
    const tables::FlowHash hash{random};
    std::unique_ptr<Bindings> made{new Bindings{plan, random, hash, kept}};
    const bool has_memory = made->sessions_.records().capacity() == plan.sessions &&
                            made->unproven_.has_memory() &&
                            made->mappings_.capacity() == plan.mappings &&
                            made->mappings_by_endpoint_.capacity() == plan.mappings &&
                            made->subscribers_.capacity() == plan.subscribers &&
                            made->ports_[0].has_memory() && made->ports_[1].has_memory();
    return has_memory ? std::move(made) : nullptr;
}

std::size_t Bindings::bytes_for(const Plan& plan) noexcept {
    return SessionTable::mapped_bytes(plan.sessions) +
           Unproven::mapped_bytes(plan.sessions, plan.subscribers) +
           tables::LargeArray<Mapping>::mapped_bytes(plan.mappings) +
           tables::FlowIndex::mapped_bytes(plan.mappings) +
           tables::LargeArray<Subscriber>::mapped_bytes(plan.subscribers) +
           PublicPorts::bytes_for(plan.ipv4) + PublicPorts::bytes_for(plan.ipv6);
}

Bindings::Bindings(
    const Plan& plan, RandomSource& random, const tables::FlowHash& hash, const KeptBindings& kept
)
    : times_{plan.times},
      path_filters_{plan.path_filters},
      exit_path_filters_{plan.exit_path_filters},
      hash_{hash},
      sessions_{plan.sessions, hash, kept.sessions},
      unproven_{plan.sessions, plan.subscribers},
      mappings_{RecordPool<Mapping>::make(plan.mappings)},
      mappings_by_endpoint_{tables::FlowIndex::make(plan.mappings)},
      subscribers_{
          kept.subscribers.empty() ? RecordPool<Subscriber>::make(plan.subscribers)
                                   : RecordPool<Subscriber>::over(kept.subscribers)},
      ports_{
          PublicPorts{plan.ipv4, random, kept.blocks[0]},
          PublicPorts{plan.ipv6, random, kept.blocks[1]}},
      teller_{plan.events, plan.tells_sessions} {}

std::optional<Position> Bindings::add_subscriber(
    const Ipv4Address& ipv4,
    const Ipv6Address& ipv6,
    const Limits& limits,
    Tenancy tenancy,
    std::uint32_t number
) noexcept {
    if (subscribers_.is_full()) {
        return std::nullopt;
    }
    const Position at = subscribers_.take();
    subscribers_[at] = Subscriber{};
    subscribers_[at].ipv4 = ipv4;
    subscribers_[at].ipv6 = ipv6;
    subscribers_[at].limits = limits;
    subscribers_[at].tenancy = tenancy;
    subscribers_[at].number = number;
    tables::keep_order();
    subscribers_[at].seal = subscribers_[at].check();
    return at;
}

void Bindings::remove_subscriber(Position subscriber, Instant now) {
    give_up(subscriber);
    static_cast<void>(end_sessions(subscriber, sessions_.records().capacity(), now));
    subscribers_.give_back(subscriber);
}

void Bindings::give_up(Position subscriber) noexcept {
    subscribers_[subscriber].seal = 0;
    tables::keep_order();
}

bool Bindings::end_sessions(Position subscriber, std::uint32_t most, Instant now) {
    sessions_.settle();
    const Subscriber& his = subscribers_[subscriber];
    for (std::uint32_t i = 0; i < most && his.first_mapping != nowhere; ++i) {
        remove_session(mappings_[his.first_mapping].first_session, now);
    }
    return his.first_mapping == nowhere;
}

Result<PublicPort, DropReason> Bindings::outbound(
    const Lookup<InsideTuple>& from, const Path& path, const TcpSegment& segment, Instant now
) {
    const Position at = sessions_.find(from);
    if (at == nowhere) [[unlikely]] {
        return open(from, path, segment, now);
    }
    Session& session = sessions_[at];
    if (session.path != path.id) [[unlikely]] {
        sessions_.set_path(mapping_of(session), at, path.id, filter_of(path, session.protocol));
    }
    if (!session.is_proven()) [[unlikely]] {
        const DropReason reason = pass_unproven(at, Side::inside, segment, now);
        if (reason != DropReason::none) {
            return Unexpected{reason};
        }
        return session.public_port;
    }
    const bool is_tcp = session.protocol == Protocol::tcp;
    refresh(session, is_tcp ? session.tcp.pass(Side::inside, segment) : TcpTimer::established, now);
    return session.public_port;
}

DropReason Bindings::pass_unproven(
    Position at, Side from, const TcpSegment& segment, Instant now
) noexcept {
    Session& session = sessions_[at];
    TcpTracking after = session.tcp;
    const TcpTimer timer = after.pass(from, segment);
    if (after.is_proven()) {
        Subscriber& subscriber = subscribers_[session.subscriber];
        if (!may_have_session(subscriber, session.family, now)) {
            return DropReason::napt_session_quota;
        }
        ++subscriber.sessions;
        unproven_.remove(at, session.subscriber);
        teller_.session(Event::Kind::session_opened, session, subscriber.tenancy, now);
    }
    session.tcp = after;
    refresh(session, timer, now);
    return DropReason::none;
}

bool Bindings::may_have_session(Subscriber& subscriber, Family family, Instant now) const noexcept {
    if (subscriber.sessions < subscriber.limits.sessions) {
        return true;
    }
    teller_.session_limit_met(subscriber, family, now);
    return false;
}

std::uint64_t Bindings::endpoint_hash(const InsideTuple& tuple) const noexcept {
    return hash_(endpoint_of(tuple).words());
}

Position Bindings::find_mapping(const InsideTuple& tuple, std::uint64_t hash) const noexcept {
    const EndpointKey endpoint = endpoint_of(tuple);
    return mappings_by_endpoint_.find(hash, [&](Position at) {
        return endpoint_of(mappings_[at]) == endpoint;
    });
}

void Bindings::refresh(Session& session, TcpTimer timer, Instant now) const noexcept {
    if (timer == TcpTimer::goes_on) {
        return;
    }
    std::chrono::seconds time = times_.udp;
    if (session.protocol == Protocol::tcp) {
        time = timer == TcpTimer::transitory ? times_.tcp_transitory : times_.tcp_established;
    } else if (session.protocol == Protocol::icmp) {
        time = times_.icmp;
    }
    // Once a second: the line stays as it is in between.
    const std::uint32_t expires = second_after(now, time);
    if (session.expires != expires) {
        session.expires = expires;
    }
}

Result<InsideEndpoint, DropReason> Bindings::inbound(
    const Lookup<OutsideTuple>& to, const TcpSegment& segment, Instant now
) noexcept {
    const Position at = sessions_.find(to);
    if (at != nowhere) [[likely]] {
        Session& session = sessions_[at];
        if (session.protocol == Protocol::tcp) {
            if (segment.has_rst && session.tcp.is_off_window(segment)) [[unlikely]] {
                return Unexpected{DropReason::napt_reset_off_window};
            }
            if (!session.is_proven()) [[unlikely]] {
                const DropReason reason = pass_unproven(at, Side::outside, segment, now);
                if (reason != DropReason::none) {
                    return Unexpected{reason};
                }
                return inside_of(session);
            }
            refresh(session, session.tcp.pass(Side::outside, segment), now);
        }
        return inside_of(session);
    }
    const OutsideTuple& tuple = to.tuple;
    const Position found = ports(tuple.family).mapping_of(tuple.public_port, tuple.protocol);
    if (found == nowhere) {
        return Unexpected{DropReason::napt_no_mapping};
    }
    const bool is_tcp = tuple.protocol == Protocol::tcp;
    if (is_tcp && !TcpTracking::opens(segment)) {
        return Unexpected{DropReason::napt_no_session};
    }
    const Mapping& mapping = mappings_[found];
    const auto path = path_for_stranger(mapping, tuple);
    if (!path) {
        return Unexpected{is_tcp ? DropReason::napt_syn_filtered : DropReason::napt_filtered};
    }
    return InsideEndpoint{mapping.subscriber, mapping.inside_port, *path};
}

std::optional<PathId> Bindings::path_for_stranger(const Mapping& mapping, const OutsideTuple& tuple)
    const noexcept {
    // An answer to an echo comes from who was asked.
    if (tuple.protocol == Protocol::icmp) {
        return std::nullopt;
    }
    // A path that is gone stays in its sessions: the way is that of the newest one. Of open ones the mapping
    // has it.
    const Position peer = sessions_.find_peer(mapping, tuple);
    if (peer != nowhere && sessions_[peer].filter != Filter::endpoint_independent) {
        return sessions_[peer].path;
    }
    return mapping.open_sessions > 0 ? std::optional{mapping.open_path} : std::nullopt;
}

std::optional<PublicPort> Bindings::find(const InsideTuple& tuple) const noexcept {
    const Position at = sessions_.find(lookup(tuple));
    if (at != nowhere) {
        return sessions_[at].public_port;
    }
    const Position found = find_mapping(tuple, endpoint_hash(tuple));
    if (found == nowhere) {
        return std::nullopt;
    }
    const Mapping& mapping = mappings_[found];
    const bool is_let_in =
        path_for_stranger(mapping, outside_of(tuple, mapping.public_port)).has_value();
    return is_let_in ? std::optional{mapping.public_port} : std::nullopt;
}

std::optional<InsideEndpoint> Bindings::find(const OutsideTuple& tuple) const noexcept {
    const Position at = sessions_.find(lookup(tuple));
    return at == nowhere ? std::nullopt : std::optional{inside_of(sessions_[at])};
}

Mapping& Bindings::mapping_of(const Session& session) noexcept {
    return mappings_[ports(session.family).mapping_of(session.public_port, session.protocol)];
}

void Bindings::tend(Instant now, std::uint32_t records) {
    const std::uint32_t second = whole_seconds(now);
    const Position reach = sessions_.records().reach();
    for (std::uint32_t i = std::min(records, reach); i > 0; --i) {
        const Position at = tended_ < reach ? tended_ : 0;
        tended_ = at + 1;
        if (sessions_[at].is_live() && sessions_[at].expires <= second) {
            remove_session(at, now);
        }
    }
}

void Bindings::remove_session(Position at, Instant now) {
    const Session& session = sessions_[at];
    const Position its = ports(session.family).mapping_of(session.public_port, session.protocol);
    Subscriber& subscriber = subscribers_[session.subscriber];
    if (session.is_proven()) {
        --subscriber.sessions;
        teller_.session(Event::Kind::session_ended, session, subscriber.tenancy, now);
    } else {
        unproven_.remove(at, session.subscriber);
    }
    sessions_.remove(mappings_[its], at);
    if (mappings_[its].first_session == nowhere) {
        remove_mapping(its, now);
    }
}

void Bindings::remove_mapping(Position at, Instant now) {
    const Mapping& mapping = mappings_[at];
    Subscriber& subscriber = subscribers_[mapping.subscriber];
    Position& link =
        mapping.previous == nowhere ? subscriber.first_mapping : mappings_[mapping.previous].next;
    link = mapping.next;
    if (mapping.next != nowhere) {
        mappings_[mapping.next].previous = mapping.previous;
    }
    --subscriber.mappings;
    mappings_by_endpoint_.erase(hash_(endpoint_of(mapping).words()), at);
    auto& holding = subscriber.holdings[index_of(mapping.family)];
    const auto block =
        ports(mapping.family).give_back(holding, mapping.public_port, mapping.protocol, now);
    if (block) {
        teller_.block(
            Event::Kind::block_given_back, {mapping.family, *block, subscriber.tenancy}, now
        );
    }
    mappings_.give_back(at);
}

Bindings::Usage Bindings::usage() const noexcept {
    return {
        subscribers_.in_use(),
        mappings_.in_use(),
        sessions_.records().in_use(),
        ports_[0].held_blocks() + ports_[1].held_blocks(),
        unproven_.size()};
}

}  // namespace ntm::napt
