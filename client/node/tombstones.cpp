// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/tombstones.hpp"

#include <algorithm>
#include <utility>

namespace ntm::client {

void Tombstones::bury(PathId id, std::uint32_t revision, Instant now) {
    const auto held = revision_of(id, now);
    const std::uint32_t highest = std::max(revision, held.value_or(0));
    if (all_.size() >= capacity && !all_.contains(id)) {
        make_room(now);
    }
    Tombstone& tombstone = all_[id];
    if (held != highest) {
        tombstone.is_released_again = false;
    }
    tombstone.revision = highest;
    tombstone.until = now + kept;
}

std::optional<std::uint32_t> Tombstones::revision_of(PathId id, Instant now) const {
    const auto at = all_.find(id);
    return at != all_.end() && now < at->second.until ? std::optional{at->second.revision}
                                                      : std::nullopt;
}

bool Tombstones::may_release_again(PathId id) noexcept {
    const auto at = all_.find(id);
    return at != all_.end() && !std::exchange(at->second.is_released_again, true);
}

void Tombstones::make_room(Instant now) {
    std::erase_if(all_, [now](const auto& at) { return now >= at.second.until; });
    if (all_.size() >= capacity) {
        all_.erase(std::ranges::min_element(all_, {}, [](const auto& at) {
            return at.second.until;
        }));
    }
}

}  // namespace ntm::client
