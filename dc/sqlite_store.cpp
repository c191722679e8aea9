// SPDX-License-Identifier: BSD-3-Clause
#include "dc/sqlite_store.hpp"

#include "dc/record_text.hpp"
#include "dc/space_reserve.hpp"
#include "dc/sqlite.hpp"
#include "dc/sqlite_load.hpp"
#include "dc/sqlite_schema.hpp"
#include "dc/store_mark.hpp"
#include "dc/stored_row.hpp"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace ntm::dc {

struct SqliteStore::State {
    State(Database opened, std::string reserve_file)
        : database{std::move(opened)}, reserve{std::move(reserve_file)} {}

    struct Change {
        Statement* statement;
        StoredRow row;
    };
    // Statements can be prepared only once the tables exist, hence lazily, hence one by one.
    Database database;
    StoreMark mark;
    SpaceReserve reserve;
    bool is_failing = false;
    std::uint64_t failed_commits = 0;
    std::uint64_t changes_stored = 0;
    std::uint64_t term = 0;
    std::vector<Change> changes;        // since the last commit
    std::optional<StoredState> loaded;  // by open(), until it is asked for or is old
    std::unique_ptr<Statement> put_node, remove_node, put_relay, remove_relay, put_path;
    std::unique_ptr<Statement> remove_path, put_release, remove_release, put_counter;
    std::unique_ptr<Statement> put_general_node, remove_general_node;

    void prepare();
    // `row` stays valid until the next call.
    StoredRow& change(Statement& statement) {
        loaded.reset();
        return changes.emplace_back(Change{&statement, {}}).row;
    }
    void count(std::string_view counter, std::uint64_t value) {
        change(*put_counter).add(counter).add(value).add_digest("counters");
    }
    void write_changes();
    void attempt();
    [[nodiscard]] std::optional<StoreError> adopt(const std::string& mark_file);
    [[nodiscard]] Result<Nothing, StoreError> commit();
};

void SqliteStore::State::write_changes() {
    for (const Change& change : changes) {
        change.row.bind_to(*change.statement);
        change.statement->run();
    }
}

void SqliteStore::State::attempt() {
    StoredRow count;
    count.add(std::string_view{"changes"}).add(changes_stored + 1).add_digest("counters");
    database.run("BEGIN IMMEDIATE");
    write_changes();
    count.bind_to(*put_counter);
    put_counter->run();
    database.run("COMMIT");
}

Result<Nothing, StoreError> SqliteStore::State::commit() {
    if (changes.empty()) {
        return Nothing{};
    }
    attempt();
    if (database.failure() && database.is_disk_full() && reserve.give_back()) {
        database.forget_failure();
        attempt();
    }
    is_failing = database.failure().has_value();
    if (is_failing) {
        ++failed_commits;
        const StoreError error{*database.failure(), database.may_failure_pass()};
        if (error.may_pass) {
            database.forget_failure();
        }
        return Unexpected{error};
    }
    changes.clear();
    mark.set(++changes_stored);
    return Nothing{};
}

// Checks what the store and its mark say of each other, and lets the mark follow the store.
std::optional<StoreError> SqliteStore::State::adopt(const std::string& mark_file) {
    auto opened = StoreMark::open(mark_file);
    if (!opened) {
        return StoreError{opened.error()};
    }
    const std::uint64_t promised = opened->found().value_or(0);
    if (changes_stored < promised) {
        return StoreError{
            database.file() + ": the store is damaged or an old copy: it has " +
            std::to_string(changes_stored) + " of the " + std::to_string(promised) +
            " changes that were acknowledged; put the newest there is in its place, or, to go on "
            "without what is lost, remove " +
            mark_file};
    }
    opened->set(changes_stored);
    std::destroy_at(&mark);
    std::construct_at(&mark, std::move(*opened));
    return std::nullopt;
}

void SqliteStore::State::prepare() {
    const auto make = [this](const char* sql) {
        return std::make_unique<Statement>(database, sql);
    };
    put_node = make(
        "INSERT INTO nodes (key, fqdn, vipv4, vipv6, boot_id, registration_id, outside, addresses,"
        " port, suites, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET"
        " boot_id = excluded.boot_id, registration_id = excluded.registration_id,"
        " outside = excluded.outside, addresses = excluded.addresses, port = excluded.port,"
        " suites = excluded.suites, digest = excluded.digest"
    );
    remove_node = make("DELETE FROM nodes WHERE key = ?");
    put_relay = make(
        "INSERT INTO relays (key, name, boot_id, addresses, capacity_paths, digest)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET boot_id = excluded.boot_id,"
        " addresses = excluded.addresses, capacity_paths = excluded.capacity_paths,"
        " digest = excluded.digest"
    );
    remove_relay = make("DELETE FROM relays WHERE key = ?");
    put_path = make(
        "REPLACE INTO paths (id, revision, kind, reason, relay, relay_revision, path_secret, suite,"
        " is_directed, is_direct_allowed, created_unix_seconds,"
        " initiator, initiator_boot_id, initiator_leg_secret, initiator_candidates,"
        " responder, responder_boot_id, responder_leg_secret, responder_candidates, digest)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    remove_path = make("DELETE FROM paths WHERE id = ?");
    put_release = make(
        "REPLACE INTO releases (peer, path_id, revision, reason, digest) VALUES (?, ?, ?, ?, ?)"
    );
    remove_release = make("DELETE FROM releases WHERE peer = ? AND path_id = ?");
    put_general_node = make(
        "REPLACE INTO general_nodes (asker, vipv4, vipv6, fqdn, real_ipv4, real_ipv6, path, digest)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    );
    remove_general_node = make("DELETE FROM general_nodes WHERE asker = ? AND vipv4 = ?");
    put_counter = make("REPLACE INTO counters (name, value, digest) VALUES (?, ?, ?)");
}

Result<std::unique_ptr<SqliteStore>, StoreError> SqliteStore::open(const std::string& file) {
    // Made before SQLite does it, so that the mode is right from the first byte on; the files
    // beside it take the mode of this one.
    if (file != ":memory:") {
        const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (descriptor >= 0) {
            ::close(descriptor);
        }
    }
    auto database = Database::open(file);
    if (!database) {
        return Unexpected{StoreError{database.error()}};
    }
    const auto version = prepare_schema(*database);
    if (!version) {
        return Unexpected{version.error()};
    }
    const std::string reserve = file == ":memory:" ? "" : file + ".reserve";
    std::unique_ptr<SqliteStore> store{
        new SqliteStore{std::make_unique<State>(std::move(*database), reserve)}};
    if (const auto error = store->adopt(*version == SchemaVersion::without_digests)) {
        return Unexpected{*error};
    }
    return store;
}

std::optional<StoreError> SqliteStore::adopt(bool is_without_digests) {
    State& state = *state_;
    const Digests digests = is_without_digests ? Digests::absent : Digests::checked;
    auto loaded = load_state(state.database, digests);
    if (!loaded) {
        return loaded.error();
    }
    state.term = loaded->term;
    state.changes_stored = loaded->changes;
    if (is_without_digests) {
        state.database.run("BEGIN IMMEDIATE");
        add_digest_columns(state.database);
        state.prepare();
        put_all(*loaded);
        state.write_changes();
        state.changes.clear();
        state.database.run("COMMIT");
    } else {
        state.prepare();
    }
    if (state.database.failure()) {
        return StoreError{*state.database.failure()};
    }
    state.loaded = std::move(loaded->state);
    static_cast<void>(state.reserve.take());
    const std::string& file = state.database.file();
    return file == ":memory:" ? std::nullopt : state.adopt(file + ".mark");
}

void SqliteStore::put_all(const LoadedState& loaded) {
    for (const NodeRecord& node : loaded.state.nodes) {
        put_node(node);
    }
    for (const RelayRecord& relay : loaded.state.relays) {
        put_relay(relay);
    }
    for (const PathRecord& path : loaded.state.paths) {
        put_path(path);
    }
    for (const ReleaseRecord& release : loaded.state.releases) {
        put_release(release);
    }
    put_next_address_number(loaded.state.next_address_number);
    state_->count("term", loaded.term);
}

SqliteStore::SqliteStore(std::unique_ptr<State> state) : state_{std::move(state)} {}
SqliteStore::~SqliteStore() = default;

Result<std::uint64_t, StoreError> SqliteStore::advance_term() {
    state_->count("term", state_->term + 1);
    if (const auto done = state_->commit(); !done) {
        return Unexpected{done.error()};
    }
    return ++state_->term;
}

Result<StoredState, StoreError> SqliteStore::load() {
    if (state_->loaded) {
        return *std::exchange(state_->loaded, std::nullopt);
    }
    auto loaded = load_state(state_->database, Digests::checked);
    if (!loaded) {
        return Unexpected{loaded.error()};
    }
    return std::move(loaded->state);
}

void SqliteStore::put_node(const NodeRecord& node) {
    state_->change(*state_->put_node)
        .add(ByteView{node.key.bytes})
        .add(std::string_view{node.fqdn})
        .add(std::string_view{IpAddress{node.vipv4}.text()})
        .add(std::string_view{IpAddress{node.vipv6}.text()})
        .add(node.boot_id.value)
        .add(node.registration_id)
        .add(std::string_view{node.outside ? node.outside->text() : std::string{}})
        .add(std::string_view{write_addresses(node.addresses)})
        .add(std::uint64_t{node.port.number})
        .add(std::string_view{write_suites(node.suites)})
        .add_digest("nodes");
}

void SqliteStore::remove_node(const PeerKey& key) {
    state_->change(*state_->remove_node).add(ByteView{key.bytes});
}

void SqliteStore::put_relay(const RelayRecord& relay) {
    state_->change(*state_->put_relay)
        .add(ByteView{relay.key.bytes})
        .add(std::string_view{relay.name})
        .add(relay.boot_id.value)
        .add(std::string_view{write_endpoints(relay.addresses)})
        .add(relay.capacity_paths)
        .add_digest("relays");
}

void SqliteStore::remove_relay(const PeerKey& key) {
    state_->change(*state_->remove_relay).add(ByteView{key.bytes});
}

void SqliteStore::put_path(const PathRecord& path) {
    StoredRow& row = state_->change(*state_->put_path);
    row.add(path.id.value)
        .add(std::uint64_t{path.revision})
        .add(static_cast<std::uint64_t>(path.kind))
        .add(static_cast<std::uint64_t>(path.reason));
    path.relay ? row.add(ByteView{path.relay->bytes}) : row.add_nothing();
    row.add(std::uint64_t{path.relay_revision})
        .add(ByteView{path.path_secret.view()})
        .add(static_cast<std::uint64_t>(path.suite))
        .add(std::uint64_t{path.is_directed})
        .add(std::uint64_t{path.is_direct_allowed})
        .add(path.created_unix_seconds);
    for (const PathEnd& end : path.ends) {
        row.add(ByteView{end.node.bytes})
            .add(end.boot_id.value)
            .add(ByteView{end.leg_secret.view()})
            .add(std::string_view{write_candidates(end.candidates)});
    }
    row.add_digest("paths");
}

void SqliteStore::remove_path(PathId id) {
    state_->change(*state_->remove_path).add(id.value);
}

void SqliteStore::put_release(const ReleaseRecord& release) {
    state_->change(*state_->put_release)
        .add(ByteView{release.peer.bytes})
        .add(release.path_id.value)
        .add(std::uint64_t{release.revision})
        .add(static_cast<std::uint64_t>(release.reason))
        .add_digest("releases");
}

void SqliteStore::remove_release(const PeerKey& peer, PathId id) {
    state_->change(*state_->remove_release).add(ByteView{peer.bytes}).add(id.value);
}

void SqliteStore::put_general_node(const GeneralNodeRecord& node) {
    const auto text_or_empty = [](const auto& address) {
        return address ? IpAddress{*address}.text() : std::string{};
    };
    state_->change(*state_->put_general_node)
        .add(ByteView{node.asker.bytes})
        .add(std::string_view{IpAddress{node.vipv4}.text()})
        .add(std::string_view{IpAddress{node.vipv6}.text()})
        .add(std::string_view{node.fqdn})
        .add(std::string_view{text_or_empty(node.real_ipv4)})
        .add(std::string_view{text_or_empty(node.real_ipv6)})
        .add(node.path.value)
        .add_digest("general_nodes");
}

void SqliteStore::remove_general_node(const PeerKey& asker, const Ipv4Address& vipv4) {
    state_->change(*state_->remove_general_node)
        .add(ByteView{asker.bytes})
        .add(std::string_view{IpAddress{vipv4}.text()});
}

void SqliteStore::put_next_address_number(std::uint64_t number) {
    state_->count("next_address_number", number);
}

Result<Nothing, StoreError> SqliteStore::commit() {
    return state_->commit();
}

StoreHealth SqliteStore::health() const noexcept {
    if (state_->is_failing) {
        return StoreHealth::failing;
    }
    return state_->reserve.is_held() ? StoreHealth::sound : StoreHealth::short_of_space;
}

std::uint64_t SqliteStore::failed_commits() const noexcept {
    return state_->failed_commits;
}

void SqliteStore::look_for_space() {
    static_cast<void>(state_->reserve.take());
}

const char* text_of(StoreHealth health) noexcept {
    switch (health) {
        case StoreHealth::sound:
            return "sound";
        case StoreHealth::short_of_space:
            return "short_of_space";
        case StoreHealth::failing:
            break;
    }
    return "failing";
}

}  // namespace ntm::dc
