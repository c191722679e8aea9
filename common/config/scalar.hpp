// SPDX-License-Identifier: BSD-3-Clause
// Texts of configuration values to values, and back for messages.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ntm::config {

// Decimal digits with an optional minus; no spaces, no other base.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
// "true" or "false", nothing else: YAML's yes, on and y have bitten too many.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);
// A whole number and a unit: us, ms, s, m, h or d.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
// The shortest exact text that parse_duration takes ("90s", "2h").
[[nodiscard]] std::string duration_text(Duration duration);

}  // namespace ntm::config
