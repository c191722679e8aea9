// SPDX-License-Identifier: BSD-3-Clause
// Reads all tables of a store into records, checking every value: a store that can not be read
// whole is refused, with the table and the column that is wrong.
#pragma once

#include "dc/sqlite.hpp"
#include "dc/store.hpp"

namespace ntm::dc {

[[nodiscard]] Result<StoredState, StoreError> load_state(Database& database);

}  // namespace ntm::dc
