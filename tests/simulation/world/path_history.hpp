// SPDX-License-Identifier: BSD-3-Clause
// Every path that the DC ever stored, taken where it hands records to its store: what the model
// knows of paths, since Path IDs and secrets are drawn by the DC and can not be foretold.
#pragma once

#include "dc/records.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace ntm::simulation {

class PathHistory {
  public:
    struct Made {
        std::array<dc::PeerKey, 2> nodes;  // by Role
        std::uint32_t highest_revision = 0;
        std::set<dc::PeerKey> relays;
        std::array<std::set<std::array<std::uint8_t, 32>>, 2> leg_secrets;  // by Role
        bool has_other_ends = false;      // a record came with other nodes
        bool has_lower_revision = false;  // a record came with a lower revision than one before
    };
    void learn(const dc::PathRecord& record) {
        const bool is_new = !paths_.contains(record.id);
        Made& made = paths_[record.id];
        for (std::size_t i = 0; i < 2; ++i) {
            const dc::PathEnd& end = record.ends[i];
            made.has_other_ends |= !is_new && made.nodes[i] != end.node;
            made.nodes[i] = end.node;
            std::array<std::uint8_t, 32> secret{};
            std::ranges::copy(end.leg_secret.view(), secret.begin());
            made.leg_secrets[i].insert(secret);
        }
        made.has_lower_revision |= record.revision < made.highest_revision;
        made.highest_revision = record.revision;
        if (record.relay) {
            made.relays.insert(*record.relay);
        }
    }
    [[nodiscard]] const std::map<PathId, Made>& paths() const noexcept { return paths_; }
    [[nodiscard]] const Made* find(PathId id) const {
        const auto found = paths_.find(id);
        return found == paths_.end() ? nullptr : &found->second;
    }

  private:
    std::map<PathId, Made> paths_;
};

}  // namespace ntm::simulation
