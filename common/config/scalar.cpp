// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/scalar.hpp"

#include <array>
#include <charconv>
#include <chrono>

namespace ntm::config {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
};

constexpr std::array units{
    Unit{"d", 86'400'000'000'000},
    Unit{"h", 3'600'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"ms", 1'000'000},
    Unit{"us", 1'000},
};

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stopped != end) {
        return std::nullopt;
    }
    return value;
}

std::optional<bool> parse_bool(std::string_view text) {
    if (text == "true") {
        return true;
    }
    if (text == "false") {
        return false;
    }
    return std::nullopt;
}

std::optional<Duration> parse_duration(std::string_view text) {
    const auto unit_at = text.find_first_not_of("0123456789");
    if (unit_at == 0 || unit_at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto count = parse_integer(text.substr(0, unit_at));
    for (const Unit& unit : units) {
        std::int64_t product = 0;
        if (unit.name == text.substr(unit_at) && count &&
            !__builtin_mul_overflow(*count, unit.nanoseconds, &product)) {
            return Duration{product};
        }
    }
    return std::nullopt;
}

std::string duration_text(Duration duration) {
    const std::int64_t total = duration.count();
    if (total == 0) {
        return "0s";
    }
    for (const Unit& unit : units) {
        if (total % unit.nanoseconds == 0) {
            return std::to_string(total / unit.nanoseconds) + std::string{unit.name};
        }
    }
    return std::to_string(total) + "ns";
}

}  // namespace ntm::config
