// SPDX-License-Identifier: BSD-3-Clause
// A coordinator with its store, and nodes and relays that speak to it through Signaling of their
// own: datagrams are handed over in the process, time is a number, randomness is seeded. Peers
// answer the DC's requests like good ones unless a test says otherwise, and keep what they got.
#pragma once

#include "common/protocol/signaling.hpp"
#include "dc/coordinator.hpp"
#include "dc/sqlite_store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ntm::dc::test {

using namespace std::chrono_literals;

[[nodiscard]] inline Endpoint endpoint(std::string_view text) {
    return Endpoint::parse(text).value();
}

// A node or a relay.
class Peer {
  public:
    Peer(std::uint64_t seed, const PeerKey& dc, Endpoint at);
    // Another host to which the key of `original` was copied.
    Peer(std::uint64_t seed, const Peer& original, Endpoint at);

    // Starts anew: other boot id, no sessions; the key stays.
    void restart();
    [[nodiscard]] const PeerKey& key() const { return keys_.public_key(); }
    [[nodiscard]] BootId boot_id() const { return signaling->boot_id(); }

    Endpoint outside;  // as the DC sees it
    std::optional<Endpoint> dc_at;
    bool is_reachable = true;  // otherwise nothing comes or goes
    std::unique_ptr<protocol::Signaling> signaling;
    std::vector<v1::Signal> requests;             // of the DC, in order
    std::map<std::uint64_t, v1::Signal> answers;  // of the DC, by request id
    std::vector<std::uint64_t> failed;            // requests without an answer
    // What to answer the DC's requests; nothing: no answer.
    std::function<std::optional<v1::Signal>(const v1::Signal& request)> respond;

    [[nodiscard]] std::vector<v1::RouteDirection> routes() const;
    [[nodiscard]] std::vector<v1::RelayDirection> directions() const;
    [[nodiscard]] std::vector<v1::PathRelease> releases() const;

  private:
    SeededRandom random_;
    crypto::KeyPair keys_;
    PeerKey dc_;
};

class World {
  public:
    World();

    // The DC ends and starts again on the same store. False if it can not.
    [[nodiscard]] bool restart_dc();
    // Provisions a peer.
    Peer& add_node(const std::string& fqdn, std::string_view outside);
    Peer& add_relay(const std::string& name, std::string_view outside);
    Peer& add_copy(const Peer& original, std::string_view outside);

    // Hands over datagrams until nobody has any.
    void settle();
    // Time passes, in steps to each time-out; alive relays tell their status meanwhile.
    void pass(Duration duration);

    [[nodiscard]] v1::Signal ask(Peer& peer, v1::Signal request);
    [[nodiscard]] v1::Signal register_node(
        Peer& node, const std::string& fqdn, const std::vector<std::string>& addresses
    );
    [[nodiscard]] v1::Signal register_relay(Peer& relay, const std::string& name);
    [[nodiscard]] v1::Signal ask_direction(Peer& node, const std::string& fqdn);
    [[nodiscard]] v1::Fence fence(const Peer& relay) const;

    [[nodiscard]] const Path& only_path() const;

    Settings settings;
    std::unique_ptr<SqliteStore> store;
    std::unique_ptr<Coordinator> dc;
    std::string store_file;
    Instant now{1000s};
    Endpoint dc_at = endpoint("203.0.113.10:9770");
    Endpoint dc_at_ipv6 = endpoint("[2001:db8::10]:9770");
    std::vector<std::unique_ptr<Peer>> peers;
    std::map<Peer*, std::string> relays;             // that tell their status
    std::set<const Peer*> draining;                  // as they tell
    std::map<const Peer*, v1::NaptLoad> napt_loads;  // as they tell
    bool relays_have_napt = true;                    // as they register from here on
    // As they name them from here on.
    std::vector<v1::Suite> suites_of_nodes{v1::SUITE_AES_128_GCM};
    std::vector<v1::Suite> suites_of_relays{v1::SUITE_AES_128_GCM};
    // The DNS: addresses by name, and the TXT records of each zone.
    std::map<std::string, std::vector<IpAddress>> hosts;
    std::map<std::string, std::vector<std::string>> zones;
    bool is_dns_silent = false;
    std::vector<dns::Question> questions;  // that it was asked
    std::vector<Datagram> stray;           // sent by the DC to nobody
    SeededRandom random{1};
    crypto::KeyPair dc_keys = crypto::KeyPair::generate(random);

  private:
    bool hand_over(Peer& peer);
    bool answer_questions();
    [[nodiscard]] dns::Answer resolve(const dns::Question& question) const;
    void tell_statuses();
    Peer& add_peer(std::string_view outside);
    Peer& join(std::unique_ptr<Peer> peer);
    Instant next_status_{};
};

[[nodiscard]] v1::Signal direction_request(const std::string& fqdn);
[[nodiscard]] v1::Signal route_response(const v1::Signal& request);
[[nodiscard]] v1::Signal relay_responses(const v1::Signal& request, v1::Status status);

}  // namespace ntm::dc::test
