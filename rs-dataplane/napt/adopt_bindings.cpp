// SPDX-License-Identifier: BSD-3-Clause
// How Bindings go on with what an earlier process has left in memory that outlives it.
#include "rs-dataplane/napt/bindings.hpp"

#include <algorithm>

namespace ntm::napt {

namespace {

void note_ports(tables::KeptLayout& layout, const PortBlocks::Plan& plan) {
    layout.note(plan.addresses);
    layout.note(plan.first_port);
    layout.note(plan.blocks_each);
    layout.note(plan.block_size);
}

std::size_t blocks_in(const PortBlocks::Plan& plan) noexcept {
    return plan.addresses * plan.blocks_each;
}

bool has_known_kinds(const Session& session) noexcept {
    return (session.family == Family::ipv4 || session.family == Family::ipv6) &&
           static_cast<std::size_t>(session.protocol) < protocol_count &&
           session.filter <= Filter::address_and_port_dependent;
}

}  // namespace

KeptBindingsParts Bindings::lay_out(const Plan& plan, tables::KeptLayout& layout) {
    note_ports(layout, plan.ipv4);
    note_ports(layout, plan.ipv6);
    KeptBindingsParts parts;
    parts.sessions = layout.add<Session>(plan.sessions);
    parts.subscribers = layout.add<Subscriber>(plan.subscribers);
    parts.blocks = {
        layout.add<Instant>(blocks_in(plan.ipv4)), layout.add<Instant>(blocks_in(plan.ipv6))};
    return parts;
}

Adoption Bindings::adopt(Instant now) {
    Adoption made;
    made.given_up = adopt_subscribers();
    const std::chrono::seconds longest =
        std::max({times_.udp, times_.icmp, times_.tcp_transitory, times_.tcp_established});
    const auto latest =
        static_cast<std::uint32_t>((now + longest).since_origin() / std::chrono::seconds{1}) + 1;
    for (Position at = 0; at < sessions_.records().capacity(); ++at) {
        Session& session = sessions_[at];
        const bool was_complete = session.seal != 0;
        if (was_complete && adopt_session(at)) {
            session.expires = std::min(session.expires, latest);
            continue;
        }
        session = Session{};
        made.given_up += was_complete ? 1 : 0;
    }
    sessions_.adopt_records();
    for (PublicPorts& ports : ports_) {
        ports.settle(now);
    }
    made.subscribers = subscribers_.in_use();
    made.sessions = sessions_.records().in_use();
    return made;
}

std::uint32_t Bindings::adopt_subscribers() {
    std::uint32_t given_up = 0;
    subscribers_.adopt([&given_up](Subscriber& record) {
        const bool is_good = record.seal == record.check();
        given_up += record.seal != 0 && !is_good ? 1 : 0;
        if (is_good) {
            Subscriber adopted;
            adopted.seal = record.seal;
            adopted.number = record.number;
            adopted.ipv4 = record.ipv4;
            adopted.ipv6 = record.ipv6;
            record = adopted;
        }
        return is_good;
    });
    return given_up;
}

bool Bindings::adopt_session(Position at) {
    const Session& session = sessions_[at];
    if (!has_known_kinds(session) || session.seal != session.check() || !is_plausible(session)) {
        return false;
    }
    const Position mapping = adopt_mapping(session);
    if (mapping == nowhere) {
        return false;
    }
    sessions_.adopt(mappings_[mapping], at);
    if (session.is_proven()) {
        ++subscribers_[session.subscriber].sessions;
    } else {
        unproven_.add(at, session.subscriber);
    }
    return true;
}

// As far as those tell that were adopted before it.
bool Bindings::is_plausible(const Session& session) const noexcept {
    return session.subscriber < subscribers_.capacity() &&
           subscribers_[session.subscriber].seal != 0 &&
           sessions_.find(lookup(session.inside())) == nowhere &&
           sessions_.find(lookup(session.outside())) == nowhere;
}

Position Bindings::adopt_mapping(const Session& session) {
    const InsideTuple inside = session.inside();
    const std::uint64_t hash = endpoint_hash(inside);
    const Position known = find_mapping(inside, hash);
    if (known != nowhere) {
        return mappings_[known].public_port == session.public_port ? known : nowhere;
    }
    auto& holding = subscribers_[session.subscriber].holdings[index_of(session.family)];
    if (mappings_.is_full()) {
        return nowhere;
    }
    const auto taken = ports(session.family).adopt(holding, session.public_port, session.protocol);
    if (!taken) {
        return nowhere;
    }
    const Position made = put_mapping(inside, hash, taken->port);
    ports(session.family).set_mapping(*taken, session.protocol, made);
    return made;
}

void Bindings::welcome(Position subscriber, const Limits& limits, Tenancy tenancy, Instant now) {
    Subscriber& his = subscribers_[subscriber];
    his.limits = limits;
    his.tenancy = tenancy;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        blocks_of(subscriber, family, [&](const PublicPorts::Block& block) {
            teller_.block(Event::Kind::block_taken, {family, block.first, tenancy}, now);
            return true;
        });
    }
}

}  // namespace ntm::napt
