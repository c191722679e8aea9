// SPDX-License-Identifier: BSD-3-Clause
// The tables of sqlite_store, and the check of a file before it is used.
#pragma once

#include "dc/sqlite.hpp"
#include "dc/store.hpp"

#include <optional>

namespace ntm::dc {

// Locks the database for this process, refuses what is not a sound store of this or an older
// version, and creates the tables of a new one.
[[nodiscard]] std::optional<StoreError> prepare_schema(Database& database);

}  // namespace ntm::dc
