// SPDX-License-Identifier: BSD-3-Clause
// Bindings once more, as simply as they can be said: maps, and a look at everything where a question is
// asked. It judges each answer of the real ones. Which port a mapping gets is theirs to choose; that it
// is one which that subscriber may have is checked.
#pragma once

#include "tests/unit/rs-dataplane/napt/world.hpp"

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace ntm::napt {

class Model {
  public:
    explicit Model(const Bindings::Plan& plan) : plan_{plan} {}

    void add(Position subscriber, const Limits& limits) {
        subscribers_[subscriber].limits = limits;
    }
    void remove(Position subscriber, Instant now);
    // Each: that `got` is the right answer.
    void sent(
        const Inside& from,
        const Remote& to,
        const Path& path,
        const TcpSegment& segment,
        const Result<PublicPort, DropReason>& got
    );
    void received(
        PublicPort to,
        const Inside& of,
        const Remote& from,
        const TcpSegment& segment,
        const Result<InsideEndpoint, DropReason>& got
    );
    void found(
        PublicPort to,
        const Inside& of,
        const Remote& from,
        const std::optional<InsideEndpoint>& got
    ) const;
    void counted(const Bindings::Usage& got) const;
    // Ends what is past its time.
    void set_time(Instant now);

  private:
    struct Session {
        Path path;
        std::uint64_t begun = 0;       // later ones are higher
        std::uint64_t path_since = 0;  // likewise
        TcpTracking tcp{Side::inside, {}};
        Instant expires;
    };
    struct Key {
        Position subscriber;
        std::uint16_t port;
        Protocol protocol;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Mapping {
        PublicPort port;
        std::map<Remote, Session> sessions;
        PathId open_path;
    };
    using Mappings = std::map<Key, Mapping>;
    struct Subscriber {
        Limits limits;
        std::optional<PublicAddress> address;
    };
    struct Block {
        Position holder = nowhere;
        std::set<std::pair<Protocol, std::uint16_t>> ports;
        Instant rests_until;
    };
    using BlockKey = std::pair<PublicAddress, std::size_t>;

    [[nodiscard]] Filter filter_of(const Path& path, Protocol protocol) const;
    void set_path(const Key& key, Mapping& mapping, Session& session, const Path& path);
    [[nodiscard]] std::optional<PathId> path_for_stranger(
        const Key& key, const Mapping& mapping, const Remote& from
    ) const;
    // Of a session that is to be begun; makes room for it.
    [[nodiscard]] std::optional<DropReason> refusal(const Key& key, bool is_proven);
    // Of a segment; else it has passed.
    [[nodiscard]] std::optional<DropReason> refusal(
        const Key& key, Session& session, Side from, const TcpSegment& segment
    );
    // Of one subscriber, or of all.
    [[nodiscard]] std::size_t unproven_of(std::optional<Position> subscriber) const;
    void end_oldest_unproven(std::optional<Position> subscriber);
    [[nodiscard]] bool could_have_port(const Key& key) const;
    void expect_port_is_free(const Key& key, PublicPort port);
    void begin(
        const Key& key, const Remote& to, const Path& path, const TcpTracking& tcp, PublicPort port
    );
    void refresh(const Key& key, Session& session, TcpTimer timer) const;
    [[nodiscard]] Mappings::iterator owner_of(PublicPort port, Protocol protocol);
    [[nodiscard]] std::size_t sessions() const;
    [[nodiscard]] std::size_t proven_of(Position subscriber) const;
    [[nodiscard]] std::size_t mappings_of(Position subscriber) const;
    [[nodiscard]] BlockKey block_of(PublicPort port) const;
    Mappings::iterator end(Mappings::iterator mapping, Instant now);

    Bindings::Plan plan_;
    Instant now_{std::chrono::seconds{1000}};
    std::map<Position, Subscriber> subscribers_;
    Mappings mappings_;
    std::map<BlockKey, Block> blocks_;
    std::uint64_t sessions_begun_ = 0;
    std::uint64_t paths_set_ = 0;
};

}  // namespace ntm::napt
