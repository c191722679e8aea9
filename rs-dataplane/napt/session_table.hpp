// SPDX-License-Identifier: BSD-3-Clause
// All sessions, found by either tuple and by remote address, and the list of those of each mapping.
#pragma once

#include "rs-dataplane/napt/record_pool.hpp"
#include "rs-dataplane/napt/records.hpp"
#include "rs-dataplane/tables/flow_index.hpp"

#include <cstdint>
#include <functional>
#include <span>

namespace ntm::napt {

// A tuple and the hash that its session is found by.
template <typename Tuple>
struct Lookup {
    Tuple tuple;
    std::uint64_t hash = 0;
};

class SessionTable {
  public:
    // In `kept`, if that is not empty. Of no capacity if there is no memory.
    SessionTable(
        std::uint32_t capacity, const tables::FlowHash& hash, std::span<Session> kept = {}
    ) noexcept;
    [[nodiscard]] static constexpr std::size_t mapped_bytes(std::uint32_t capacity) noexcept {
        return tables::LargeArray<Session>::mapped_bytes(capacity) +
               3 * tables::FlowIndex::mapped_bytes(capacity);
    }

    [[nodiscard]] const RecordPool<Session>& records() const noexcept { return records_; }
    [[nodiscard]] Session& operator[](Position at) noexcept { return records_[at]; }
    [[nodiscard]] const Session& operator[](Position at) const noexcept { return records_[at]; }

    template <typename Tuple>
    [[nodiscard]] Lookup<Tuple> lookup(const Tuple& tuple) const noexcept {
        return {tuple, hash_(tuple.words())};
    }
    // For bursts: the index for every packet, then the session for every packet, then find().
    template <typename Tuple>
    void prefetch_index(const Lookup<Tuple>& wanted) const noexcept {
        index_for(wanted.tuple).prefetch(wanted.hash);
    }
    template <typename Tuple>
    void prefetch_session(const Lookup<Tuple>& wanted) const noexcept {
        const Position guess = index_for(wanted.tuple).guess(wanted.hash);
        if (guess != nowhere) {
            records_.prefetch(guess);
        }
    }
    template <typename Tuple>
    [[nodiscard]] Position find(const Lookup<Tuple>& wanted) const noexcept {
        return index_for(wanted.tuple).find(wanted.hash, [&](Position at) {
            return records_[at].is_of(wanted.tuple);
        });
    }
    // A session of this public port that admits its remote address, which is this tuple's.
    [[nodiscard]] Position find_peer(const OutsideTuple& tuple) const noexcept;

    // Of a table that is not full; nothing with either tuple is there.
    Position add(Mapping& mapping, const Session& session) noexcept;
    void remove(Mapping& mapping, Position at) noexcept;
    // As add(), one that lies there already, left by an earlier process; adopt_records() behind the last.
    void adopt(Mapping& mapping, Position at) noexcept;
    void adopt_records() noexcept { records_.adopt(std::mem_fn(&Session::is_live)); }
    // The subscriber has changed over to another path.
    void set_path(Mapping& mapping, Position at, PathId path, Filter filter) noexcept;

  private:
    [[nodiscard]] const tables::FlowIndex& index_for(const InsideTuple& /*tuple*/) const noexcept {
        return by_inside_;
    }
    [[nodiscard]] const tables::FlowIndex& index_for(const OutsideTuple& /*tuple*/) const noexcept {
        return by_outside_;
    }
    [[nodiscard]] std::uint64_t peer_hash(OutsideTuple tuple) const noexcept;
    void link(Mapping& mapping, Position at) noexcept;
    void unlink(Mapping& mapping, Position at) noexcept;
    void pass_on_peer(Position from) noexcept;

    tables::FlowHash hash_;
    RecordPool<Session> records_;
    tables::FlowIndex by_inside_;
    tables::FlowIndex by_outside_;
    // The first one of each run of sessions with one remote address in a mapping's list.
    tables::FlowIndex peers_;
};

}  // namespace ntm::napt
