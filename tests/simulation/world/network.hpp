// SPDX-License-Identifier: BSD-3-Clause
// An Internet for datagrams: hosts on segments (public, or behind a NAT), one-way delays for each
// pair of hosts, weather (loss, jitter, which reorders, duplication, packets that are very late,
// turned bits), cuts between two hosts in one direction, a family that is not carried, and MTUs.
// Everything that is drawn comes from the seed.
#pragma once

#include "common/base/address.hpp"
#include "common/base/datagram.hpp"
#include "common/base/random.hpp"
#include "tests/simulation/world/event_queue.hpp"
#include "tests/simulation/world/nat.hpp"
#include "tests/simulation/world/trace.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ntm::simulation {

using HostNumber = std::size_t;
using SegmentNumber = std::size_t;

struct SegmentSpec {
    std::string name;
    std::optional<Prefix> ipv4;
    std::optional<Prefix> ipv6;
    std::optional<NatKind> nat;  // for IPv4; its outside address is `nat_outside`
    std::optional<IpAddress> nat_outside;
    Duration nat_timeout = std::chrono::seconds{30};
    std::size_t mtu = 1500;
};

// What happens to packets between two hosts, each way for itself.
struct Weather {
    unsigned loss_permille = 0;
    unsigned duplicate_permille = 0;
    unsigned copies = 1;         // of a packet that is duplicated, besides itself
    Duration jitter{0};          // added, even over [0, jitter]
    unsigned late_permille = 0;  // of packets of which one more copy comes, `late` after the first
    Duration late{0};
    unsigned flip_permille = 0;  // of packets in which one bit is turned
};

// A host's place on a segment.
struct Attachment {
    SegmentNumber segment = 0;
    std::vector<InterfaceAddress> addresses;
};

// A packet as it is under way between two segments: behind every NAT of its sender.
struct WirePacket {
    HostNumber from = 0;
    Datagram datagram;  // local: the source as the world sees it; remote: the destination
};

class Network {
  public:
    using Receiver = std::function<void(const Datagram&)>;
    using Observer = std::function<void(const WirePacket&)>;

    Network(EventQueue& events, RandomSource& random, Trace& trace)
        : events_{events}, random_{random}, trace_{trace} {}

    SegmentNumber add_segment(SegmentSpec spec);
    HostNumber add_host(std::string name, Receiver receiver);
    void set_round_trip(HostNumber a, HostNumber b, Duration round_trip);
    void set_weather(const Weather& everywhere);
    void set_weather(HostNumber a, HostNumber b, const Weather& weather);
    // Nothing goes from the one to the other any more, until it is allowed again.
    void set_cut(HostNumber from, HostNumber to, bool is_cut);
    // The host's packets of this family are lost, either way.
    void set_family_cut(HostNumber host, Family family, bool is_cut);
    void set_mtu(SegmentNumber segment, std::size_t mtu) { segments_[segment].spec.mtu = mtu; }
    // Sees every packet that leaves a segment, lost ones too.
    void add_observer(Observer observer) { observers_.push_back(std::move(observer)); }

    // Sees every copy that arrives, injected ones too.
    void add_arrival_observer(Observer observer) {
        arrival_observers_.push_back(std::move(observer));
    }

    // A host has the same address on a segment every time.
    void attach(HostNumber host, SegmentNumber segment);
    void detach(HostNumber host, SegmentNumber segment);
    [[nodiscard]] const std::vector<Attachment>& attachments(HostNumber host) const;
    // The segment's NAT loses its mappings: the next packet gets another port.
    void rebind(SegmentNumber segment);

    // From the host's socket, which is bound to port 9770: what `local` leaves open is filled in.
    void send(HostNumber from, Datagram datagram);
    // Puts a packet on the way as it is, as an attacker on the way could.
    void inject(const WirePacket& packet) { carry(packet); }

    // Sent from an address that the host did not have, or to none, or too long: never left.
    [[nodiscard]] std::uint64_t unsendable() const noexcept { return unsendable_; }
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }
    [[nodiscard]] std::uint64_t undeliverable() const noexcept { return undeliverable_; }

  private:
    struct Segment {
        SegmentSpec spec;
        std::optional<Nat> nat;
    };
    struct Host {
        std::string name;
        Receiver receiver;
        std::vector<Attachment> attachments;  // newest last
    };
    struct Place {
        HostNumber host = 0;
        Endpoint inside;
    };
    [[nodiscard]] std::optional<SegmentNumber> segment_of(
        const Host& host, const IpAddress& address
    ) const;
    [[nodiscard]] std::optional<IpAddress> pick_source(const Host& host, Family family) const;
    [[nodiscard]] std::optional<HostNumber> host_at(SegmentNumber segment, const IpAddress& address)
        const;
    // The host that a public destination leads to from `source`, at this moment.
    [[nodiscard]] std::optional<Place> find_place(const Datagram& datagram) const;
    // Whose delay counts for a destination: that host, or any behind the same NAT.
    [[nodiscard]] std::optional<HostNumber> nearest_to(const Datagram& datagram) const;
    [[nodiscard]] bool is_cut(HostNumber from, HostNumber to, Family family) const;
    void carry(const WirePacket& packet);
    void carry_copy(WirePacket packet, Duration delay, const Weather& weather);
    void arrive(const WirePacket& packet);
    void deliver(const Place& place, const Datagram& datagram);
    [[nodiscard]] static std::pair<HostNumber, HostNumber> pair_of(HostNumber a, HostNumber b);

    EventQueue& events_;
    RandomSource& random_;
    Trace& trace_;
    std::vector<Observer> observers_;
    std::vector<Observer> arrival_observers_;
    std::vector<Segment> segments_;
    std::vector<Host> hosts_;
    std::map<std::pair<HostNumber, HostNumber>, Duration> round_trips_;
    std::map<std::pair<HostNumber, HostNumber>, Weather> weathers_;
    std::set<std::pair<HostNumber, HostNumber>> cuts_;  // from, to
    std::set<std::pair<HostNumber, Family>> family_cuts_;
    Weather weather_;
    std::uint64_t unsendable_ = 0;
    std::uint64_t lost_ = 0;
    std::uint64_t undeliverable_ = 0;
};

}  // namespace ntm::simulation
