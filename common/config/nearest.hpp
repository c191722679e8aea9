// SPDX-License-Identifier: BSD-3-Clause
// The valid word that somebody probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ntm::config {

// How many letters to insert, remove, change or swap with their neighbour (Damerau's distance with
// each place touched once).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The word nearest to `typed`, or one that shares a part with it ("port" for "listen_port"); empty
// if none is near enough to be what was meant.
[[nodiscard]] std::string nearest(std::string_view typed, const std::vector<std::string>& words);

// "a, b, c".
[[nodiscard]] std::string listed(const std::vector<std::string>& words);

}  // namespace ntm::config
