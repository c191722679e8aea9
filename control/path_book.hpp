// SPDX-License-Identifier: BSD-3-Clause
// All paths that DCs have directed here, the tombstones of those released, and when the next of
// them wants attention. Revision rules of docs/protocol.md section 4.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "common/crypto/x25519.hpp"
#include "common/protocol/ntm.pb.h"
#include "control/direction.hpp"
#include "control/end_keys.hpp"
#include "control/kept_state.hpp"
#include "control/path_memory.hpp"
#include "control/relayed_path.hpp"
#include "rs-dataplane/tables/tunnel_end.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
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
    bool opens_subscriber = false;    // with the path, the first of its subscriber
    std::optional<tables::SubscriberNumber> closed_subscriber{};  // whose last path it was
};

class PathBook {
  public:
    // `subscribers`: whose paths end here, as many as there may be. `kept`: nothing, or what is to hold all
    // of it for the process that comes after this one.
    explicit PathBook(
        std::uint32_t capacity, std::uint32_t subscribers = 0, KeptState* kept = nullptr
    )
        : capacity_{capacity},
          kept_{kept},
          subscribers_{subscribers},
          key_shelf_{EndKeyShelf::usual_capacity, kept} {}

    // Goes on with what the process before had, before anything else is done.
    void adopt(KeptState::Left left);
    // Somebody else has changed the path, other than its next hops.
    void keep(RelayedPath& path);

    // Of the heap, at most, for paths that are switched, while none is changed more often than its times
    // come.
    [[nodiscard]] static constexpr std::size_t bytes_for(std::size_t paths) noexcept;
    // Besides, where all of them may end here: what the table holds of their ends too.
    [[nodiscard]] static constexpr std::size_t bytes_for_ends(std::size_t paths) noexcept;

    [[nodiscard]] BookAnswer direct(PathOrder order, const crypto::PublicKey& dc, Instant now);
    [[nodiscard]] BookAnswer release(
        PathId id, std::uint32_t revision, const crypto::PublicKey& dc, Instant now
    );
    // Without a tombstone. The subscriber whose last path it was, if so.
    [[nodiscard]] std::optional<tables::SubscriberNumber> erase(PathId id);

    [[nodiscard]] RelayedPath* find(PathId id);
    [[nodiscard]] const RelayedPath* find(PathId id) const;
    [[nodiscard]] std::size_t size() const noexcept { return paths_.size(); }
    [[nodiscard]] std::size_t subscribers() const noexcept { return subscribers_.size(); }
    [[nodiscard]] const Subscribers& all_subscribers() const noexcept { return subscribers_; }
    [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::size_t count_of(const crypto::PublicKey& dc) const;
    [[nodiscard]] const std::unordered_map<PathId, RelayedPath>& all() const noexcept {
        return paths_;
    }

    // A round over all paths, piece by piece, with changes to the book between the pieces. It goes
    // by the buckets of the map: a path that is in the book all the time is visited for sure.
    class Round {
      public:
        // All around from where it stands, so that beginning anew often keeps no path waiting.
        void begin() noexcept { is_begun_ = true; }
        [[nodiscard]] bool has_ended() const noexcept { return !is_begun_ && left_ == 0; }

      private:
        friend class PathBook;
        bool is_begun_ = false;
        std::size_t buckets_ = 0;
        std::size_t next_ = 0;
        std::size_t left_ = 0;
    };
    // Goes on with a round by so many steps, of which a path and a place for one are a step each.
    template <typename Visit>
    void walk(Round& round, std::size_t steps, Visit visit);

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
    struct NewEnd {
        std::unique_ptr<RelayEnd> end;
        bool opens_subscriber = false;
    };
    struct Due {
        Instant at;
        PathId id;
        friend bool operator>(const Due& a, const Due& b) noexcept { return a.at > b.at; }
    };

    [[nodiscard]] BookAnswer add(PathOrder order, const crypto::PublicKey& dc, Instant now);
    [[nodiscard]] BookAnswer change(RelayedPath& path, PathOrder order, Instant now);
    void extend(RelayedPath& path, Duration lifetime, Instant now);
    // The end that the order gives the path, if any; `held` is the path as it stands, null for a new
    // one. The error is the answer.
    [[nodiscard]] Result<NewEnd, BookAnswer> make_end(
        PathOrder& order, const crypto::PublicKey& dc, const RelayedPath* held
    );
    // Those that the order's path secret makes, as used up as they are.
    [[nodiscard]] Result<std::shared_ptr<tables::EndKeys>, BookAnswer> take_keys(
        const PathOrder& order, tables::SubscriberNumber subscriber, const RelayedPath* held
    );
    // Fresh ones, where they are kept if anything is.
    [[nodiscard]] std::shared_ptr<tables::EndKeys> settle(
        PathId path, std::shared_ptr<tables::EndKeys> keys
    );
    // In the place of the path's present one.
    [[nodiscard]] BookAnswer put_end(RelayedPath& path, NewEnd made, BookAnswer::Change change);
    void bury(PathId id, const crypto::PublicKey& dc, std::uint32_t revision, Instant now);

    std::uint32_t capacity_;
    KeptState* kept_;
    std::unordered_map<PathId, RelayedPath> paths_;
    std::unordered_map<PathId, Tombstone> tombstones_;
    std::unordered_map<crypto::PublicKey, std::size_t> counts_;
    Subscribers subscribers_;
    EndKeyMaker key_maker_;
    EndKeyShelf key_shelf_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

constexpr std::size_t PathBook::bytes_for(std::size_t paths) noexcept {
    return map_bytes<decltype(paths_)>(paths) + vector_bytes<Due>(paths);
}

constexpr std::size_t PathBook::bytes_for_ends(std::size_t paths) noexcept {
    // Its general nodes, and what the allocator and names add.
    constexpr std::size_t beside = 2 * sizeof(tables::PathEnd::GeneralNode) + 128;
    constexpr std::size_t on_shelf = EndKeyShelf::usual_capacity;
    return paths * (sizeof(RelayEnd) + beside) +
           tables::ChunkPool<tables::TunnelEnd>::mapped_bytes(paths) +
           EndKeyMaker::bytes_for(paths + on_shelf) + on_shelf * 128 + ForgottenKeys::bytes;
}

template <typename Visit>
void PathBook::walk(Round& round, std::size_t steps, Visit visit) {
    const std::size_t buckets = paths_.bucket_count();
    const bool is_rehashed = round.left_ != 0 && round.buckets_ != buckets;
    if (round.is_begun_ || is_rehashed) {
        round.is_begun_ = false;
        round.buckets_ = buckets;
        round.left_ = buckets;
        round.next_ %= buckets;
    }
    while (round.left_ > 0 && steps > 0) {
        --steps;
        for (auto at = paths_.begin(round.next_); at != paths_.end(round.next_); ++at) {
            visit(at->second);
            steps -= steps > 0 ? 1 : 0;
        }
        round.next_ = (round.next_ + 1) % buckets;
        --round.left_;
    }
}

}  // namespace ntm::control
