// SPDX-License-Identifier: BSD-3-Clause
// What goes on record of an RS-N's NAPT: who had which public ports when, at which real addresses he was
// then, and what was refused for want of something. Where a general node was goes on record with sessions alone (RFC 6888 REQ-12).
#pragma once

#include "common/base/address.hpp"
#include "common/base/ids.hpp"
#include "common/base/wall_time.hpp"
#include "common/crypto/x25519.hpp"
#include "rs-dataplane/relay/napt_events.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace ntm::control {

// A subscriber, from his first path here to his last.
struct Tenant {
    std::uint32_t tenancy = 0;  // that time's number, in this process
    std::string fqdn;
    crypto::PublicKey key;
    crypto::PublicKey dc;
    Ipv4Address vipv4;  // all zero if he has none
    Ipv6Address vipv6;  // likewise

    [[nodiscard]] IpAddress vip(Family family) const noexcept {
        return family == Family::ipv4 ? IpAddress{vipv4} : IpAddress{vipv6};
    }
    friend bool operator==(const Tenant&, const Tenant&) = default;
};

struct PublicBlock {
    IpAddress address;
    std::uint16_t first_port = 0;
    std::uint16_t last_port = 0;

    friend auto operator<=>(const PublicBlock&, const PublicBlock&) = default;
};
struct NatSession {
    std::uint8_t protocol = 0;  // as IP numbers them; ICMP's ports are its identifiers
    Endpoint inside;
    Endpoint outside;  // as the general node sees it
    Endpoint remote;

    friend bool operator==(const NatSession&, const NatSession&) = default;
};
// Where the legs of his paths are bound to.
struct RealAddress {
    Endpoint endpoint;

    friend bool operator==(const RealAddress&, const RealAddress&) = default;
};
// Something was refused for want of this: at once, and again in a while if that goes on. Of nobody but
// where a subscriber met a limit of his own.
struct Shortage {
    napt::Scarce of = napt::Scarce::subscriber_ports;
    Family family = Family::ipv4;
    std::uint32_t limit = 0;           // how many there may be, unless it is about addresses
    std::optional<IpAddress> address;  // whose ports are used up
    std::uint8_t protocol = 0;         // for which they are

    friend bool operator==(const Shortage&, const Shortage&) = default;
};
// Of nobody: the relay has begun to run, or has lost records.
struct RunBegan {
    friend bool operator==(const RunBegan&, const RunBegan&) = default;
};
struct RecordsLost {
    std::uint64_t count = 0;
    friend bool operator==(const RecordsLost&, const RecordsLost&) = default;
};

enum class Change : std::uint8_t {
    begins,
    goes_on,  // for files, each of which is to tell all that is so
    ends,
};

struct NatRecord {
    WallTime at;
    Change change = Change::begins;
    std::optional<WallTime> since;         // when it began, if that is known
    std::shared_ptr<const Tenant> tenant;  // whose it is; nothing if nobody's
    std::variant<PublicBlock, NatSession, RealAddress, Shortage, RunBegan, RecordsLost> what;
};

}  // namespace ntm::control
