// SPDX-License-Identifier: BSD-3-Clause
// The brain of a node: everything between its sockets, its TUN device and its stub resolver, and
// nothing of them. Datagrams, inner packets, queries, addresses and the time go in; datagrams,
// inner packets, answers and events come out (docs/protocol.md sections 4 to 7). The program and
// the simulation drive it the same way: feed it, call handle_timeout() when next_timeout() says
// so, and take what it has to give after each call.
//
// A query for a peer becomes a Direction Request; its answer a Tunnel, which binds its leg; when
// that is ready the query is answered. The packet that follows finds the tunnel by its virtual
// destination, is sealed and leaves.
#pragma once

#include "client/node/dc_silence.hpp"
#include "client/node/direction_requests.hpp"
#include "client/node/exit_wish.hpp"
#include "client/node/known_peers.hpp"
#include "client/node/local_addresses.hpp"
#include "client/node/name_queries.hpp"
#include "client/node/node_settings.hpp"
#include "client/node/path_keys.hpp"
#include "client/node/peer_names.hpp"
#include "client/node/registration.hpp"
#include "client/node/relay_watch.hpp"
#include "client/node/tombstones.hpp"
#include "client/node/tunnel_context.hpp"
#include "client/node/tunnel_table.hpp"
#include "common/base/datagram.hpp"
#include "common/base/random.hpp"
#include "common/base/rate_limit.hpp"
#include "common/protocol/signaling.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ntm::client {

enum class DnsOutcome : std::uint8_t {
    addresses,     // the name exists; either may be absent
    no_such_name,  // the DC knows no such node
    failed,        // no path within 4.5 s, or the DC can not make one
    not_ours,      // another resolver's business: not the DC's, or it has not said that it is
};

struct DnsAnswer {
    std::uint64_t query = 0;
    DnsOutcome outcome = DnsOutcome::failed;
    std::optional<IpAddress> vipv4;
    std::optional<IpAddress> vipv6;
};

// What the TUN device has to be like.
struct VirtualNetwork {
    std::optional<InterfaceAddress> vipv4;
    std::optional<InterfaceAddress> vipv6;
    std::vector<Prefix> prefixes;
    std::uint16_t mtu = 1400;
    bool is_exit = false;  // for all that is not virtual, too
    friend bool operator==(const VirtualNetwork&, const VirtualNetwork&) = default;
};

struct NodeEvent {
    bool is_warning = false;
    std::string text;  // a sentence for the log
};

enum class NatFinding : std::uint8_t { unknown, none, port_preserving, behind_nat, symmetric };

struct NodeStatus {
    std::string fqdn;
    BootId boot_id;
    bool is_registered = false;
    bool is_dc_connected = false;
    std::optional<Endpoint> dc;
    std::optional<Duration> dc_rtt;
    std::optional<Endpoint> outside;
    NatFinding nat = NatFinding::unknown;
    VirtualNetwork network;
    std::vector<LocalAddress> addresses;
    std::vector<WayView> relays;
    std::size_t paths = 0;
    std::string general_trouble;  // why names of general nodes go to other resolvers, if they do
};

struct PathView {
    PathId path_id;
    std::uint32_t revision = 0;
    Role role = Role::initiator;
    RouteKind kind = RouteKind::relayed;
    bool is_exit = false;
    std::string peer_fqdn;
    std::optional<IpAddress> peer_vipv4;
    std::optional<IpAddress> peer_vipv6;
    bool is_ready = false;
    bool is_bound = false;
    std::string relay;
    std::optional<Way> way;
    std::optional<Endpoint> outside;
    Traffic sent;
    Traffic received;
    std::optional<Duration> rtt;
    std::optional<unsigned> loss_permille;
    crypto::Suite suite = crypto::Suite::aes_128_gcm;
    std::uint16_t inner_mtu = 0;
    Duration age{0};
    std::uint32_t epoch = 0;    // of its keys
    bool is_exchanged = false;  // they come from an exchange between the ends, and both have them
    crypto::PublicKey peer_key;
    std::optional<crypto::PublicKey> peer_key_before;  // in this run, if it was another
};

class TunnelManager {
  public:
    TunnelManager(NodeSettings settings, RandomSource& random);
    TunnelManager(const TunnelManager&) = delete;
    TunnelManager& operator=(const TunnelManager&) = delete;

    // All real addresses of the host; the first call starts the node.
    void handle_addresses(const std::vector<RealAddress>& present, Instant now);
    void handle_datagram(const Datagram& datagram, Instant now);
    // One packet from the TUN device.
    void handle_inner_packet(Bytes packet, Instant now);
    // Its answer comes from take_dns_answers(), perhaps at once.
    void handle_dns_query(std::uint64_t query, const std::string& name, DnsWish wish, Instant now);
    // Gives all paths back. Nothing but datagrams and timeouts is to be fed after it.
    void shutdown(Instant now);
    // All paths have been given back, or a second has passed.
    [[nodiscard]] bool is_shut_down(Instant now) const;

    [[nodiscard]] Instant next_timeout() const;
    void handle_timeout(Instant now);

    [[nodiscard]] std::vector<Datagram> take_datagrams();
    [[nodiscard]] std::vector<Bytes> take_inner_packets();
    [[nodiscard]] std::vector<DnsAnswer> take_dns_answers();
    [[nodiscard]] std::vector<NodeEvent> take_events();
    // If they are others than when they were taken last.
    [[nodiscard]] std::optional<std::vector<KnownPeer>> take_known_peers() {
        return known_peers_.take_news();
    }

    // Names, and where the DC is, from here on; a DC at the same places is left alone.
    void set_names(std::vector<std::string> zones, GeneralNames general);
    void set_dc_endpoints(std::vector<Endpoint> endpoints, Instant now);

    // Whether a query is this node's and its DC's business; of a name outside of the zones only those
    // for addresses can be.
    [[nodiscard]] bool is_for_dc(const std::string& name, DnsWish wish) const;
    [[nodiscard]] const VirtualNetwork& virtual_network() const noexcept { return network_; }
    [[nodiscard]] NodeStatus status() const;
    [[nodiscard]] std::vector<PathView> paths(Instant now) const;
    [[nodiscard]] const NodeCounters& counters() const noexcept { return counters_; }
    [[nodiscard]] const protocol::SignalingCounters& signaling_counters() const noexcept {
        return signaling_.counters();
    }

  private:
    // Works off what the parts have to tell one another, until nothing is left.
    void settle(Instant now);
    [[nodiscard]] bool settle_once(Instant now);
    void run_tunnels(Instant now);
    void keep_exit_path(Instant now);
    // To be called of a tunnel that was touched where no settle() follows.
    void note_timer(const Tunnel& tunnel) {
        tunnels_due_ = std::min(tunnels_due_, tunnel.next_timeout());
    }
    void handle_signaling_event(const protocol::SignalingEvent& event, Instant now);
    void handle_answer(const protocol::AnswerReceived& answer, Instant now);
    void handle_failure(std::uint64_t request, Instant now);
    void handle_request(const protocol::RequestReceived& request, Instant now);
    [[nodiscard]] bool is_to_former_address(const Datagram& datagram);
    void handle_signal(const Datagram& datagram, Instant now);
    void handle_cookie(const Datagram& datagram, Instant now);
    void handle_path_packet(
        const protocol::NtmHeader& header, const Datagram& datagram, Instant now
    );
    void hear_dc(Instant now);
    void doubt_ways(Family family, Instant now);
    [[nodiscard]] std::optional<Instant> waits_for_dc_since() const;
    void handle_tunnel_event(const TunnelEvent& event, Instant now);

    void granted(Instant now);
    void direction_settled(DirectionRequests::Settled settled, Instant now);
    // Of any other path than the exit path.
    void path_refused(
        const DirectionRequests::Settled& settled, const std::string& trouble, Instant now
    );
    // Of the exit path. `trouble`: empty if it has come.
    void exit_settled(const std::string& trouble, Instant now);
    // The DC directs a path that this node has let go: it is told again, once, and then asked for
    // another. False: it has been told.
    [[nodiscard]] bool let_go_again(DirectionRequests::Settled& settled, Instant now);
    // The DC has heard that a path is over that it had directed to somebody who waits for one.
    void ask_anew(DirectionRequests::Settled settled, Instant now);
    // Whether the path stands by a newer Direction than the one that came with this answer.
    [[nodiscard]] bool is_overtaken(const v1::Signal& answer, const DirectionRefusal& refusal);
    // Nothing if the direction holds, else why it is refused.
    [[nodiscard]] std::optional<DirectionRefusal> install(
        const v1::RouteDirection& message, Instant now
    );
    void install_new(RouteDirection direction, Instant now);
    void replace(Tunnel& tunnel, RouteDirection direction, Instant now);
    void remember_name(const RouteDirection& direction);
    void released(const protocol::RequestReceived& request, Instant now);
    // `then`: what is to be asked for when it is answered.
    void send_release(
        const v1::PathRelease& release, std::optional<DirectionRequests::Settled> then, Instant now
    );
    void release(PathId path_id, v1::ReleaseReason reason, Instant now);
    void remove(PathId path_id, Instant now);
    void answer_direction(
        const protocol::RequestReceived& request,
        const std::optional<DirectionRefusal>& refusal,
        Instant now
    );

    void ask_for(const DirectionWish& wish, Instant now);
    void find_path(std::uint64_t query, const std::string& fqdn, DnsWish wish, Instant now);
    void answer_query(std::uint64_t query, DnsOutcome outcome);
    void answer_queries(const Tunnel& tunnel);
    // What becomes of a query where the DC has refused a Direction.
    [[nodiscard]] DnsOutcome outcome_of(const std::string& fqdn, v1::Status refusal) const;
    void fail_queries(const std::string& fqdn, DnsOutcome outcome);
    void answer_own_name(std::uint64_t query);
    // The DC has answered a Direction Request for this name.
    void judge_name(const std::string& fqdn, v1::Status status);
    // The DC has no relay for a general node.
    void note_general_trouble(std::string trouble, Instant now);
    void end_general_trouble();
    // The name exists, so it is worth while to wait for its path; queries of other types do not have to.
    void confirm_name(const std::string& fqdn);
    void update_network();
    void update_uses();
    void log_secrets(const RouteDirection& direction) const;
    void log(std::string text) { events_.push_back({false, std::move(text)}); }
    void warn(std::string text) { events_.push_back({true, std::move(text)}); }
    [[nodiscard]] Registration::RelayRtts relay_rtts() const;
    [[nodiscard]] NatFinding nat_finding() const;

    NodeSettings settings_;
    RandomSource& random_;
    const Secret<16> token_key_;  // of the two below
    protocol::Signaling signaling_;
    crypto::TokenMint mint_;
    LocalAddresses locals_;
    RelayWatch relays_;
    Registration registration_;
    DirectionRequests directions_;
    ExitWish exit_wish_;
    DcSilence silence_;
    NameQueries queries_;
    PeerNames names_;
    KnownPeers known_peers_;
    TokenBucket refusal_lines_;  // in the log
    KeyShelf shelf_;
    std::vector<IpAddress> own_vips_;
    VirtualNetwork network_;
    NodeCounters counters_;
    Outbox out_;
    LastSegments segments_;
    TunnelContext context_;
    TunnelTable tunnels_;
    Instant tunnels_due_ = Instant::never();  // none is due before that
    Tombstones tombstones_;
    std::vector<DnsAnswer> answers_;
    std::vector<NodeEvent> events_;
    struct Release {
        v1::PathRelease message;
        std::optional<DirectionRequests::Settled> then;
    };
    std::map<std::uint64_t, Release> releases_;        // under way, by request
    std::deque<v1::PathRelease> unanswered_releases_;  // for when the DC is heard again
    std::optional<Instant> shut_down_by_;
    std::string last_refusal_;
    std::string last_exit_trouble_;
    std::string general_trouble_;           // empty: none
    bool is_general_trouble_told_ = false;  // in the log
};

}  // namespace ntm::client
