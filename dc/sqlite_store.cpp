// SPDX-License-Identifier: BSD-3-Clause
#include "dc/sqlite_store.hpp"

#include "dc/record_text.hpp"
#include "dc/sqlite.hpp"
#include "dc/sqlite_load.hpp"
#include "dc/sqlite_schema.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace ntm::dc {

struct SqliteStore::State {
    explicit State(Database opened) : database{std::move(opened)} {}

    // Statements can be prepared only once the tables exist, hence lazily, hence one by one.
    Database database;
    bool is_open = false;  // a transaction
    std::unique_ptr<Statement> put_node, remove_node, put_relay, remove_relay, put_path;
    std::unique_ptr<Statement> remove_path, put_release, remove_release, put_counter;

    void prepare();
    void begin() {
        if (!is_open) {
            database.run("BEGIN IMMEDIATE");
            is_open = true;
        }
    }
    Result<Nothing, StoreError> commit() {
        if (is_open) {
            database.run("COMMIT");
            is_open = false;
        }
        if (database.failure()) {
            return Unexpected{StoreError{*database.failure()}};
        }
        return Nothing{};
    }
};

void SqliteStore::State::prepare() {
    const auto make = [this](const char* sql) {
        return std::make_unique<Statement>(database, sql);
    };
    put_node = make(
        "INSERT INTO nodes (key, fqdn, vipv4, vipv6, boot_id, registration_id, outside, addresses,"
        " port, suites) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
        " boot_id = excluded.boot_id, registration_id = excluded.registration_id,"
        " outside = excluded.outside, addresses = excluded.addresses, port = excluded.port,"
        " suites = excluded.suites"
    );
    remove_node = make("DELETE FROM nodes WHERE key = ?");
    put_relay = make(
        "INSERT INTO relays (key, name, boot_id, addresses, capacity_paths) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET boot_id = excluded.boot_id,"
        " addresses = excluded.addresses, capacity_paths = excluded.capacity_paths"
    );
    remove_relay = make("DELETE FROM relays WHERE key = ?");
    put_path = make(
        "REPLACE INTO paths (id, revision, kind, reason, relay, relay_revision, path_secret, suite,"
        " is_directed, is_direct_allowed, created_unix_seconds,"
        " initiator, initiator_boot_id, initiator_leg_secret, initiator_candidates,"
        " responder, responder_boot_id, responder_leg_secret, responder_candidates)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    remove_path = make("DELETE FROM paths WHERE id = ?");
    put_release =
        make("REPLACE INTO releases (peer, path_id, revision, reason) VALUES (?, ?, ?, ?)");
    remove_release = make("DELETE FROM releases WHERE peer = ? AND path_id = ?");
    put_counter = make("REPLACE INTO counters (name, value) VALUES (?, ?)");
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
    auto state = std::make_unique<State>(std::move(*database));
    if (auto error = prepare_schema(state->database)) {
        return Unexpected{*error};
    }
    state->prepare();
    if (state->database.failure()) {
        return Unexpected{StoreError{*state->database.failure()}};
    }
    return std::unique_ptr<SqliteStore>{new SqliteStore{std::move(state)}};
}

SqliteStore::SqliteStore(std::unique_ptr<State> state) : state_{std::move(state)} {}
SqliteStore::~SqliteStore() = default;

Result<std::uint64_t, StoreError> SqliteStore::advance_term() {
    const auto stored =
        state_->database.number("SELECT value FROM counters WHERE name = 'term'").value_or(0);
    const auto term = static_cast<std::uint64_t>(stored) + 1;
    state_->begin();
    state_->put_counter->bind(std::string_view{"term"}).bind(term).run();
    if (const auto done = state_->commit(); !done) {
        return Unexpected{done.error()};
    }
    return term;
}

Result<StoredState, StoreError> SqliteStore::load() {
    return load_state(state_->database);
}

void SqliteStore::put_node(const NodeRecord& node) {
    state_->begin();
    state_->put_node->bind(ByteView{node.key.bytes})
        .bind(std::string_view{node.fqdn})
        .bind(std::string_view{IpAddress{node.vipv4}.text()})
        .bind(std::string_view{IpAddress{node.vipv6}.text()})
        .bind(node.boot_id.value)
        .bind(node.registration_id)
        .bind(std::string_view{node.outside ? node.outside->text() : std::string{}})
        .bind(std::string_view{write_addresses(node.addresses)})
        .bind(std::uint64_t{node.port.number})
        .bind(std::string_view{write_suites(node.suites)})
        .run();
}

void SqliteStore::remove_node(const PeerKey& key) {
    state_->begin();
    state_->remove_node->bind(ByteView{key.bytes}).run();
}

void SqliteStore::put_relay(const RelayRecord& relay) {
    state_->begin();
    state_->put_relay->bind(ByteView{relay.key.bytes})
        .bind(std::string_view{relay.name})
        .bind(relay.boot_id.value)
        .bind(std::string_view{write_endpoints(relay.addresses)})
        .bind(relay.capacity_paths)
        .run();
}

void SqliteStore::remove_relay(const PeerKey& key) {
    state_->begin();
    state_->remove_relay->bind(ByteView{key.bytes}).run();
}

void SqliteStore::put_path(const PathRecord& path) {
    state_->begin();
    Statement& put = *state_->put_path;
    put.bind(path.id.value)
        .bind(std::uint64_t{path.revision})
        .bind(static_cast<std::uint64_t>(path.kind))
        .bind(static_cast<std::uint64_t>(path.reason));
    path.relay ? put.bind(ByteView{path.relay->bytes}) : put.bind_nothing();
    put.bind(std::uint64_t{path.relay_revision})
        .bind(ByteView{path.path_secret.view()})
        .bind(static_cast<std::uint64_t>(path.suite))
        .bind(std::uint64_t{path.is_directed})
        .bind(std::uint64_t{path.is_direct_allowed})
        .bind(path.created_unix_seconds);
    for (const PathEnd& end : path.ends) {
        put.bind(ByteView{end.node.bytes})
            .bind(end.boot_id.value)
            .bind(ByteView{end.leg_secret.view()})
            .bind(std::string_view{write_candidates(end.candidates)});
    }
    put.run();
}

void SqliteStore::remove_path(PathId id) {
    state_->begin();
    state_->remove_path->bind(id.value).run();
}

void SqliteStore::put_release(const ReleaseRecord& release) {
    state_->begin();
    state_->put_release->bind(ByteView{release.peer.bytes})
        .bind(release.path_id.value)
        .bind(std::uint64_t{release.revision})
        .bind(static_cast<std::uint64_t>(release.reason))
        .run();
}

void SqliteStore::remove_release(const PeerKey& peer, PathId id) {
    state_->begin();
    state_->remove_release->bind(ByteView{peer.bytes}).bind(id.value).run();
}

void SqliteStore::put_next_address_number(std::uint64_t number) {
    state_->begin();
    state_->put_counter->bind(std::string_view{"next_address_number"}).bind(number).run();
}

Result<Nothing, StoreError> SqliteStore::commit() {
    return state_->commit();
}

}  // namespace ntm::dc
