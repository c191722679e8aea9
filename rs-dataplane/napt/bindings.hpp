// SPDX-License-Identifier: BSD-3-Clause
// What the NAPT of one worker remembers and decides: which public port stands for a subscriber's port,
// who may send to it, and how long. All of a subscriber's bindings are one worker's.
//
// * Mapping is endpoint-independent, whatever the path: one inside port has one public port (RFC 4787
//   REQ-1, RFC 5382 REQ-1). A mapping lives as long as one of its sessions.
// * Only what a subscriber sends makes a session, and only that keeps one (RFC 7857 section 7): what a
//   stranger sends takes no memory. What the filter lets in besides the sessions goes in by the
//   mapping alone; a TCP connection from outside has its session from the SYN-ACK on. Until who began it
//   has shown that he sees that, it counts for nobody, and nobody is told of it. There are as many of one
//   subscriber as he may have sessions. Beyond that, and where the table is full, they make room, his own
//   before those of others and the oldest first: a flood of SYNs takes nothing that a subscriber would get.
// * A session goes when tend() finds it past its time, which is no sooner than the RFCs allow; it is
//   as good as ever until then. Nothing else ends one that is proven but the end of its subscriber.
//
// Time and randomness are arguments. No function but the constructor takes memory.
#pragma once

#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/packet/drop_reason.hpp"
#include "rs-dataplane/napt/event.hpp"
#include "rs-dataplane/napt/kept_bindings.hpp"
#include "rs-dataplane/napt/public_ports.hpp"
#include "rs-dataplane/napt/record_pool.hpp"
#include "rs-dataplane/napt/records.hpp"
#include "rs-dataplane/napt/session_table.hpp"
#include "rs-dataplane/napt/teller.hpp"
#include "rs-dataplane/napt/unproven.hpp"
#include "rs-dataplane/tables/flow_index.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace ntm::napt {

// How long a session stays with nothing sent; the defaults are the least that the RFCs allow, or, for
// UDP, what they advise. Whole seconds, and up to one more.
struct Times {
    std::chrono::seconds udp{300};               // RFC 4787 REQ-5
    std::chrono::seconds icmp{60};               // RFC 5508 REQ-2
    std::chrono::seconds tcp_transitory{240};    // RFC 5382 REQ-5
    std::chrono::seconds tcp_established{7440};  // the same
};

// By protocol.
using Filters = std::array<Filter, protocol_count>;

struct Path {
    PathId id;
    bool is_exit = false;  // to all general nodes, not to one
};

struct InsideEndpoint {
    Position subscriber = nowhere;
    std::uint16_t port = 0;
    PathId path;

    friend bool operator==(const InsideEndpoint&, const InsideEndpoint&) = default;
};

class Bindings {
  public:
    struct Plan {
        std::uint32_t subscribers = 1024;
        std::uint32_t mappings = 65536;
        std::uint32_t sessions = 65536;
        PortBlocks::Plan ipv4;
        PortBlocks::Plan ipv6;
        Times times;
        Filters path_filters{
            Filter::address_dependent, Filter::address_dependent, Filter::address_dependent};
        Filters exit_path_filters{};
        EventSink* events = nullptr;  // outlives the bindings
        bool tells_sessions = false;  // besides blocks
    };
    struct Usage {
        std::uint32_t subscribers = 0;
        std::uint32_t mappings = 0;
        std::uint32_t sessions = 0;
        std::size_t blocks = 0;
        std::uint32_t unproven = 0;  // of the sessions: they make room

        friend bool operator==(const Usage&, const Usage&) = default;
    };

    // Blocks of public ports; those that are neither rest.
    struct BlockUsage {
        std::size_t held = 0;
        std::size_t free = 0;
    };

    // Nothing if there is no memory. `random` outlives it, and `kept`, which is of this plan.
    [[nodiscard]] static std::unique_ptr<Bindings> make(
        const Plan& plan, RandomSource& random, const KeptBindings& kept = {}
    );
    // Lays out what outlives the process, and notes what has to be as it was.
    [[nodiscard]] static KeptBindingsParts lay_out(const Plan& plan, tables::KeptLayout& layout);
    // Goes on with what lies in `kept`, before anything else is done. What does not check, or has no
    // subscriber any more, is given up; blocks of which nothing is left rest.
    Adoption adopt(Instant now);
    // All that it takes, mapped or of the heap.
    [[nodiscard]] static std::size_t bytes_for(const Plan& plan) noexcept;

    // Nothing: there are as many as there may be.
    [[nodiscard]] std::optional<Position> add_subscriber(
        const Ipv4Address& ipv4,
        const Ipv6Address& ipv6,
        const Limits& limits,
        Tenancy tenancy = 0,
        std::uint32_t number = 0
    ) noexcept;
    // He goes: no other process goes on with what is his.
    void give_up(Position subscriber) noexcept;
    // Of one who was adopted: as if he had been added.
    void welcome(Position subscriber, const Limits& limits, Tenancy tenancy, Instant now);
    // Those there are, by position.
    template <typename Visit>
    void for_each_subscriber(Visit visit) const {
        for (Position at = 0; at < subscribers_.reach(); ++at) {
            if (subscribers_[at].seal != 0) {
                visit(at, subscribers_[at]);
            }
        }
    }
    // And all that is his.
    void remove_subscriber(Position subscriber, Instant now);
    // So many of his sessions at most; true: he has none any more.
    [[nodiscard]] bool end_sessions(Position subscriber, std::uint32_t most, Instant now);
    [[nodiscard]] const Subscriber& subscriber(Position at) const noexcept {
        return subscribers_[at];
    }
    // One after the other, for as long as `take` says true.
    template <typename Take>
    void blocks_of(Position subscriber, Family family, Take take) const {
        const auto& holding = subscribers_[subscriber].holdings[index_of(family)];
        ports(family).blocks_of(holding, take);
    }
    // Free records are among them.
    [[nodiscard]] const RecordPool<Session>& sessions() const noexcept {
        return sessions_.records();
    }

    template <typename Tuple>
    [[nodiscard]] Lookup<Tuple> lookup(const Tuple& tuple) const noexcept {
        return sessions_.lookup(tuple);
    }
    template <typename Tuple>
    void prefetch_index(const Lookup<Tuple>& wanted) const noexcept {
        sessions_.prefetch_index(wanted);
    }
    void prefetch_session(const Lookup<OutsideTuple>& wanted) const noexcept {
        static_cast<void>(sessions_.prefetch_session(wanted));
    }
    void prefetch_session(const Lookup<InsideTuple>& wanted) const noexcept {
        if (!sessions_.prefetch_session(wanted)) [[unlikely]] {
            prefetch_opening(wanted.tuple);
        }
    }

    // What a subscriber sends by this path leaves from this public port. `segment`: of TCP alone.
    [[nodiscard]] Result<PublicPort, DropReason> outbound(
        const Lookup<InsideTuple>& from, const Path& path, const TcpSegment& segment, Instant now
    );
    // What comes to a public port is for this subscriber's port, by this path.
    [[nodiscard]] Result<InsideEndpoint, DropReason> inbound(
        const Lookup<OutsideTuple>& to, const TcpSegment& segment, Instant now
    ) noexcept;

    // For what an ICMP error quotes: how a packet with this tuple was, or would be, translated.
    // Changes nothing.
    [[nodiscard]] std::optional<PublicPort> find(const InsideTuple& tuple) const noexcept;
    [[nodiscard]] std::optional<InsideEndpoint> find(const OutsideTuple& tuple) const noexcept;

    // Looks at so many session records, from where the last call ended, and ends those that are past
    // their time.
    void tend(Instant now, std::uint32_t records);
    [[nodiscard]] Usage usage() const noexcept;
    [[nodiscard]] BlockUsage blocks(Family family, Instant now) {
        return {ports(family).held_blocks(), ports(family).free_blocks(now)};
    }

  private:
    Bindings(
        const Plan& plan,
        RandomSource& random,
        const tables::FlowHash& hash,
        const KeptBindings& kept
    );

    [[nodiscard]] std::uint32_t adopt_subscribers();
    // False: it does not check.
    [[nodiscard]] bool adopt_session(Position at);
    [[nodiscard]] bool is_plausible(const Session& session) const noexcept;
    [[nodiscard]] Position adopt_mapping(const Session& session);
    // All but the public port's way to it, PublicPorts::set_mapping().
    Position put_mapping(const InsideTuple& from, std::uint64_t hash, PublicPort public_port);

    [[nodiscard]] Result<PublicPort, DropReason> open(
        const Lookup<InsideTuple>& from, const Path& path, const TcpSegment& segment, Instant now
    );
    [[nodiscard]] Result<PublicPort, DropReason> answer(
        const Lookup<InsideTuple>& from, const Path& path, const TcpSegment& segment, Instant now
    );
    [[nodiscard]] Result<PublicPort, DropReason> make_session(
        const Lookup<InsideTuple>& from, const Path& path, const TcpTracking& tcp, Instant now
    );
    // Not as a Result: that is put together in memory and read back as one word, which waits for all
    // stores before it, and these are to lines from all over the memory.
    [[nodiscard]] DropReason make_mapping(
        const InsideTuple& from,
        std::uint64_t hash,
        Instant now,
        Position& made,
        std::optional<PublicPorts::Taken>& taken
    );
    // What open() reads before it knows the public port.
    void prefetch_opening(const InsideTuple& tuple) const noexcept;
    // Of the subscriber's port, as its mapping is found by.
    [[nodiscard]] std::uint64_t endpoint_hash(const InsideTuple& tuple) const noexcept;
    [[nodiscard]] Position find_mapping(const InsideTuple& tuple, std::uint64_t hash)
        const noexcept;
    // Whether the filter lets somebody in who has no session, and by which path.
    [[nodiscard]] std::optional<PathId> path_for_stranger(
        const Mapping& mapping, const OutsideTuple& tuple
    ) const noexcept;
    // Of a connection that is not proven yet.
    [[nodiscard]] DropReason pass_unproven(
        Position at, Side from, const TcpSegment& segment, Instant now
    ) noexcept;
    // Of a proven session, or one to be: whether its subscriber may have one more.
    [[nodiscard]] bool may_have_session(Subscriber& subscriber, Family family, Instant now)
        const noexcept;
    void refresh(Session& session, TcpTimer timer, Instant now) const noexcept;
    [[nodiscard]] Mapping& mapping_of(const Session& session) noexcept;
    void remove_session(Position at, Instant now);
    void remove_mapping(Position at, Instant now);

    [[nodiscard]] static std::size_t index_of(Family family) noexcept {
        return family == Family::ipv4 ? 0 : 1;
    }
    [[nodiscard]] PublicPorts& ports(Family family) noexcept { return ports_[index_of(family)]; }
    [[nodiscard]] const PublicPorts& ports(Family family) const noexcept {
        return ports_[index_of(family)];
    }
    [[nodiscard]] Filter filter_of(const Path& path, Protocol protocol) const noexcept {
        const Filters& filters = path.is_exit ? exit_path_filters_ : path_filters_;
        return filters[static_cast<std::size_t>(protocol)];
    }

    Times times_;
    Filters path_filters_;
    Filters exit_path_filters_;
    tables::FlowHash hash_;
    SessionTable sessions_;
    Unproven unproven_;
    RecordPool<Mapping> mappings_;
    tables::FlowIndex mappings_by_endpoint_;
    RecordPool<Subscriber> subscribers_;
    std::array<PublicPorts, 2> ports_;  // by family
    Teller teller_;
    Position tended_ = 0;  // the next one that tend() looks at
};

}  // namespace ntm::napt
