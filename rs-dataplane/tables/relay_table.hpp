// SPDX-License-Identifier: BSD-3-Clause
// The relay table: Path ID to RelayEntry. One writer (the control thread), any number of readers
// (workers) that never wait. Reader and Writer are different types, so a worker can not name what
// changes the table.
//
// Theory of operation: rte_hash (lock-free readers, extendable buckets) gives only a position; the
// entry's pointer lies at that position in an array of our own atomics. Insert: the key, then the
// pointer (between the two a reader finds nothing, as before). Replace: exchange the pointer,
// retire the old entry. Remove: delete the key, clear the pointer, retire entry and position. What
// is retired is freed when every worker that could have seen it has reported since (GracePeriod).
// A front (PathFront) answers for most paths before the hash is asked; it is changed before an entry
// is retired, so that the same grace period covers it.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "rs-dataplane/tables/grace_period.hpp"
#include "rs-dataplane/tables/own_addresses.hpp"
#include "rs-dataplane/tables/relay_entry.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace ntm::tables {

// The number of a path's place in the table, below RelayTable::slot_count(). Counters are indexed
// by it; another path may get it once the first one's removal is past its grace period.
using Slot = std::uint32_t;

enum class TableError : std::uint8_t {
    exists,   // insert: the Path ID is there already
    unknown,  // replace, remove: it is not there
    full,     // no room, counting what waits for its grace period
    not_own,  // a bound leg's local address is none of ours
};

class RelayTable {
  public:
    // Needs EAL. `paths` is what the table must hold beside what waits in the writer's queue.
    [[nodiscard]] static Result<std::unique_ptr<RelayTable>, std::string> create(
        std::uint32_t paths, const OwnAddresses& own, GracePeriod& grace_period
    );
    ~RelayTable();
    RelayTable(const RelayTable&) = delete;
    RelayTable& operator=(const RelayTable&) = delete;

    // What a table for so many paths has room for: them, and what waits in the writer's queue.
    [[nodiscard]] static std::uint32_t entries_for(std::uint32_t paths) noexcept;

    static constexpr std::size_t batch = 32;

    // A Path ID and the role of the packet's sender: which of the entry's two lines is wanted.
    struct Wanted {
        PathId id;
        Role role = Role::initiator;
    };

    struct Found {
        std::array<const RelayEntry*, batch> entries;  // nullptr: no such path
        std::array<Slot, batch> slots;                 // valid where there is an entry
    };

    // Entries stay valid until the worker reports or goes offline (GracePeriod::Worker).
    class Reader {
      public:
        // Looks up at most `batch` paths at once.
        void find(std::span<const Wanted> wanted, Found& found) const noexcept;

      private:
        friend class RelayTable;
        void find_in_hash(
            std::span<const Wanted> wanted, std::span<const std::uint8_t> missing, Found& found
        ) const noexcept;
        explicit Reader(const RelayTable& table) noexcept : table_{&table} {}
        const RelayTable* table_;
    };

    // The control thread's side. Every call but reclaim() shows its effect to readers at once.
    class Writer {
      public:
        [[nodiscard]] Result<Slot, TableError> insert(const RelayPath& path);
        [[nodiscard]] Result<Slot, TableError> replace(const RelayPath& path);
        [[nodiscard]] Result<Nothing, TableError> remove(PathId id);
        [[nodiscard]] std::optional<Slot> slot_of(PathId id) const;
        // Frees what no worker can see any more; cheap, to be called often. Never waits.
        void reclaim() noexcept;
        [[nodiscard]] std::uint32_t size() const noexcept;
        // Retired and not yet freed.
        [[nodiscard]] std::size_t waiting() const noexcept;

      private:
        friend class RelayTable;
        explicit Writer(RelayTable& table) noexcept : table_{&table} {}
        RelayTable* table_;
    };

    [[nodiscard]] Reader reader() const noexcept { return Reader{*this}; }
    // For one thread.
    [[nodiscard]] Writer writer() noexcept { return Writer{*this}; }
    [[nodiscard]] std::uint32_t slot_count() const noexcept;

  private:
    class State;
    explicit RelayTable(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace ntm::tables
