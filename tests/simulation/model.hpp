// SPDX-License-Identifier: BSD-3-Clause
// The reference model of a world: what the system owes, in terms of what was done to it and of what
// passed over the wire, without any of its code. The walk tells it of every ill (who is hit, from
// when to when, how long it may be felt) and of every probe; the wire tells it which endpoints a
// host has held. check() compares all programs with it after each step, and check_rest() once every
// ill has healed. Each comparison is counted under its name: one that never happened proves nothing.
//
// One probe followed through: a packet is sent at t. If its echo has not come by t + probe_limit,
// some ill must have hit one of its two ends, or everybody, between then and t less the ill's time
// to heal; the model counts the excuse under the ill's name, and without one it is a breach.
#pragma once

#include "tests/simulation/world/world.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace ntm::simulation {

// Nothing tells these hosts that a NAT has forgotten their holes, or that a relay has restarted,
// before they ask a relay that they use, which is after 15 s at the latest (docs/protocol.md section
// 4.1): then they send to this one.
struct Unaware {
    std::map<HostNumber, std::optional<Instant>> told_at;
    HostNumber until_sent_to = 0;
};

struct Ill {
    std::string name;
    std::set<HostNumber> hosts;  // none: everybody
    Duration heals{0};           // felt for so long after its end
    Instant from{};
    std::optional<Instant> until{};
    Unaware unaware{};
};

class Model {
  public:
    // The longest time from a packet to its echo, a path's set-up between them included.
    static constexpr Duration probe_limit = std::chrono::seconds{1};
    // docs/protocol.md section 4.2.
    static constexpr Duration query_limit = std::chrono::milliseconds{4500};
    static constexpr std::size_t sessions_of_a_peer = 8;

    // Watches the wire from now on. Everybody is provisioned.
    explicit Model(World& world);
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    // The longest that a node sends nothing to a relay that it uses.
    static constexpr Duration keep_alive_pause = std::chrono::seconds{15};

    // What is done to the world.
    std::size_t begin(Ill ill);
    void end(std::size_t ill, Unaware unaware = {});
    void removed(const std::string& fqdn);
    void provisioned(const std::string& fqdn);
    // Expects an echo of the packet that the ledger has under this number.
    void expect_echo(std::uint64_t number) { probes_.push_back(number); }
    struct Asked {
        HostNumber node;
        HostNumber about;  // another node
        std::uint64_t query;
    };
    void asked(const Asked& query) { queries_.push_back(query); }

    // When the last ill is no longer felt; nothing while one goes on.
    [[nodiscard]] std::optional<Instant> healed_at() const;

    void check();
    // To be called when all ills have healed and packets have run between all nodes.
    void check_rest();

    using Counts = std::map<std::string, std::uint64_t, std::less<>>;
    [[nodiscard]] const Counts& compared() const noexcept { return compared_; }
    [[nodiscard]] const Counts& excuses() const noexcept { return excuses_; }
    [[nodiscard]] const std::vector<std::string>& breaches() const noexcept { return breaches_; }
    // What was done, newest last, for people.
    [[nodiscard]] const std::vector<std::string>& story() const noexcept { return story_; }
    void tell(const std::string& sentence);

  private:
    // Counts a comparison and notes a breach if it does not hold.
    void owe(bool holds, std::string_view name, const std::string& sentence);
    // By everybody that it hits, and by one who may be unaware of it; not asked of one that goes on.
    [[nodiscard]] static Instant felt_until(const Ill& ill) { return *ill.until + ill.heals; }
    [[nodiscard]] static Instant felt_until(const Ill& ill, HostNumber host);
    [[nodiscard]] static bool excuses(
        const Ill& ill, const std::set<HostNumber>& hosts, Instant from, Instant until
    );
    [[nodiscard]] const Ill* find_excuse(
        const std::set<HostNumber>& hosts, Instant from, Instant until
    ) const;
    [[nodiscard]] std::string name_of(const dc::PeerKey& key) const;
    [[nodiscard]] std::optional<HostNumber> host_of(const dc::PeerKey& key) const;

    void see(const WirePacket& packet);
    void see_question(const WirePacket& packet);
    void see_signal(ByteView payload);
    void see_salt(ByteView payload);

    void check_addresses();
    void check_dc();
    void check_relay(const World::NamedRelay& relay);
    void check_leg(const control::RelayedPath& path, Role role);
    void check_node(const World::NamedNode& node);
    void check_probes();
    void check_queries();
    void check_query(const Asked& asked, const SimNode::Query& query);
    void check_strangers();
    void check_path_at_rest(const dc::Path& path);

    World& world_;
    std::vector<World::NamedNode> nodes_;
    std::vector<World::NamedRelay> relays_;
    std::vector<Prefix> inhabited_;
    std::vector<Ill> ills_;
    std::vector<std::uint64_t> probes_;
    std::vector<Asked> queries_;

    std::set<std::string> provisioned_;
    std::set<std::string> ever_removed_;
    std::map<std::string, dc::VirtualAddresses> vips_;  // of those provisioned
    std::map<IpAddress, std::string> owners_;           // ever
    std::uint64_t term_ = 0;
    std::map<PathId, std::uint32_t> dc_revisions_;
    std::map<std::tuple<std::string, BootId, PathId>, std::uint32_t> held_revisions_;

    std::map<HostNumber, std::map<Endpoint, Instant>> held_;  // last used
    std::map<IpAddress, std::int64_t> stranger_balance_;      // bytes from there less bytes to it
    std::set<std::pair<std::uint64_t, std::uint64_t>> signal_nonces_;
    std::set<Bytes> salts_;

    Counts compared_;
    Counts excuses_;
    std::vector<std::string> breaches_;
    std::vector<std::string> story_;
};

}  // namespace ntm::simulation
