// SPDX-License-Identifier: BSD-3-Clause
// All paths that DCs have directed here, the tombstones of those released, and when the next of
// them wants attention. Revision rules of docs/protocol.md section 4.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "common/crypto/x25519.hpp"
#include "common/protocol/ntm.pb.h"
#include "control/direction.hpp"
#include "control/relayed_path.hpp"

#include <chrono>
#include <cstdint>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

namespace ntm::control {

inline constexpr Duration tombstone_kept = std::chrono::seconds{60};

// What became of a Direction or Release.
struct BookAnswer {
    enum class Change : std::uint8_t { none, added, replaced, removed };
    v1::Status status = v1::STATUS_OK;
    std::string text;  // when the status is not OK
    Change change = Change::none;
    std::uint32_t held_revision = 0;  // when the status is STALE
};

class PathBook {
  public:
    explicit PathBook(std::uint32_t capacity) : capacity_{capacity} {}

    [[nodiscard]] BookAnswer direct(PathOrder order, const crypto::PublicKey& dc, Instant now);
    [[nodiscard]] BookAnswer release(
        PathId id, std::uint32_t revision, const crypto::PublicKey& dc, Instant now
    );
    // Without a tombstone.
    void erase(PathId id);

    [[nodiscard]] RelayedPath* find(PathId id);
    [[nodiscard]] const RelayedPath* find(PathId id) const;
    [[nodiscard]] std::size_t size() const noexcept { return paths_.size(); }
    [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::size_t count_of(const crypto::PublicKey& dc) const;
    [[nodiscard]] const std::unordered_map<PathId, RelayedPath>& all() const noexcept {
        return paths_;
    }

    // Asks for attention to the path at `at`: it comes out of take_due once.
    void wake(PathId id, Instant at);
    [[nodiscard]] Instant next_due() const;
    // Paths (perhaps gone by now) whose time has come; old tombstones are dropped on the way.
    [[nodiscard]] std::vector<PathId> take_due(Instant now);

  private:
    struct Tombstone {
        crypto::PublicKey dc;
        std::uint32_t revision = 0;
        Instant until;
    };
    struct Due {
        Instant at;
        PathId id;
        friend bool operator>(const Due& a, const Due& b) noexcept { return a.at > b.at; }
    };

    [[nodiscard]] BookAnswer add(PathOrder order, const crypto::PublicKey& dc, Instant now);
    [[nodiscard]] BookAnswer change(RelayedPath& path, PathOrder order, Instant now);
    void bury(PathId id, const crypto::PublicKey& dc, std::uint32_t revision, Instant now);

    std::uint32_t capacity_;
    std::unordered_map<PathId, RelayedPath> paths_;
    std::unordered_map<PathId, Tombstone> tombstones_;
    std::unordered_map<crypto::PublicKey, std::size_t> counts_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace ntm::control
