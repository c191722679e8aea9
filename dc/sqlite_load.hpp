// SPDX-License-Identifier: BSD-3-Clause
// Reads all tables of a store into records, checking every value, and every row against its digest:
// a store that can not be read whole is refused, with the table and the row or column that is wrong.
#pragma once

#include "dc/sqlite.hpp"
#include "dc/store.hpp"

namespace ntm::dc {

struct LoadedState {
    StoredState state;
    std::uint64_t term = 0;
    std::uint64_t changes = 0;  // commits in the life of the store
};
enum class Digests : std::uint8_t { checked, absent };

[[nodiscard]] Result<LoadedState, StoreError> load_state(Database& database, Digests digests);

}  // namespace ntm::dc
