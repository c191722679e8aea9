// SPDX-License-Identifier: BSD-3-Clause
// A node's brain among hand-made neighbours, on one made-up clock: a DC, a relay that answers COOKIE
// and Tunnel Requests by docs/protocol.md section 5, and the far end of a path. Every datagram takes
// the time that its link takes.
#pragma once

#include "client/node/tunnel_manager.hpp"
#include "common/protocol/sealed.hpp"
#include "tests/unit/client/node/fake_dc.hpp"
#include "tests/unit/client/node/fake_relay.hpp"
#include "tests/unit/client/node/made_up.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ntm::client::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

class NodeWorld {
  public:
    explicit NodeWorld(std::uint64_t seed = 1, bool wants_exit = false);

    // Delivers what is under way and rings timers, up to and including `until`.
    void run_until(Instant until);
    void run_for(Duration duration) { run_until(now + duration); }
    // Runs until `is_true`, at most `limit`; false if it did not come.
    [[nodiscard]] bool run_until_true(
        const std::function<bool()>& is_true, Duration limit = seconds{20}
    );
    // Addresses up, registered, the relay timed.
    void start(const std::vector<RealAddress>& addresses = {real("192.168.1.2/24")});
    void set_addresses(const std::vector<RealAddress>& addresses);

    std::uint64_t dc_sends(v1::Signal message);
    std::uint64_t dc_directs(const v1::RouteDirection& direction);
    // A ready relayed path, by way of a query.
    void make_path();
    // The peer's packets come back through the relay.
    void peer_sends(Bytes datagram);
    void peer_sends_data(const Bytes& inner);
    [[nodiscard]] std::optional<PathView> path();

    void query(std::uint64_t number, const std::string& name, DnsWish wish = DnsWish::addresses);
    void send_inner(const Bytes& packet);
    // Collects what the brain has to give; called after everything fed to it.
    void drain();

    SeededRandom random;
    Instant now{seconds{1000}};
    crypto::KeyPair node_key;
    FakeDc dc;
    FakeRelay relay;  // knows the path of the DC's Directions
    std::unique_ptr<TunnelManager> node;
    // One way, each.
    Duration dc_delay = milliseconds{10};
    Duration relay_delay = milliseconds{20};
    // Real address to what the world sees of it; the identity where there is nothing.
    std::map<Endpoint, Endpoint> nat;
    // Addresses of the node that reach nothing.
    std::set<IpAddress> unplugged;
    // What comes to the node waits in its sockets.
    bool is_stopped = false;
    std::vector<Datagram> in_sockets;
    // Whether the far end of the path answers probes.
    bool is_peer_alive = false;

    protocol::DataSealer* peer_sealer();

    std::vector<std::pair<Instant, DnsAnswer>> dns_answers;
    std::vector<std::pair<Instant, Bytes>> delivered;  // to the node's TUN device
    std::vector<std::pair<Instant, Datagram>> sent;    // by the node
    std::vector<Datagram> arrived;                     // at the node
    std::vector<std::string> log;

  private:
    struct Flight {
        enum class To { node, dc, relay } to;
        Datagram datagram;
    };
    void launch(Instant when, Flight::To to, Datagram datagram);
    void land(Flight flight);
    void drain_dc();
    void answer_as_peer(const Bytes& datagram);
    [[nodiscard]] std::optional<Endpoint> node_behind(const Endpoint& outside) const;

    std::multimap<Instant, Flight> under_way_;
    std::vector<RealAddress> addresses_;
    std::unique_ptr<protocol::DataSealer> peer_sealer_;
};

}  // namespace ntm::client::testing
