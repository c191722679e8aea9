// SPDX-License-Identifier: BSD-3-Clause
// Path Releases on their way: each stays in the store until its receiver has acknowledged it or has
// lost the path by a restart of its own, so that a release survives silence and a restart of the DC.
#pragma once

#include "dc/context.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace ntm::dc {

class ReleaseOutbox {
  public:
    explicit ReleaseOutbox(Context& context) : context_{context} {}

    void add(const ReleaseRecord& release);
    // The same, but sent no sooner than `let_go`.
    void hold(const ReleaseRecord& release);
    void let_go(const PeerKey& peer, PathId id);
    // Of a path that goes on elsewhere: the relays that are still to release it, held from now on.
    [[nodiscard]] std::vector<PeerKey> hold_all_of(PathId id);
    // From the store, at the start.
    void adopt(const ReleaseRecord& release);
    // The peer answers again: what went without an answer is sent once more.
    void resume(const PeerKey& peer);
    // The peer has lost its paths, or is gone.
    void drop(const PeerKey& peer);
    // The path is directed to this peer again, under the same id.
    void withdraw(const PeerKey& peer, PathId id);

    // False if it belongs to no release.
    [[nodiscard]] bool take_answer(const protocol::AnswerReceived& answer);
    [[nodiscard]] bool take_failure(const protocol::RequestFailed& failure);
    void pump(Instant now);
    [[nodiscard]] std::size_t size() const noexcept;

  private:
    struct Lane {
        std::map<PathId, ReleaseRecord> releases;
        std::set<PathId> held;
        std::set<PathId> waiting;                   // to be sent
        std::map<std::uint64_t, PathId> under_way;  // by request id
        std::map<PathId, Instant> drop_at;          // set by the first sweep that sees it
    };
    // Nobody holds a path for longer than its lifetime: a peer that stays away needs no release.
    void sweep(Instant now);
    void pump_lane(const PeerKey& peer, Lane& lane, Instant now);
    [[nodiscard]] std::optional<PathId> take(const PeerKey& peer, std::uint64_t request);

    Context& context_;
    std::unordered_map<PeerKey, Lane> lanes_;
    Instant sweep_at_;
    std::set<PeerKey> to_pump_;  // lanes that something has happened to
};

}  // namespace ntm::dc
