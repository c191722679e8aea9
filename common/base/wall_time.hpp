// SPDX-License-Identifier: BSD-3-Clause
// The time of day, for what people and other machines read. It jumps when the clock is set: no timer
// goes by it.
#pragma once

#include <chrono>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace ntm {

struct WallTime {
    std::chrono::microseconds since_epoch{0};  // 1970-01-01T00:00:00Z

    // RFC 3339, of years 1 to 9999: "2026-11-30T10:00:00Z", with a fraction and an offset if you like.
    // Nothing for anything else.
    [[nodiscard]] static std::optional<WallTime> parse(std::string_view text);
    // "2026-11-30T10:00:00.000000Z": of equal length, and in order as texts.
    [[nodiscard]] std::string text() const;

    friend auto operator<=>(const WallTime&, const WallTime&) = default;
};

}  // namespace ntm
