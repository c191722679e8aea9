// SPDX-License-Identifier: BSD-3-Clause
#include "dc/sqlite_schema.hpp"

namespace ntm::dc {

namespace {

constexpr std::int64_t application_id = 0x4e544d31;  // "NTM1"
constexpr std::int64_t schema_version = 3;
constexpr std::int64_t version_without_general_nodes = 2;
constexpr std::int64_t version_without_digests = 1;

// Ids and revisions are the bits of unsigned numbers. Lists are text of dc/record_text.hpp. The
// last column of each is the digest of the others (dc/stored_row.hpp).
constexpr const char* tables = R"sql(
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL,
    digest BLOB
) WITHOUT ROWID;
CREATE TABLE nodes (
    key BLOB PRIMARY KEY CHECK (length(key) = 32),
    fqdn TEXT NOT NULL UNIQUE,
    vipv4 TEXT NOT NULL UNIQUE,
    vipv6 TEXT NOT NULL UNIQUE,
    boot_id INTEGER NOT NULL,
    registration_id INTEGER NOT NULL,
    outside TEXT NOT NULL,
    addresses TEXT NOT NULL,
    port INTEGER NOT NULL,
    suites TEXT NOT NULL,
    digest BLOB
) WITHOUT ROWID;
CREATE TABLE relays (
    key BLOB PRIMARY KEY CHECK (length(key) = 32),
    name TEXT NOT NULL UNIQUE,
    boot_id INTEGER NOT NULL,
    addresses TEXT NOT NULL,
    capacity_paths INTEGER NOT NULL,
    digest BLOB
) WITHOUT ROWID;
CREATE TABLE paths (
    id INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    relay BLOB,
    relay_revision INTEGER NOT NULL,
    path_secret BLOB NOT NULL CHECK (length(path_secret) = 32),
    suite INTEGER NOT NULL,
    is_directed INTEGER NOT NULL,
    is_direct_allowed INTEGER NOT NULL,
    created_unix_seconds INTEGER NOT NULL,
    initiator BLOB NOT NULL,
    initiator_boot_id INTEGER NOT NULL,
    initiator_leg_secret BLOB NOT NULL CHECK (length(initiator_leg_secret) = 32),
    initiator_candidates TEXT NOT NULL,
    responder BLOB NOT NULL,
    responder_boot_id INTEGER NOT NULL,
    responder_leg_secret BLOB NOT NULL CHECK (length(responder_leg_secret) = 32),
    responder_candidates TEXT NOT NULL,
    digest BLOB
);
CREATE TABLE releases (
    peer BLOB NOT NULL CHECK (length(peer) = 32),
    path_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    digest BLOB,
    PRIMARY KEY (peer, path_id)
) WITHOUT ROWID;
)sql";

constexpr const char* general_nodes_table = R"sql(
CREATE TABLE general_nodes (
    asker BLOB NOT NULL CHECK (length(asker) = 32),
    vipv4 TEXT NOT NULL,
    vipv6 TEXT NOT NULL,
    fqdn TEXT NOT NULL,
    real_ipv4 TEXT NOT NULL,
    real_ipv6 TEXT NOT NULL,
    path INTEGER NOT NULL,
    digest BLOB,
    PRIMARY KEY (asker, vipv4)
) WITHOUT ROWID;
)sql";

std::optional<StoreError> failure_of(const Database& database) {
    if (!database.failure()) {
        return std::nullopt;
    }
    return StoreError{*database.failure()};
}

// Taking the write lock in exclusive mode keeps every other process out until this one ends.
void lock(Database& database) {
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = FULL");
    database.run("PRAGMA secure_delete = ON");
    database.run("BEGIN IMMEDIATE");
    database.run("COMMIT");
}

void create_tables(Database& database) {
    database.run("BEGIN IMMEDIATE");
    database.run(tables);
    database.run(general_nodes_table);
    database.run("PRAGMA application_id = 1314147633");
    database.run("PRAGMA user_version = 3");
    database.run("COMMIT");
}
static_assert(application_id == 1314147633 && schema_version == 3);

bool is_known_version(std::int64_t version) {
    return version >= version_without_digests && version <= schema_version;
}

// The version of a store without digests stays: they are still to be written.
void add_general_nodes(Database& database, std::int64_t version) {
    database.run("BEGIN IMMEDIATE");
    database.run(general_nodes_table);
    if (version == version_without_general_nodes) {
        database.run("PRAGMA user_version = 3");
    }
    database.run("COMMIT");
}

}  // namespace

Result<SchemaVersion, StoreError> prepare_schema(Database& database) {
    lock(database);
    const auto owner = database.number("PRAGMA application_id");
    const auto version = database.number("PRAGMA user_version");
    const auto objects = database.number("SELECT count(*) FROM sqlite_schema");
    if (database.failure()) {
        return Unexpected{*failure_of(database)};
    }
    if (owner == 0 && objects == 0) {
        create_tables(database);
    } else if (owner != application_id) {
        return Unexpected{StoreError{database.file() + ": this is a database of another program"}};
    } else if (!is_known_version(version.value_or(0))) {
        return Unexpected{StoreError{
            database.file() + ": the store has version " + std::to_string(version.value_or(0)) +
            " and this ntm-dc knows version " + std::to_string(schema_version)}};
    }
    // The whole check: the quick one does not see what an index has lost.
    const std::string verdict = database.text("PRAGMA integrity_check(1)");
    if (!database.failure() && verdict != "ok") {
        return Unexpected{damaged(database, verdict)};
    }
    const bool has_general_nodes =
        database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'general_nodes'") != 0;
    if (!has_general_nodes && version < schema_version) {
        add_general_nodes(database, version.value_or(0));
    }
    if (const auto failure = failure_of(database)) {
        return Unexpected{*failure};
    }
    const bool is_old = objects != 0 && version == version_without_digests;
    return is_old ? SchemaVersion::without_digests : SchemaVersion::current;
}

void add_digest_columns(Database& database) {
    for (const char* sql :
         {"ALTER TABLE counters ADD COLUMN digest BLOB",
          "ALTER TABLE nodes ADD COLUMN digest BLOB",
          "ALTER TABLE relays ADD COLUMN digest BLOB",
          "ALTER TABLE paths ADD COLUMN digest BLOB",
          "ALTER TABLE releases ADD COLUMN digest BLOB",
          "PRAGMA user_version = 3"}) {
        database.run(sql);
    }
}

StoreError damaged(const Database& database, const std::string& where) {
    return StoreError{
        database.file() + ": the store is damaged (" + where +
        "); restore it from a backup, or move it and its .mark away to begin with an empty one"};
}

}  // namespace ntm::dc
