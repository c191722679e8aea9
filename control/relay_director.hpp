// SPDX-License-Identifier: BSD-3-Clause
// The relay's brain: associations with its DCs, their Directions, and the binding of legs
// (docs/protocol.md sections 4 and 5). A state machine without sockets, clock or log: datagrams and
// the time go in; datagrams, commands for the relay table and events for the log come out. The
// control thread drives it over real sockets, the simulation over a made-up network.
#pragma once

#include "common/base/datagram.hpp"
#include "common/base/random.hpp"
#include "common/base/secret.hpp"
#include "common/base/time.hpp"
#include "common/crypto/token_mint.hpp"
#include "common/crypto/x25519.hpp"
#include "common/protocol/ntm_header.hpp"
#include "common/protocol/signaling.hpp"
#include "control/dc_link.hpp"
#include "control/path_book.hpp"
#include "rs-dataplane/relay/napt_events.hpp"
#include "rs-dataplane/relay/target_filter.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace ntm::control {

// To be carried out in order.
struct InstallPath {
    tables::RelayPath path;
    friend bool operator==(const InstallPath&, const InstallPath&) = default;
};
struct ReplacePath {
    tables::RelayPath path;
    friend bool operator==(const ReplacePath&, const ReplacePath&) = default;
};
struct RemovePath {
    PathId id;
    friend bool operator==(const RemovePath&, const RemovePath&) = default;
};
// RS-N: comes before the first path of the subscriber is installed, and when the last one is removed.
struct OpenSubscriber {
    tables::SubscriberNumber number = 0;
    Ipv4Address vipv4;
    Ipv6Address vipv6;
    std::uint32_t most_ports = 0;     // 0: as the relay has it
    std::uint32_t most_sessions = 0;  // likewise
    napt::Tenancy tenancy = 0;        // of which this is the beginning
    friend bool operator==(const OpenSubscriber&, const OpenSubscriber&) = default;
};
struct CloseSubscriber {
    tables::SubscriberNumber number = 0;
    friend bool operator==(const CloseSubscriber&, const CloseSubscriber&) = default;
};
// RS-N: behind the last OpenSubscriber of those of the process before.
struct CloseLeftSubscribers {
    friend bool operator==(const CloseLeftSubscribers&, const CloseLeftSubscribers&) = default;
};
// The SIGNAL sessions and the COOKIE answers to handshakes of ours that the data plane lets through:
// all of them, each time that they change.
struct SetSessions {
    std::vector<SessionId> ids;
    std::vector<std::uint64_t> cookie_nonces;
    friend bool operator==(const SetSessions&, const SetSessions&) = default;
};
// RS-N: where exit paths may lead, each time that it changes.
struct SetTargets {
    relay::TargetFilter targets;
    friend bool operator==(const SetTargets&, const SetTargets&) = default;
};
using DirectorCommand = std::variant<
    InstallPath,
    ReplacePath,
    RemovePath,
    OpenSubscriber,
    CloseSubscriber,
    CloseLeftSubscribers,
    SetSessions,
    SetTargets>;

// For the log.
struct DirectorEvent {
    enum class Kind : std::uint8_t { dc_reached, dc_unreachable, dc_refused, dc_restarted };
    Kind kind;
    std::string dc;
    std::string text;  // what the DC said, or how many paths it will direct again
    friend bool operator==(const DirectorEvent&, const DirectorEvent&) = default;
};

// Datagrams that reached the director and were not for it, or not good, by reason.
struct DirectorCounters {
    std::uint64_t requests = 0;  // authentic Tunnel Requests
    std::uint64_t bound = 0;     // of them, that bound an unbound leg
    std::uint64_t moved = 0;     // of them, that moved a leg
    std::uint64_t needs_token = 0;
    std::uint64_t unknown_path = 0;
    std::uint64_t bad_leg_tag = 0;
    std::uint64_t malformed = 0;
    std::uint64_t foreign_address = 0;    // came to none of the relay's own addresses
    std::uint64_t request_too_short = 0;  // the Response would have been longer
    std::uint64_t end_probes = 0;         // answered
    std::uint64_t bad_end_tag = 0;
    std::uint64_t foreign_end_source = 0;  // END from where its path's leg is not bound
    std::uint64_t not_for_control = 0;     // DATA, COOKIE and END that nobody here asked for
    std::uint64_t directions_taken = 0;
    std::uint64_t directions_refused = 0;
    std::uint64_t paths_released = 0;
    std::uint64_t paths_expired = 0;
    std::uint64_t paths_forbidden = 0;  // given up: they led to where a DC is now
};

struct DirectorLoad {
    std::uint64_t packets_per_second = 0;
    std::uint64_t bits_per_second = 0;
    std::uint32_t busiest_worker_permille = 0;
    std::optional<v1::NaptLoad> napt = std::nullopt;  // of a relay that has one
};

struct DirectorSettings {
    struct Dc {
        std::string name;
        crypto::PublicKey key;
        std::vector<Endpoint> endpoints;
    };
    // What an RS-N needs besides.
    struct Napt {
        std::vector<IpAddress> addresses;  // the public ones that it translates to
        std::vector<Prefix> allowed;       // of special ranges, to forward to all the same
        std::uint32_t subscribers = 0;     // at most
        std::vector<crypto::Suite> suites = crypto::usual_suites();
    };
    std::string name;  // of the relay
    crypto::KeyPair static_key;
    BootId boot_id;
    Secret<16> token_key;             // that of the data plane's COOKIE answers too
    std::vector<Endpoint> addresses;  // for nodes: at most one of each family
    std::uint32_t path_capacity = 0;
    std::vector<Dc> dcs;
    std::vector<IpAddress> own_addresses{};  // all of the relay's, where there are more
    protocol::KeyLog key_log{};
    std::optional<Napt> napt{};  // without it no path ends here
    KeptState* kept = nullptr;   // for the process that comes after this one
    // Of those that have gone under this boot id, from 1.
    std::uint64_t process = 1;
};

class RelayDirector {
  public:
    // Where packets to an address go next, as the data plane numbers it; no_next_hop if nowhere. To the
    // unspecified one: by the default route.
    using Resolver = std::function<tables::NextHopIndex(const IpAddress& remote)>;

    // Starts the associations at once.
    RelayDirector(DirectorSettings settings, Resolver resolver, RandomSource& random, Instant now);

    // Goes on with what the process before has left, if it has, before anything else is done.
    void go_on(std::optional<KeptState::Left> left, Instant now);
    void handle_datagram(const Datagram& datagram, Instant now);
    void handle_timeout(Instant now);
    // Next hops may have changed: begins a walk over all paths that asks the resolver again for each
    // bound leg, and replaces the paths for which it answers otherwise.
    void handle_route_change() noexcept { route_walk_.begin(); }
    // A piece of that walk. The caller goes on as long as it has not ended, and lets other work
    // come between: with a million paths the whole of it takes seconds.
    void walk_routes();
    [[nodiscard]] bool is_walking_routes() const noexcept { return !route_walk_.has_ended(); }
    static constexpr std::size_t steps_a_piece = 512;
    // The data plane has no room for a path that the director had it install.
    void handle_table_full(PathId id, Instant now);
    // The DCs whose orders are followed from here on. Of one that is not among them any more, the paths
    // stay until their time is over.
    void set_dcs(std::vector<DirectorSettings::Dc> dcs, Instant now);
    void set_load(const DirectorLoad& load) noexcept { load_ = load; }
    // The DCs learn of it by the next status, and move paths away; it keeps nothing from its work.
    void set_draining(bool is_draining) noexcept { is_draining_ = is_draining; }
    [[nodiscard]] bool is_draining() const noexcept { return is_draining_; }

    [[nodiscard]] Instant next_timeout() const;
    [[nodiscard]] std::vector<Datagram> take_datagrams();
    [[nodiscard]] std::vector<DirectorCommand> take_commands();
    [[nodiscard]] std::vector<DirectorEvent> take_events();

    [[nodiscard]] const PathBook& paths() const noexcept { return book_; }
    [[nodiscard]] const std::vector<DcLink>& dcs() const noexcept { return links_; }
    [[nodiscard]] const DirectorCounters& counters() const noexcept { return counters_; }
    [[nodiscard]] const protocol::Signaling& signaling() const noexcept { return signaling_; }
    [[nodiscard]] BootId boot_id() const noexcept { return boot_id_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

  private:
    // LEG (relay_director_legs.cpp)
    void handle_leg(const Datagram& datagram, const protocol::NtmHeader& header, Instant now);
    void serve_request(
        RelayedPath& path,
        Role role,
        const v1::TunnelRequest& request,
        const Datagram& datagram,
        Instant now
    );
    void bind_leg(RelayedPath& path, Role role, const OuterPair& outer, Instant now);
    void respond(
        const RelayedPath& path,
        Role role,
        const OuterPair& outer,
        const Leg::LastRequest& request,
        Instant now
    );
    void remove_old_sources(RelayedPath& path, Instant now);
    void resolve_hops(RelayedPath& path);

    // RS-N (relay_director_ends.cpp)
    void handle_end(const Datagram& datagram, const protocol::NtmHeader& header);
    void answer_probe(const RelayedPath& path, const v1::EndProbe& probe, const Datagram& datagram);
    void open_subscriber(const RelayEnd& end);
    void close_subscriber(std::optional<tables::SubscriberNumber> number);
    // What paths that end here may lead to; of a relay with NAPT.
    [[nodiscard]] relay::TargetFilter make_targets() const;
    // A DC may be where there was a general node.
    void follow_targets(Instant now);
    void give_up_forbidden_paths(Instant now);

    // Signalling (relay_director_signals.cpp)
    void drain_signaling(Instant now);
    void handle_event(const protocol::PeerConnected& event, Instant now);
    void handle_event(const protocol::RequestReceived& event, Instant now);
    void handle_event(const protocol::AnswerReceived& event, Instant now);
    void handle_event(const protocol::RequestFailed& event, Instant now);
    void handle_event(const protocol::PeerMoved&, Instant) {}  // follow_targets() sees it
    void handle_event(const protocol::AddressProbed&, Instant) {}
    void handle_event(const protocol::PastRunHeard&, Instant) {}  // counted
    [[nodiscard]] v1::Signal follow(const v1::RelayDirections& orders, DcLink& dc, Instant now);
    [[nodiscard]] v1::RelayResponse follow_one(
        const v1::RelayDirection& direction, const EndRules* rules, const DcLink& dc, Instant now
    );
    // What the book has made of a Direction for the path, which was `before` in the table.
    void carry_out(const BookAnswer& booked, RelayedPath& path, const tables::RelayPath& before);
    void log_secrets(const RelayedPath& path) const;
    [[nodiscard]] v1::Signal release(const v1::PathRelease& order, const DcLink& dc, Instant now);
    // A path of the book goes, and its DC is told. The table's entry is the caller's business.
    void give_up(PathId id, Instant now);
    void revoke(const RelayedPath& path, DcLink& dc, Instant now);
    void register_with(DcLink& dc, Instant now);
    void send_status(DcLink& dc, Instant now);
    void registration_answered(DcLink& dc, const v1::Signal& answer, Instant now);
    void status_answered(DcLink& dc, const v1::Signal& answer, Instant now);
    void handle_link_timeout(DcLink& dc, Instant now);
    void add_dc(DirectorSettings::Dc dc, Instant now);
    [[nodiscard]] DcLink* find_link(const crypto::PublicKey& key);

    std::string name_;
    BootId boot_id_;
    std::vector<Endpoint> addresses_;
    std::vector<IpAddress> own_addresses_;  // datagrams to others are nobody's
    Resolver resolver_;
    RandomSource* random_;
    crypto::TokenMint mint_;
    protocol::KeyLog key_log_;
    protocol::Signaling signaling_;
    PathBook book_;
    PathBook::Round route_walk_;
    std::vector<DcLink> links_;
    std::unordered_map<crypto::PublicKey, std::vector<Endpoint>> dc_endpoints_;  // as configured
    std::optional<DirectorSettings::Napt> napt_;
    std::optional<relay::TargetFilter> targets_;  // nothing: no path may end here
    DirectorLoad load_;
    bool is_draining_ = false;
    DirectorCounters counters_;
    std::uint64_t sessions_seen_ = 0;  // Signaling's count of changes
    napt::Tenancy tenancies_ = 0;      // that have begun
    std::vector<Datagram> datagrams_;
    std::vector<DirectorCommand> commands_;
    std::vector<DirectorEvent> events_;
};

}  // namespace ntm::control
