// SPDX-License-Identifier: BSD-3-Clause
// Joins what the workers tell of public ports with what the control thread knows of subscribers and of
// the legs of their paths, and makes records of it. A state machine: time is an argument.
//
// An event names its subscriber by his tenancy alone. It may come when he is gone here already: he is
// remembered for as long as workers may take to hear of that.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "control/nat_records/nat_record.hpp"
#include "rs-dataplane/relay/napt_events.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ntm::control {

class NatLedger {
  public:
    // `addresses`: the public ones, as configured.
    NatLedger(const std::vector<IpAddress>& addresses, std::uint16_t block_size);

    // The subscriber who has this number from here on.
    void open(tables::SubscriberNumber number, napt::Tenancy tenancy);
    void close(tables::SubscriberNumber number, Instant now, WallTime at);
    // A path as it is from here on, of the subscriber with this number: `who` besides his tenancy, and
    // to where its leg is bound.
    struct Path {
        PathId id;
        tables::SubscriberNumber number = 0;
        Tenant who;
        std::optional<Endpoint> real;
    };
    void set_path(const Path& path, WallTime at);
    void remove_path(PathId id, WallTime at);

    void take(const napt::Event& event, WallTime at);
    // Forgets who has been gone for long.
    void tend(Instant now, WallTime at);

    // All that is so goes on record anew, piece by piece; one walk after the other.
    void begin_walk() {
        if (!walk_) {
            walk_ = Walk{};
        }
    }
    void go_on_walking(std::size_t most, WallTime at);

    [[nodiscard]] std::vector<NatRecord> take_records() { return std::exchange(records_, {}); }
    // Events of nobody who is known: what went before them was lost.
    [[nodiscard]] std::uint64_t unknown() const noexcept { return unknown_; }

    static constexpr Duration gone_kept = std::chrono::minutes{1};

  private:
    struct Bound {
        WallTime since;
        std::size_t paths = 0;
    };
    struct Stay {
        std::shared_ptr<const Tenant> tenant;  // from his first path on
        std::unordered_map<PathId, std::optional<Endpoint>> paths;
        std::map<Endpoint, Bound> bound;
        std::size_t blocks = 0;
    };
    struct Held {
        napt::Tenancy tenancy = 0;
        WallTime since;
    };
    struct Gone {
        Instant until;
        napt::Tenancy tenancy = 0;
    };
    // What was told last.
    struct Walk {
        std::optional<PublicBlock> block;
        bool has_all_blocks = false;
        std::optional<napt::Tenancy> tenancy;
    };

    void identify(napt::Tenancy tenancy, Stay& stay, const Tenant& who, WallTime at);
    void bind(Stay& stay, const Endpoint& real, WallTime at);
    void unbind(Stay& stay, const Endpoint& real, WallTime at);
    void take_block(const PublicBlock& block, napt::Tenancy tenancy, WallTime at);
    void give_block_back(const PublicBlock& block, napt::Tenancy tenancy, WallTime at);
    void end_block(std::map<PublicBlock, Held>::iterator held, WallTime at);
    void end_blocks_of(napt::Tenancy tenancy, WallTime at);
    void take_session(const napt::Event& event, WallTime at);
    void take_shortage(const napt::Event& event, WallTime at);
    void tell_block(const PublicBlock& block, const Held& held, Change change, WallTime at);
    void tell_bound(const Stay& stay, Change change, WallTime at);
    [[nodiscard]] const IpAddress& public_address(Family family, napt::PublicAddress number) const;
    [[nodiscard]] PublicBlock block_of(const napt::Event& event) const;
    [[nodiscard]] Stay* find(napt::Tenancy tenancy);

    std::vector<IpAddress> ipv4_;
    std::vector<IpAddress> ipv6_;
    std::uint16_t block_size_;
    std::unordered_map<tables::SubscriberNumber, napt::Tenancy> numbers_;
    std::unordered_map<PathId, napt::Tenancy> paths_;
    std::map<napt::Tenancy, Stay> stays_;
    std::queue<Gone> gone_;
    std::map<PublicBlock, Held> blocks_;
    std::optional<Walk> walk_;
    std::vector<NatRecord> records_;
    std::uint64_t unknown_ = 0;
};

}  // namespace ntm::control
