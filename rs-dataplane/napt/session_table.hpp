// SPDX-License-Identifier: BSD-3-Clause
// All sessions, found by either tuple and by remote address, and the list of those of each mapping.
//
// A new session touches lines all over the indexes. So that it does not wait for them, it is entered by
// its public side a few sessions later, when they have come; until then it is looked for by itself.
#pragma once

#include "rs-dataplane/napt/record_pool.hpp"
#include "rs-dataplane/napt/records.hpp"
#include "rs-dataplane/tables/flow_index.hpp"

#include <array>
#include <cstddef>
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
    // False: there is none.
    template <typename Tuple>
    [[nodiscard]] bool prefetch_session(const Lookup<Tuple>& wanted) const noexcept {
        const Position guess = index_for(wanted.tuple).guess(wanted.hash);
        if (guess == nowhere) [[unlikely]] {
            return false;
        }
        records_.prefetch(guess);
        return true;
    }
    [[nodiscard]] Position find(const Lookup<InsideTuple>& wanted) const noexcept {
        return find_in(by_inside_, wanted);
    }
    [[nodiscard]] Position find(const Lookup<OutsideTuple>& wanted) const noexcept {
        const Position at = find_in(by_outside_, wanted);
        return at != nowhere
                   ? at
                   : find_new([&](const Session& session) { return session.is_of(wanted.tuple); });
    }
    // A session of this mapping, whose public port is the tuple's, that admits its remote address, which is
    // this tuple's: of several the one that was added, or got its path, last.
    [[nodiscard]] Position find_peer(const Mapping& mapping, const OutsideTuple& tuple)
        const noexcept;

    // Enters those that are not entered yet: before a mapping's list is read.
    void settle() noexcept;
    // Of a table that is not full: a record to be filled, all but for its links, and then added. Filled in
    // its place: to copy what was just put together waits for all stores before it.
    [[nodiscard]] Position take() noexcept { return records_.take(); }
    // Of its tuples.
    struct Checks {
        std::uint64_t inside = 0;
        std::uint64_t outside = 0;
        std::uint8_t seal = 0;
    };
    [[nodiscard]] Checks checks_of(const Lookup<InsideTuple>& inside, const OutsideTuple& outside)
        const noexcept {
        return {inside.hash, hash_(outside.words()), Session::check_of(inside.tuple, outside)};
    }
    // Nothing with either tuple is there.
    void add(Mapping& mapping, Position at, const Checks& checks) noexcept;
    void remove(Mapping& mapping, Position at) noexcept;
    // As add(), one that lies there already, left by an earlier process; adopt_records() behind the last.
    void adopt(Mapping& mapping, Position at) noexcept;
    void adopt_records() noexcept { records_.adopt(std::mem_fn(&Session::is_live)); }
    // The subscriber has changed over to another path.
    void set_path(Mapping& mapping, Position at, PathId path, Filter filter) noexcept;

  private:
    // Entered by its inside tuple alone.
    struct New {
        Position at = nowhere;
        Mapping* mapping = nullptr;
        Checks checks;
    };
    static constexpr std::size_t most_new = 8;

    template <typename Tuple>
    [[nodiscard]] Position find_in(const tables::FlowIndex& index, const Lookup<Tuple>& wanted)
        const noexcept {
        return index.find(wanted.hash, [&](Position at) {
            return records_[at].is_of(wanted.tuple);
        });
    }
    // The newest one first.
    template <typename IsWanted>
    [[nodiscard]] Position find_new(IsWanted is_wanted) const noexcept {
        for (std::size_t i = new_count_; i > 0; --i) {
            const Position at = new_[(first_new_ + i - 1) % most_new].at;
            if (is_wanted(records_[at])) {
                return at;
            }
        }
        return nowhere;
    }
    void settle_oldest() noexcept;
    [[nodiscard]] const tables::FlowIndex& index_for(const InsideTuple& /*tuple*/) const noexcept {
        return by_inside_;
    }
    [[nodiscard]] const tables::FlowIndex& index_for(const OutsideTuple& /*tuple*/) const noexcept {
        return by_outside_;
    }
    [[nodiscard]] std::uint64_t peer_hash(OutsideTuple tuple) const noexcept {
        tuple.remote_port = 0;
        return hash_(tuple.words());
    }
    // Whether the session there admits the tuple's remote address.
    [[nodiscard]] bool admits(Position at, const OutsideTuple& tuple) const noexcept;
    [[nodiscard]] Position find_settled_peer(const Mapping& mapping, const OutsideTuple& tuple)
        const noexcept;
    static void count_open(Mapping& mapping, const Session& session) noexcept;
    void link(Mapping& mapping, Position at) noexcept;
    void unlink(Mapping& mapping, Position at) noexcept;
    void enter_peer(Position at) noexcept;
    bool leave_peer(Position at) noexcept;

    tables::FlowHash hash_;
    RecordPool<Session> records_;
    tables::FlowIndex by_inside_;
    tables::FlowIndex by_outside_;
    // The first one, which is the newest, of each run of sessions with one remote address in a mapping's list,
    // but for the run at its head: most mappings have no other one.
    tables::FlowIndex peers_;
    std::array<New, most_new> new_;  // a ring
    std::size_t first_new_ = 0;
    std::size_t new_count_ = 0;
};

}  // namespace ntm::napt
