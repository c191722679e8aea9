// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt/teller.hpp"

namespace ntm::napt {

namespace {

Event event_of(Event::Kind kind, Instant now) noexcept {
    Event event;
    event.kind = kind;
    event.at = now;
    return event;
}

Event shortage_of(Scarce scarce, std::uint32_t limit, Instant now) noexcept {
    Event event = event_of(Event::Kind::shortage, now);
    event.scarce = scarce;
    event.limit = limit;
    return event;
}

}  // namespace

void Teller::block(Event::Kind kind, const Block& block, Instant now) const noexcept {
    if (events_ == nullptr) {
        return;
    }
    Event event = event_of(kind, now);
    event.tenancy = block.tenancy;
    event.family = block.family;
    event.public_port = block.first;
    events_->put(event);
}

void Teller::session(Event::Kind kind, const Session& session, Tenancy tenancy, Instant now)
    const noexcept {
    if (session_events_ == nullptr) {
        return;
    }
    Event event = event_of(kind, now);
    event.tenancy = tenancy;
    event.family = session.family;
    event.protocol = session.protocol;
    event.public_port = session.public_port;
    event.inside_port = session.inside_port;
    event.remote = session.remote;
    event.remote_port = session.remote_port;
    session_events_->put(event);
}

void Teller::port_limit_met(Subscriber& subscriber, Family family, Instant now) const noexcept {
    Event event = shortage_of(Scarce::subscriber_ports, subscriber.limits.ports, now);
    event.tenancy = subscriber.tenancy;
    event.family = family;
    tell_if_due(event, subscriber.port_limit_told);
}

void Teller::session_limit_met(Subscriber& subscriber, Family family, Instant now) const noexcept {
    Event event = shortage_of(Scarce::subscriber_sessions, subscriber.limits.sessions, now);
    event.tenancy = subscriber.tenancy;
    event.family = family;
    tell_if_due(event, subscriber.session_limit_told);
}

void Teller::ports_used_up(
    const PublicPorts::Holding& his, const InsideTuple& wanted, Instant now
) noexcept {
    const std::size_t family = wanted.family == Family::ipv4 ? 0 : 1;
    if (!his.has_blocks()) {
        Event event = shortage_of(Scarce::addresses, 0, now);
        event.family = wanted.family;
        return tell_if_due(event, addresses_told_[family]);
    }
    Event event = shortage_of(Scarce::address_ports, 0, now);
    event.family = wanted.family;
    event.protocol = wanted.protocol;
    event.public_port.address = his.address;
    tell_if_due(event, address_told_[family]);
}

void Teller::mappings_used_up(std::uint32_t capacity, Instant now) noexcept {
    tell_if_due(shortage_of(Scarce::mappings, capacity, now), mappings_told_);
}

void Teller::sessions_used_up(std::uint32_t capacity, Instant now) noexcept {
    tell_if_due(shortage_of(Scarce::sessions, capacity, now), sessions_told_);
}

void Teller::tell_if_due(const Event& event, Reminder& told) const noexcept {
    if (events_ != nullptr && told.take(event.at)) {
        events_->put(event);
    }
}

}  // namespace ntm::napt
