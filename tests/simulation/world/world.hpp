// SPDX-License-Identifier: BSD-3-Clause
// One DC, one relay and two nodes on an Internet with these places (the lab's, see
// docs/architecture.md), all from one seed; if asked, a third node and a second relay:
//
//     global  IPv4 and IPv6, public: dc, rs
//     nat-a   IPv4 behind a port-restricted NAT       nat-b   IPv4 behind a symmetric NAT
//     v6only  IPv6, public                            nat-c   as nat-a, another one
//
// Round-trip times are the papers': mn-dc 23, dc-rs 20, mn-rs 38, cn-dc 21, cn-rs 39 ms.
#pragma once

#include "tests/simulation/world/sim_dc.hpp"
#include "tests/simulation/world/sim_node.hpp"
#include "tests/simulation/world/sim_relay.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ntm::simulation {

class World {
  public:
    struct Options {
        std::uint64_t seed = 1;
        std::string store_file = ":memory:";
        dc::Store* store = nullptr;  // the DC's instead of that file; outlives the world
        Duration nat_timeout = std::chrono::seconds{30};
        bool has_third_node_and_second_relay = false;
        client::KeyPolicy key_policy{};  // of the nodes
    };
    explicit World(const Options& options);

    // Attaches and starts everybody; afterwards all are registered and have timed the relay.
    struct Places {
        SegmentNumber mn;
        SegmentNumber cn;
        SegmentNumber third = 0;
    };
    void start_all(const Places& places);
    void start_all() { start_all({nat_a, nat_b}); }
    void attach_all(const Places& places);
    void run(Duration duration) { events.run_until(events.now() + duration); }
    // Until `is_done`, looked at after each event; false if that has not come within `limit`.
    bool run_until(const std::function<bool()>& is_done, Duration limit);
    void join(SimNode& node, SegmentNumber segment);
    void leave(SimNode& node, SegmentNumber segment);
    // The node asks for the peer's name and waits for the answer.
    [[nodiscard]] const SimNode::Query& resolve(SimNode& from, const SimNode& peer, Duration limit);
    // `count` packets from `from` to `to`, one every `pause`, entered as events; their numbers.
    std::shared_ptr<std::vector<std::uint64_t>> stream(
        SimNode& from, SimNode& to, std::size_t count, Duration pause
    );
    // A packet from `from` to `to` whose echo came back within `limit`.
    bool ping(SimNode& from, SimNode& to, Duration limit);

    // All rules that were broken so far, in sentences.
    [[nodiscard]] std::vector<std::string> breaches() const;

    EventQueue events;
    SeededRandom weather_random;
    Trace trace;
    Network network;
    Ledger ledger;
    SecretWatch secrets;
    PathHistory history;

    SegmentNumber global;
    SegmentNumber nat_a;
    SegmentNumber nat_b;
    SegmentNumber nat_c;
    SegmentNumber v6only;

    static constexpr auto mn_name = "mn.a.ntm.test";
    static constexpr auto cn_name = "cn.b.ntm.test";
    static constexpr auto third_name = "xn.a.ntm.test";

  private:
    [[nodiscard]] Surroundings surroundings();
    [[nodiscard]] client::NodeSettings node_settings(
        const std::string& fqdn, const crypto::KeyPair& key, RandomSource& random
    );
    [[nodiscard]] control::DirectorSettings relay_settings(
        const std::string& name, const crypto::KeyPair& key, RandomSource& random
    ) const;
    void add_third_node_and_second_relay();
    [[nodiscard]] SimDc::Setup dc_setup(const Options& options) const;

    std::vector<std::string> station_breaches_;
    client::KeyPolicy key_policy_;
    SeededRandom key_random_;
    SeededRandom dc_random_;
    SeededRandom relay_random_;
    SeededRandom mn_random_;
    SeededRandom cn_random_;
    SeededRandom third_random_;
    SeededRandom second_relay_random_;
    crypto::KeyPair dc_key_;
    crypto::KeyPair relay_key_;
    crypto::KeyPair mn_key_;
    crypto::KeyPair cn_key_;
    crypto::KeyPair third_key_;
    crypto::KeyPair second_relay_key_;

  public:
    SimDc dc;
    SimRelay relay;
    SimNode mn;
    SimNode cn;
    std::unique_ptr<SimNode> third;
    std::unique_ptr<SimRelay> second_relay;

    struct NamedNode {
        std::string fqdn;
        dc::PeerKey key;
        SimNode* node;
    };
    struct NamedRelay {
        dc::PeerKey key;
        SimRelay* relay;
    };
    [[nodiscard]] std::vector<NamedNode> nodes();
    [[nodiscard]] std::vector<NamedRelay> relays();
};

}  // namespace ntm::simulation
