// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/tables/relay_table.hpp"

#include "rs-dataplane/tables/chunk_pool.hpp"
#include "rs-dataplane/tables/large_array.hpp"
#include "rs-dataplane/tables/path_front.hpp"
#include "rs-dataplane/tables/tunnel_end.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <vector>

#include <rte_errno.h>
#include <rte_hash.h>

namespace ntm::tables {

namespace {

// Path IDs are random already; the multiplication is for those that a test counts up.
std::uint32_t hash_of_id(std::uint64_t id) noexcept {
    return static_cast<std::uint32_t>((id * 0x9e3779b97f4a7c15U) >> 32);
}

std::uint32_t hash_of_key(const void* key, std::uint32_t, std::uint32_t) {
    return hash_of_id(static_cast<const PathId*>(key)->value);
}

int compare_keys(const void* a, const void* b, std::size_t) {
    return static_cast<const PathId*>(a)->value == static_cast<const PathId*>(b)->value ? 0 : 1;
}

rte_hash* create_hash(std::uint32_t entries) {
    static std::atomic<unsigned> tables_made{0};
    const std::string name = "ntm_relay_table_" + std::to_string(tables_made++);
    rte_hash_parameters parameters{};
    parameters.name = name.c_str();
    parameters.entries = entries;
    parameters.key_len = sizeof(PathId);
    parameters.hash_func = hash_of_key;
    parameters.socket_id = -1;  // any
    parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF | RTE_HASH_EXTRA_FLAGS_EXT_TABLE;
    rte_hash* hash = rte_hash_create(&parameters);
    if (hash != nullptr) {
        rte_hash_set_cmp_func(hash, compare_keys);
    }
    return hash;
}

// How many replaced or removed entries may wait for workers beside the paths themselves.
std::uint32_t queue_room(std::uint32_t paths) noexcept {
    return std::max(1024U, paths / 16);
}

}  // namespace

class RelayTable::State {
  public:
    State(const OwnAddresses& own_addresses, GracePeriod& period)
        : own{own_addresses}, grace_period{&period} {}
    ~State() {
        for (std::size_t i = 0; i < pool.size(); ++i) {
            drop_owned(pool[i]);
        }
        rte_hash_free(hash);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    struct Retired {
        GracePeriod::Token token;
        RelayEntry* entry;
        std::optional<Slot> slot;  // of a removed path
    };

    [[nodiscard]] bool is_compilable(const RelayPath& path) const noexcept;
    [[nodiscard]] RelayEntry* make_entry(const RelayPath& path);
    void retire(RelayEntry* entry, std::optional<Slot> slot);
    void reclaim() noexcept;
    void drop_owned(RelayEntry& entry) noexcept;

    [[nodiscard]] PathFront::Place place_of(const RelayEntry* entry, Slot slot) const noexcept {
        return {static_cast<std::uint32_t>(entry - pool.data()), slot};
    }

    OwnAddresses own;
    GracePeriod* grace_period;
    rte_hash* hash = nullptr;                      // owned
    LargeArray<std::atomic<RelayEntry*>> entries;  // by slot
    LargeArray<RelayEntry> pool;                   // the first one is no path's
    ChunkPool<TunnelEnd> ends;
    PathFront front;
    std::vector<RelayEntry*> unused;
    std::deque<Retired> retired;
    std::uint32_t size = 0;
};

bool RelayTable::State::is_compilable(const RelayPath& path) const noexcept {
    return std::ranges::all_of(path.legs, [this](const RelayLeg& leg) {
        if (!leg.is_bound) {
            return true;
        }
        const bool has_own = own.find(leg.local.address) != OwnAddresses::none &&
                             leg.local.address.family() == leg.remote.address.family();
        return has_own &&
               (!leg.previous_remote || own.find(leg.previous_local.address) != OwnAddresses::none);
    });
}

RelayEntry* RelayTable::State::make_entry(const RelayPath& path) {
    if (unused.empty()) {
        reclaim();
    }
    if (unused.empty()) {
        return nullptr;
    }
    RelayEntry* entry = unused.back();
    unused.pop_back();
    *entry = compile_entry(path, own);
    for (const Role role : {Role::initiator, Role::responder}) {
        Passage& passage = entry->passages[static_cast<std::size_t>(role)];
        if (passage.kind != PassageKind::closed && path.leg(role).previous_remote) {
            passage.previous = new PreviousSource{compile_previous(path, role, own)};
        }
    }
    if (entry->passages[0].kind == PassageKind::ended) {
        const TunnelEnd* end = ends.make(make_tunnel_end(path));
        entry->passages[0].set_end(Role::initiator, end);
        entry->passages[1].set_end(Role::responder, end);
    }
    return entry;
}

void RelayTable::State::retire(RelayEntry* entry, std::optional<Slot> slot) {
    retired.push_back({grace_period->start(), entry, slot});
    reclaim();
}

void RelayTable::State::reclaim() noexcept {
    while (!retired.empty() && grace_period->has_ended(retired.front().token)) {
        const Retired& oldest = retired.front();
        drop_owned(*oldest.entry);
        unused.push_back(oldest.entry);
        if (oldest.slot) {
            rte_hash_free_key_with_position(hash, static_cast<std::int32_t>(*oldest.slot));
        }
        retired.pop_front();
    }
}

// What was allocated for the entry.
void RelayTable::State::drop_owned(RelayEntry& entry) noexcept {
    if (entry.passages[0].kind == PassageKind::ended) {
        ends.drop(entry.passages[0].end(Role::initiator));
        entry.passages[0].kind = PassageKind::closed;
    }
    for (Passage& passage : entry.passages) {
        delete passage.previous;
        passage.previous = nullptr;
    }
}

RelayTable::RelayTable(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
RelayTable::~RelayTable() = default;

std::uint32_t RelayTable::entries_for(std::uint32_t paths) noexcept {
    return paths + queue_room(paths);
}

Result<std::unique_ptr<RelayTable>, std::string> RelayTable::create(
    std::uint32_t paths, const OwnAddresses& own, GracePeriod& grace_period
) {
    auto state = std::make_unique<State>(own, grace_period);
    const std::uint32_t room = entries_for(paths);
    state->hash = create_hash(room);
    if (state->hash == nullptr) {
        return Unexpected{
            "no relay table for " + std::to_string(paths) + " paths: " + rte_strerror(rte_errno) +
            ": lower paths: capacity"};
    }
    const auto slots = static_cast<std::size_t>(rte_hash_max_key_id(state->hash)) + 1;
    state->entries = LargeArray<std::atomic<RelayEntry*>>::map(slots);
    state->pool = LargeArray<RelayEntry>::map(std::size_t{room} + 1);
    state->front = PathFront::map(paths);
    if (state->entries.is_empty() || state->pool.is_empty() || state->front.is_empty()) {
        return Unexpected{
            "no memory for " + std::to_string(paths) + " paths: lower paths: capacity"};
    }
    state->unused.reserve(room);
    for (std::size_t i = room; i > 0; --i) {
        state->unused.push_back(&state->pool[i]);
    }
    return std::unique_ptr<RelayTable>{new RelayTable{std::move(state)}};
}

std::uint32_t RelayTable::slot_count() const noexcept {
    return static_cast<std::uint32_t>(state_->entries.size());
}

void RelayTable::Reader::find(std::span<const Wanted> wanted, Found& found) const noexcept {
    const State& state = *table_->state_;
    const RelayEntry* const pool = state.pool.data();
    const std::size_t count = std::min(wanted.size(), batch);
    // Loads of one loop do not wait for one another: each loop costs one access to memory.
    std::array<std::uint32_t, batch> indexes;
    for (std::size_t i = 0; i < count; ++i) {
        const PathFront::Place place = state.front.look(wanted[i].id);
        indexes[i] = place.index;
        found.slots[i] = place.slot;
    }
    std::array<std::uint8_t, batch> missing;
    std::size_t missing_count = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const RelayEntry* entry = pool + indexes[i];
        const Passage& passage = entry->passages[static_cast<std::size_t>(wanted[i].role)];
        found.entries[i] = entry;
        missing[missing_count] = static_cast<std::uint8_t>(i);
        missing_count += passage.path_id != wanted[i].id || indexes[i] == 0 ? 1 : 0;
    }
    if (missing_count != 0) {
        find_in_hash(wanted, {missing.data(), missing_count}, found);
    }
}

void RelayTable::Reader::find_in_hash(
    std::span<const Wanted> wanted, std::span<const std::uint8_t> missing, Found& found
) const noexcept {
    const State& state = *table_->state_;
    std::array<const void*, batch> keys;
    std::array<hash_sig_t, batch> hashes;
    std::array<std::int32_t, batch> positions;
    for (std::size_t i = 0; i < missing.size(); ++i) {
        const PathId& id = wanted[missing[i]].id;
        keys[i] = &id;
        hashes[i] = hash_of_id(id.value);
    }
    rte_hash_lookup_with_hash_bulk(
        state.hash,
        keys.data(),
        hashes.data(),
        static_cast<std::uint32_t>(missing.size()),
        positions.data()
    );
    for (std::size_t i = 0; i < missing.size(); ++i) {
        // A miss is negative: slot 0 is read in vain then, which is cheaper than a branch.
        const auto slot = static_cast<Slot>(std::max(positions[i], 0));
        const RelayEntry* entry = state.entries[slot].load(std::memory_order_acquire);
        found.slots[missing[i]] = slot;
        found.entries[missing[i]] = positions[i] < 0 ? nullptr : entry;
    }
}

Result<Slot, TableError> RelayTable::Writer::insert(const RelayPath& path) {
    State& state = *table_->state_;
    if (!state.is_compilable(path)) {
        return Unexpected{TableError::not_own};
    }
    if (slot_of(path.id)) {
        return Unexpected{TableError::exists};
    }
    RelayEntry* entry = state.make_entry(path);
    if (entry == nullptr) {
        return Unexpected{TableError::full};
    }
    const std::int32_t position = rte_hash_add_key(state.hash, &path.id);
    if (position < 0) {
        state.drop_owned(*entry);
        state.unused.push_back(entry);
        return Unexpected{TableError::full};
    }
    const auto slot = static_cast<Slot>(position);
    state.entries[slot].store(entry, std::memory_order_release);
    state.front.add(path.id, state.place_of(entry, slot));
    ++state.size;
    return slot;
}

Result<Slot, TableError> RelayTable::Writer::replace(const RelayPath& path) {
    State& state = *table_->state_;
    if (!state.is_compilable(path)) {
        return Unexpected{TableError::not_own};
    }
    const auto slot = slot_of(path.id);
    if (!slot) {
        return Unexpected{TableError::unknown};
    }
    RelayEntry* entry = state.make_entry(path);
    if (entry == nullptr) {
        return Unexpected{TableError::full};
    }
    RelayEntry* old = state.entries[*slot].exchange(entry, std::memory_order_acq_rel);
    state.front.change(path.id, state.place_of(old, *slot), state.place_of(entry, *slot));
    state.retire(old, std::nullopt);
    return *slot;
}

Result<Nothing, TableError> RelayTable::Writer::remove(PathId id) {
    State& state = *table_->state_;
    const std::int32_t position = rte_hash_del_key(state.hash, &id);
    if (position < 0) {
        return Unexpected{TableError::unknown};
    }
    const auto slot = static_cast<Slot>(position);
    RelayEntry* old = state.entries[slot].exchange(nullptr, std::memory_order_acq_rel);
    state.front.change(id, state.place_of(old, slot), {});
    state.retire(old, slot);
    --state.size;
    return Nothing{};
}

std::optional<Slot> RelayTable::Writer::slot_of(PathId id) const {
    const std::int32_t position = rte_hash_lookup(table_->state_->hash, &id);
    if (position < 0) {
        return std::nullopt;
    }
    return static_cast<Slot>(position);
}

void RelayTable::Writer::reclaim() noexcept {
    table_->state_->reclaim();
}

std::uint32_t RelayTable::Writer::size() const noexcept {
    return table_->state_->size;
}

std::size_t RelayTable::Writer::waiting() const noexcept {
    return table_->state_->retired.size();
}

}  // namespace ntm::tables
