// SPDX-License-Identifier: BSD-3-Clause
// The tables of sqlite_store, and the check of a file before it is used.
#pragma once

#include "dc/sqlite.hpp"
#include "dc/store.hpp"

#include <cstdint>
#include <string>

namespace ntm::dc {

enum class SchemaVersion : std::uint8_t { without_digests, current };

// Locks the database for this process, refuses what is not a sound store of this or an older
// version, and creates the tables of a new one.
[[nodiscard]] Result<SchemaVersion, StoreError> prepare_schema(Database& database);

// Makes the tables of an older version those of this one, in the transaction that is open; the
// digests are still to be written.
void add_digest_columns(Database& database);

// What to say of a damaged store; `where` is known of the damage.
[[nodiscard]] StoreError damaged(const Database& database, const std::string& where);

}  // namespace ntm::dc
