// SPDX-License-Identifier: BSD-3-Clause
// Bindings with subscribers, hosts and paths to use in tests, and a clock to turn.
#pragma once

#include "rs-dataplane/napt/bindings.hpp"

#include <cstdint>
#include <memory>

namespace ntm::napt {

struct Remote {
    Ipv4Address address;
    std::uint16_t port = 0;

    [[nodiscard]] PaddedAddress padded() const { return PaddedAddress::of(address); }
    friend auto operator<=>(const Remote&, const Remote&) = default;
};

struct Inside {
    Position subscriber = 0;
    std::uint16_t port = 0;
    Protocol protocol = Protocol::udp;
    Family family = Family::ipv4;
};

inline const Ipv4Address gn_address{{198, 51, 100, 7}};
inline const Ipv4Address other_address{{203, 0, 113, 9}};
inline const Remote gn{gn_address, 4000};
inline const Remote gn_other_port{gn_address, 4001};
inline const Remote other_gn{other_address, 4000};

inline constexpr Path path_to_gn{PathId{11}, false};
inline constexpr Path exit_path{PathId{12}, true};

inline constexpr TcpSegment no_segment{};
inline constexpr TcpSegment syn{.sequence = 100, .has_syn = true};
inline constexpr TcpSegment syn_ack{
    .sequence = 500, .acknowledgement = 101, .has_syn = true, .has_ack = true};
inline constexpr TcpSegment data{.sequence = 101, .acknowledgement = 501, .has_ack = true};

class World {
  public:
    explicit World(const Bindings::Plan& plan, std::uint64_t seed = 1)
        : random_{seed}, bindings_{Bindings::make(plan, random_)} {}

    [[nodiscard]] Bindings& bindings() { return *bindings_; }
    [[nodiscard]] Instant now() const { return now_; }
    [[nodiscard]] Position add(const Limits& limits = {}) {
        return bindings_->add_subscriber({}, {}, limits).value();
    }
    void remove(Position subscriber) { bindings_->remove_subscriber(subscriber, now_); }
    // Time passes, and everything is looked at then.
    void pass(Duration time) {
        now_ += time;
        bindings_->tend(now_, UINT32_MAX);
    }

    [[nodiscard]] static InsideTuple inside_tuple(const Inside& from, const Remote& to) {
        return {to.padded(), from.subscriber, from.port, to.port, from.family, from.protocol};
    }
    [[nodiscard]] static OutsideTuple outside_tuple(
        PublicPort to, const Inside& of, const Remote& from
    ) {
        return {from.padded(), to, from.port, of.family, of.protocol};
    }

    [[nodiscard]] Result<PublicPort, DropReason> send(
        const Inside& from, const Remote& to, const Path& path, const TcpSegment& segment = {}
    ) {
        const auto wanted = bindings_->lookup(inside_tuple(from, to));
        return bindings_->outbound(wanted, path, segment, now_);
    }
    // To a public port of the inside's family and protocol.
    [[nodiscard]] Result<InsideEndpoint, DropReason> receive(
        PublicPort to, const Inside& of, const Remote& from, const TcpSegment& segment = {}
    ) {
        const auto wanted = bindings_->lookup(outside_tuple(to, of, from));
        return bindings_->inbound(wanted, segment, now_);
    }
    // Whether it gets to this inside.
    [[nodiscard]] bool reaches(
        PublicPort to, const Inside& of, const Remote& from, const TcpSegment& segment = {}
    ) {
        const auto got = receive(to, of, from, segment);
        return got && got->subscriber == of.subscriber && got->port == of.port;
    }

  private:
    SeededRandom random_;
    std::unique_ptr<Bindings> bindings_;
    Instant now_{std::chrono::seconds{1000}};
};

}  // namespace ntm::napt
