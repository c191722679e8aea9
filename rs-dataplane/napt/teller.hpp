// SPDX-License-Identifier: BSD-3-Clause
// Makes events of what bindings do and refuse. Where something is used up, each packet that asks for it is
// refused: of that it tells once in a while.
#pragma once

#include "rs-dataplane/napt/event.hpp"
#include "rs-dataplane/napt/public_ports.hpp"
#include "rs-dataplane/napt/records.hpp"
#include "rs-dataplane/napt/reminder.hpp"

#include <array>
#include <cstdint>

namespace ntm::napt {

class Teller {
  public:
    // `events`: perhaps nothing; outlives it.
    Teller(EventSink* events, bool tells_sessions) noexcept
        : events_{events}, session_events_{tells_sessions ? events : nullptr} {}

    struct Block {
        Family family = Family::ipv4;
        PublicPort first;
        Tenancy tenancy = 0;
    };
    void block(Event::Kind kind, const Block& block, Instant now) const noexcept;
    void session(Event::Kind kind, const Session& session, Tenancy tenancy, Instant now)
        const noexcept;

    void port_limit_met(Subscriber& subscriber, Family family, Instant now) const noexcept;
    void session_limit_met(Subscriber& subscriber, Family family, Instant now) const noexcept;
    // Of one address where its ports are all that this subscriber gets, else of all of them.
    void ports_used_up(
        const PublicPorts::Holding& his, const InsideTuple& wanted, Instant now
    ) noexcept;
    void mappings_used_up(std::uint32_t capacity, Instant now) noexcept;
    void sessions_used_up(std::uint32_t capacity, Instant now) noexcept;

  private:
    void tell_if_due(const Event& event, Reminder& told) const noexcept;

    EventSink* events_;
    EventSink* session_events_;
    std::array<Reminder, 2> address_told_;    // by family, whichever address it is
    std::array<Reminder, 2> addresses_told_;  // by family
    Reminder mappings_told_;
    Reminder sessions_told_;
};

}  // namespace ntm::napt
