// SPDX-License-Identifier: BSD-3-Clause
// The nodes and relays that this DC knows, found by key, name or virtual address. Only memory: who
// changes a record hands it to the Store too. Elements stay where they are until they are removed.
#pragma once

#include "common/base/time.hpp"
#include "common/protocol/ntm.pb.h"
#include "dc/line_limit.hpp"
#include "dc/records.hpp"
#include "dc/settings.hpp"
#include "dc/token_bucket.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ntm::dc {

struct Node {
    static constexpr std::uint32_t registrations_burst = 10;

    Node(NodeRecord provisioned, const Limits& limits)
        : record{std::move(provisioned)}, budgets{limits} {}

    // What the node may ask for.
    struct Budgets {
        explicit Budgets(const Limits& limits) noexcept
            : requests{limits.requests_per_second},
              calls{limits.calls_per_second},
              registrations{limits.registrations_per_second, registrations_burst},
              releases{
                  limits.releases_per_second, static_cast<std::uint32_t>(limits.paths_per_node)} {}
        TokenBucket requests;
        TokenBucket calls;
        TokenBucket registrations;
        TokenBucket releases;
    };

    // Registered from a place that is not proven: what the record says stays until it is.
    struct Claim {
        Endpoint source;
        std::vector<InterfaceAddress> addresses;
        Port port;
    };

    NodeRecord record;
    std::optional<IpAddress> noted_address;  // by the registry
    std::optional<Claim> claim;
    // A message of the registered run came last; nothing while it is not registered.
    std::optional<Instant> last_heard;
    std::map<std::string, Duration, std::less<>> relay_rtts;  // by relay name
    Budgets budgets;
    LineLimits lines;

    [[nodiscard]] bool is_registered(Instant now, Duration lifetime) const noexcept {
        return last_heard && now - *last_heard < lifetime;
    }
};

struct RelayLoad {
    std::uint64_t paths = 0;
    std::uint64_t packets_per_second = 0;
    std::uint64_t bits_per_second = 0;
    std::uint32_t busiest_worker_permille = 0;
    std::optional<v1::NaptLoad> napt = std::nullopt;  // nothing: it has not told
};

struct Relay {
    static constexpr std::uint32_t upheavals_burst = 10;

    explicit Relay(RelayRecord provisioned) : record{std::move(provisioned)} {}

    RelayRecord record;
    // Registered with this run of the DC, and heard within the limit.
    bool is_alive = false;
    bool is_draining = false;
    // Paths that end there stay on it while it drains, up to a time: moved, they lose their connections.
    bool keeps_ends = false;
    Instant ends_leave_at = Instant::never();
    // As it registered last: whether paths may end at it, and by which suites.
    bool has_napt = false;
    std::vector<crypto::Suite> suites;
    // This run of the DC has begun only just: the relay may come yet.
    bool is_expected = false;
    Instant last_heard;
    RelayLoad load;
    // After a restart of the relay or of the DC: Directions sent again and accepted.
    std::uint64_t to_restore = 0;
    std::uint64_t restored = 0;
    // Some Direction went without an answer: to be sent again when the relay is heard.
    bool has_unanswered = false;
    // What of it makes the DC go over all its paths.
    TokenBucket upheavals{1, upheavals_burst};
    RelayLineLimits lines;
};

class Registry {
  public:
    explicit Registry(const Limits& limits) : limits_{limits} {}

    // False and no change if the key, name or an address is there already.
    [[nodiscard]] bool add_node(NodeRecord record);
    void remove_node(const PeerKey& key);
    [[nodiscard]] Node* find_node(const PeerKey& key) noexcept;
    [[nodiscard]] Node* find_node_by_fqdn(std::string_view fqdn);
    [[nodiscard]] Node* find_node_by_vip(const IpAddress& vip);
    // After the record says otherwise where the node is.
    void note_address(Node& node);
    // Whether it is a registered node's own address (find_own_address).
    [[nodiscard]] bool is_of_node(const IpAddress& address, Instant now, Duration lifetime) const;

    [[nodiscard]] bool add_relay(RelayRecord record);
    void remove_relay(const PeerKey& key);
    [[nodiscard]] Relay* find_relay(const PeerKey& key) noexcept;
    [[nodiscard]] Relay* find_relay_by_name(std::string_view name);

    // For the nodes that there are, too: what each may still do begins anew.
    void set_limits(const Limits& limits);

    // By name.
    [[nodiscard]] const std::map<std::string, std::unique_ptr<Node>, std::less<>>& nodes() const {
        return nodes_;
    }
    [[nodiscard]] const std::map<std::string, std::unique_ptr<Relay>, std::less<>>& relays() const {
        return relays_;
    }

  private:
    [[nodiscard]] bool is_key_known(const PeerKey& key) const;
    void forget_address(Node& node);

    Limits limits_;
    std::map<std::string, std::unique_ptr<Node>, std::less<>> nodes_;
    std::map<std::string, std::unique_ptr<Relay>, std::less<>> relays_;
    std::unordered_map<PeerKey, Node*> nodes_by_key_;
    std::unordered_map<PeerKey, Relay*> relays_by_key_;
    std::unordered_map<IpAddress, Node*> nodes_by_vip_;
    // Two on one host have the same.
    std::unordered_multimap<IpAddress, const Node*> nodes_by_address_;
};

}  // namespace ntm::dc
