// SPDX-License-Identifier: BSD-3-Clause
// Texts from elsewhere (files, other programs), looked at as UTF-8 and made fit for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ntm {

// How many bytes the character at the head of `text` has (RFC 3629); 0 if there is none.
[[nodiscard]] std::size_t character_length(std::string_view text) noexcept;

// With `\xNN` for each byte of what would speak to a terminal instead of being shown: control
// characters (C0, DEL, C1), what ends a line, what turns the direction of writing, and what is no
// character.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace ntm
