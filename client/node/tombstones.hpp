// SPDX-License-Identifier: BSD-3-Clause
// Paths released within the last minute, each with the highest revision that a release of it named: a
// Direction that comes late does not bring one back (docs/protocol.md section 4).
#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace ntm::client {

class Tombstones {
  public:
    static constexpr Duration kept = std::chrono::seconds{60};
    static constexpr std::size_t capacity = 4096;

    // Releases come late too: a lower revision only lengthens the time.
    void bury(PathId id, std::uint32_t revision, Instant now);
    [[nodiscard]] std::optional<std::uint32_t> revision_of(PathId id, Instant now) const;
    // The first time while this revision is buried: what a release has not done once, another one may.
    [[nodiscard]] bool may_release_again(PathId id) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

  private:
    struct Tombstone {
        std::uint32_t revision = 0;
        Instant until;
        bool is_released_again = false;
    };
    void make_room(Instant now);

    std::map<PathId, Tombstone> all_;
};

}  // namespace ntm::client
