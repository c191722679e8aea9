// SPDX-License-Identifier: BSD-3-Clause
// A DC on a store in memory, with nodes, relays and a stranger that speak to it through signalling of
// their own, over a network without delay. What the DC promises whatever it is told is held against it
// here; what hangs on the message, by whoever sends it.
#pragma once

#include "dc/coordinator.hpp"
#include "tests/fuzz/memory_store.hpp"
#include "tests/fuzz/traffic.hpp"
#include "tests/unit/dc/dc_world.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace ntm::fuzz {

// What a peer says to the DC's requests.
struct Manner {
    bool is_silent = false;
    v1::Status status = v1::STATUS_OK;
    std::int32_t revision_added = 0;  // to that of the Direction; from below 0 to the highest
    bool is_released = false;
    std::optional<v1::Signal> odd;  // this instead
};

struct Caller {
    Caller(std::string named, std::uint64_t seed, const dc::PeerKey& dc, const Endpoint& at)
        : name{std::move(named)}, peer{seed, dc, at} {}

    std::string name;
    dc::test::Peer peer;
    Manner manner;
    bool is_reporting = false;  // RS Status
    // Highest of the Route Directions that this run got, and what it was when a request was made.
    std::map<PathId, std::uint32_t> revisions;
    std::map<std::uint64_t, std::map<PathId, std::uint32_t>> known_when_asked;
};

class CoordinatorWorld {
  public:
    static constexpr std::size_t node_count = 3;
    static constexpr std::size_t relay_count = 2;

    CoordinatorWorld();

    void restart_dc();
    void restart(Caller& caller);
    void provision(const Caller& caller);
    void remove(const Caller& caller);
    // Carries everything to where it goes until nobody has anything to say.
    void run();
    void pass(Duration duration);
    // A datagram that claims to come from there.
    void arrive(const Endpoint& from, const Bytes& payload);
    // The DC's answer, if it comes at once.
    [[nodiscard]] std::optional<v1::Signal> ask(Caller& caller, v1::Signal message);
    [[nodiscard]] v1::Fence fence(const Caller& relay) const;
    [[nodiscard]] Knowledge knowledge() const { return knowledge_of(dc->context()); }
    void check();

    [[nodiscard]] Caller& node(std::size_t which) { return callers[which % node_count]; }
    [[nodiscard]] Caller& relay(std::size_t which) {
        return callers[node_count + which % relay_count];
    }
    [[nodiscard]] bool is_node(const Caller& caller) const;

    SeededRandom random{7};
    Instant now{std::chrono::seconds{1000}};
    crypto::KeyPair dc_keys = crypto::KeyPair::generate(random);
    MemoryStore store;
    std::unique_ptr<dc::Coordinator> dc;
    std::deque<Caller> callers;  // nodes, relays, and one that nobody has provisioned
    std::vector<Bytes> seen;     // by the DC
    dc::Settings settings;

  private:
    void deliver(const Datagram& datagram);
    [[nodiscard]] bool answer_questions();
    [[nodiscard]] bool hand_over(Caller& caller);
    void hear(Caller& caller, const protocol::SignalingEvent& event);
    [[nodiscard]] static std::optional<v1::Signal> respond(
        const Manner& manner, const v1::Signal& request
    );
    // `least` is the lowest revision that it may be of.
    static void note_route(Caller& caller, const v1::RouteDirection& route, std::uint32_t least);
    void report();
    void note_proven();
    [[nodiscard]] std::string name_of(const dc::PeerKey& node) const;
    void check_addresses();
    void check_paths();
    void check_general_nodes();

    Traffic traffic_;
    Instant next_report_;
    std::map<Ipv4Address, std::pair<std::string, unsigned>> owners_;  // and how often provisioned
    std::map<std::string, unsigned> removals_;
    std::map<dc::PeerKey, std::string> kept_nodes_;
    std::map<PathId, std::uint32_t> revisions_;
    std::map<std::string, std::pair<BootId, BootId>> secrets_;
    // What the virtual addresses mean to each asker, as often as it is provisioned: nothing rests for
    // so long that it comes to mean another thing.
    std::map<std::tuple<dc::PeerKey, unsigned, Ipv4Address>, std::string> meanings_;
};

}  // namespace ntm::fuzz
