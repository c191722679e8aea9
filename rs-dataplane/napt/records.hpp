// SPDX-License-Identifier: BSD-3-Clause
// What Bindings remember: subscribers, their mappings, and the sessions of each mapping; and by which
// tuples sessions are found.
#pragma once

#include "common/base/address.hpp"
#include "common/base/ids.hpp"
#include "common/base/rate_limit.hpp"
#include "rs-dataplane/napt/event.hpp"
#include "rs-dataplane/napt/public_ports.hpp"
#include "rs-dataplane/napt/record_pool.hpp"
#include "rs-dataplane/napt/reminder.hpp"
#include "rs-dataplane/napt/tcp_tracking.hpp"
#include "rs-dataplane/tables/padded_address.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace ntm::napt {

using tables::PaddedAddress;

// From whom a mapping lets in what nobody asked for (RFC 4787 section 5).
enum class Filter : std::uint8_t {
    endpoint_independent,        // from everybody
    address_dependent,           // from an address that something was sent to
    address_and_port_dependent,  // from nobody
};

// A tuple as it is hashed.
using TupleWords = std::array<std::uint64_t, 4>;

[[nodiscard]] constexpr std::uint64_t word_of(Family family, Protocol protocol) noexcept {
    return static_cast<std::uint64_t>(family) << 8 | static_cast<std::uint64_t>(protocol);
}

// As it leaves a subscriber. ICMP echo: the identifier is the inside port, the remote one is 0.
struct InsideTuple {
    PaddedAddress remote{};
    Position subscriber = nowhere;
    std::uint16_t inside_port = 0;
    std::uint16_t remote_port = 0;
    Family family = Family::ipv4;
    Protocol protocol = Protocol::udp;

    [[nodiscard]] TupleWords words() const noexcept {
        const auto ports = std::uint64_t{inside_port} << 16 | remote_port;
        return {
            remote.first,
            remote.second,
            std::uint64_t{subscriber} << 32 | ports,
            word_of(family, protocol)};
    }
};

// As it comes to a public address.
struct OutsideTuple {
    PaddedAddress remote{};
    PublicPort public_port;
    std::uint16_t remote_port = 0;
    Family family = Family::ipv4;
    Protocol protocol = Protocol::udp;

    [[nodiscard]] TupleWords words() const noexcept {
        const auto ports = std::uint64_t{public_port.port} << 16 | remote_port;
        return {
            remote.first,
            remote.second,
            std::uint64_t{public_port.address} << 32 | ports,
            word_of(family, protocol)};
    }
};

// Of the same flow.
[[nodiscard]] inline OutsideTuple outside_of(
    const InsideTuple& tuple, PublicPort public_port
) noexcept {
    return {tuple.remote, public_port, tuple.remote_port, tuple.family, tuple.protocol};
}

// One remote port to which a mapping's subscriber has sent something. It can do without its mapping:
// a packet that goes on with it reads this line alone.
struct alignas(64) Session {
    PaddedAddress remote{};
    Position subscriber = nowhere;
    std::uint16_t inside_port = 0;
    std::uint16_t remote_port = 0;
    PublicPort public_port;
    Family family{};  // of neither: the record is free
    Protocol protocol = Protocol::udp;
    Filter filter = Filter::endpoint_independent;  // of the path
    std::uint8_t seal = 0;                         // check() from when it is complete, else 0
    std::uint32_t expires = 0;                     // in seconds since the origin of time
    Position next = nowhere;                       // of the mapping
    Position previous = nowhere;
    TcpTracking tcp{Side::inside, {}};  // of TCP alone
    PathId path;                        // by which the subscriber last sent

    [[nodiscard]] bool is_live() const noexcept { return family != Family{}; }
    // Whether it is one of its subscriber's, or only a stranger's yet.
    [[nodiscard]] bool is_proven() const noexcept { return tcp.is_proven(); }
    [[nodiscard]] InsideTuple inside() const noexcept {
        return {remote, subscriber, inside_port, remote_port, family, protocol};
    }
    [[nodiscard]] OutsideTuple outside() const noexcept {
        return {remote, public_port, remote_port, family, protocol};
    }
    [[nodiscard]] bool is_of(const InsideTuple& tuple) const noexcept {
        return remote == tuple.remote && subscriber == tuple.subscriber &&
               inside_port == tuple.inside_port && remote_port == tuple.remote_port &&
               family == tuple.family && protocol == tuple.protocol;
    }
    [[nodiscard]] bool is_of(const OutsideTuple& tuple) const noexcept {
        return has_remote_of(tuple) && remote_port == tuple.remote_port;
    }
    // Whatever the remote port.
    [[nodiscard]] bool has_remote_of(const OutsideTuple& tuple) const noexcept {
        return remote == tuple.remote && public_port == tuple.public_port &&
               family == tuple.family && protocol == tuple.protocol;
    }
    // Of what stays the same as long as it lives; never 0.
    [[nodiscard]] std::uint8_t check() const noexcept { return check_of(inside(), outside()); }
    [[nodiscard]] static std::uint8_t check_of(
        const InsideTuple& inside, const OutsideTuple& outside
    ) noexcept {
        const TupleWords within = inside.words();
        const TupleWords without = outside.words();
        const std::uint64_t both_ends = mix(within[2] ^ std::rotl(without[2], 8));
        const std::uint64_t sum = mix(within[0] ^ std::rotl(within[1], 32) ^ within[3] ^ both_ends);
        return static_cast<std::uint8_t>(1 + sum % 255);
    }
    // Whether it lets others in from its remote address.
    [[nodiscard]] bool admits_its_address() const noexcept {
        return filter != Filter::address_and_port_dependent;
    }
};
static_assert(sizeof(Session) == 64);

// A subscriber's port and the public one that stands for it, whoever is at the other end; as long as
// it has a session.
struct alignas(64) Mapping {
    Position subscriber = nowhere;
    PublicPort public_port;
    std::uint16_t inside_port = 0;
    Family family = Family::ipv4;
    Protocol protocol = Protocol::udp;
    // Those that admit their remote address and have the same one stand beside each other.
    Position first_session = nowhere;
    std::uint32_t open_sessions = 0;  // whose filter is endpoint-independent
    PathId open_path;                 // the last of theirs
    Position next = nowhere;          // of the subscriber
    Position previous = nowhere;
};
static_assert(sizeof(Mapping) == 64);

struct Limits {
    std::uint32_t ports = 1024;     // mappings, both families and all protocols
    std::uint32_t sessions = 8192;  // proven ones
    Budget new_mappings{1000, 1000};
};

struct alignas(64) Subscriber {
    // What stays the same; the rest means something in this process alone.
    std::uint32_t seal = 0;    // check() from when it is complete, else 0
    std::uint32_t number = 0;  // as the control thread has it
    Ipv4Address ipv4;
    Ipv6Address ipv6;
    Limits limits;
    Tenancy tenancy = 0;
    TokenBucket new_mappings;
    std::array<PublicPorts::Holding, 2> holdings;  // by family
    std::uint32_t mappings = 0;
    std::uint32_t sessions = 0;  // proven ones
    Position first_mapping = nowhere;
    Position next = nowhere;
    Reminder port_limit_told;
    Reminder session_limit_told;

    // Never 0.
    [[nodiscard]] std::uint32_t check() const noexcept {
        const PaddedAddress address = PaddedAddress::ipv6_at(ipv6.bytes.data());
        const std::uint64_t ids = std::uint64_t{ipv4.to_host()} << 32 | number;
        const std::uint64_t sum = mix(mix(mix(ids) + address.first) + address.second);
        return static_cast<std::uint32_t>(sum) | 1;
    }
};

}  // namespace ntm::napt
