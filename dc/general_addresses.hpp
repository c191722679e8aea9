// SPDX-License-Identifier: BSD-3-Clause
// The virtual addresses that stand for general nodes, out of a part of the DC's blocks that no node
// gets addresses from. They mean something to the node that asked for them only, so each asker has
// all of them to itself, and none can use up another's.
//
// Theory of operation: what an asker's virtual address means never changes. It has a name and real
// addresses; a name that has come to have other real ones gets another virtual address too, and
// connections to the old ones go on, as without NTMobile. Without a path it rests for 24 h: asked
// for by the same name and place, or by itself, it is used again, else it is free then. A start of
// the DC begins the rest anew, so that no wall clock needs to be right.
// Numbers as in dc/address_pool: in order, so that a free one stays so for as long as possible.
#pragma once

#include "common/base/time.hpp"
#include "dc/address_pool.hpp"
#include "dc/store.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace ntm::dc {

class GeneralAddresses {
  public:
    static constexpr Duration rest = std::chrono::hours{24};

    GeneralAddresses(const std::optional<GeneralBlocks>& blocks, Store& store)
        : blocks_{blocks}, store_{store} {}

    // Without, there are no general nodes.
    [[nodiscard]] bool is_configured() const noexcept { return blocks_.has_value(); }
    // From the store, at the start; what does not lie in the configured blocks is forgotten.
    void adopt(GeneralNodeRecord record, Instant now);

    // Elements stay where they are until they are free.
    [[nodiscard]] const GeneralNodeRecord* find(const PeerKey& asker, const IpAddress& vip) const;
    [[nodiscard]] const GeneralNodeRecord* find_of(PathId path) const;
    // With a path from the asker.
    [[nodiscard]] const GeneralNodeRecord* find_reached(
        const PeerKey& asker, const std::string& fqdn
    ) const;
    // The one of this name at one of these addresses, made if need be; nothing if all are taken.
    [[nodiscard]] const GeneralNodeRecord* take(
        const PeerKey& asker,
        const std::string& fqdn,
        const std::vector<IpAddress>& real_addresses,
        Instant now
    );
    void begin_path(const GeneralNodeRecord& node, PathId path);
    // Nothing if it is no path to a general node.
    void end_path(PathId path, Instant now);
    // The asker is no longer provisioned.
    void forget(const PeerKey& asker);

    void handle_timeout(Instant now);
    [[nodiscard]] Instant next_timeout() const;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    using Number = std::uint32_t;
    struct GeneralNode {
        GeneralNodeRecord record;
        Number number = 0;
        std::optional<Instant> free_at;  // without a path
    };
    struct Asker {
        std::map<Number, GeneralNode> nodes;
        std::set<std::pair<std::string, Number>> by_name;
        Number next = 1;
    };
    using Resting = std::tuple<Instant, PeerKey, Number>;

    [[nodiscard]] Number most() const noexcept;
    [[nodiscard]] Number next_after(Number number) const noexcept;
    [[nodiscard]] Ipv4Address vipv4_at(Number number) const;
    [[nodiscard]] Ipv6Address vipv6_at(Number number) const;
    [[nodiscard]] std::optional<Number> number_of(const IpAddress& vip) const;
    // Of these that have the name, the first that is as wanted; nothing if none is.
    template <typename IsWanted>
    [[nodiscard]] static const GeneralNodeRecord* find_named(
        const Asker& asker, const std::string& fqdn, IsWanted is_wanted
    );
    GeneralNode& add(GeneralNodeRecord record, Number number);
    [[nodiscard]] GeneralNode& get(const GeneralNodeRecord& record);
    void begin_rest(GeneralNode& node, Instant now);
    void end_rest(GeneralNode& node);
    void remove(const PeerKey& asker, Number number);

    std::optional<GeneralBlocks> blocks_;
    Store& store_;
    std::map<PeerKey, Asker> askers_;
    std::map<PathId, const GeneralNodeRecord*> by_path_;
    std::set<Resting> resting_;
    std::size_t size_ = 0;
};

}  // namespace ntm::dc
