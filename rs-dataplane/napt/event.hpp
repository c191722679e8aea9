// SPDX-License-Identifier: BSD-3-Clause
// What Bindings tell of what they give out, so that it can be on record who had a public port at a time
// (RFC 6888 REQ-12 to REQ-14): each block of ports, and each session where it is asked for. And, once in
// a while, of what is refused for want of something, so that an operator learns of it (RFC 8158).
#pragma once

#include "common/base/address.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/napt/port_blocks.hpp"
#include "rs-dataplane/tables/padded_address.hpp"

#include <cstdint>

namespace ntm::napt {

// The time from a subscriber's first path to his last, by its number among all there have been in this
// run; no two have the same.
using Tenancy = std::uint32_t;

// Of what there is no more, or a subscriber may have no more.
enum class Scarce : std::uint8_t {
    subscriber_ports,
    subscriber_sessions,
    address_ports,  // of the public address that the subscriber has, for one protocol
    addresses,      // that have ports left
    mappings,
    sessions,
    // Of these workers do not tell.
    subscribers,
    fragments,  // that wait for others
};

struct Event {
    enum class Kind : std::uint8_t {
        block_taken,
        block_given_back,
        session_opened,
        session_ended,
        shortage,
    };

    Instant at;
    tables::PaddedAddress remote{};  // of a session, as are those below
    Tenancy tenancy = 0;
    PublicPort public_port;   // a block's first one; of a shortage the address alone
    std::uint32_t limit = 0;  // of a shortage that is not about addresses: how many there may be
    std::uint16_t inside_port = 0;
    std::uint16_t remote_port = 0;
    Protocol protocol = Protocol::udp;
    Kind kind = Kind::block_taken;
    Scarce scarce = Scarce::subscriber_ports;
    Family family = Family::ipv4;

    friend bool operator==(const Event&, const Event&) = default;
};

// Takes events at once and never waits: what it has no room for is lost, and it counts that.
class EventSink {
  public:
    EventSink() = default;
    EventSink(const EventSink&) = delete;
    EventSink& operator=(const EventSink&) = delete;
    virtual ~EventSink() = default;

    virtual void put(const Event& event) noexcept = 0;
};

}  // namespace ntm::napt
