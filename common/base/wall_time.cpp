// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/wall_time.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>

namespace ntm {

namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::size_t fraction_digits = 6;

// Takes a text apart from its head on.
class Scanner {
  public:
    explicit Scanner(std::string_view text) noexcept : left_{text} {}

    [[nodiscard]] bool is_good() const noexcept { return is_good_; }
    [[nodiscard]] bool has_more() const noexcept { return !left_.empty(); }

    // Exactly so many digits.
    int number(std::size_t digits) noexcept {
        int value = 0;
        const std::string_view taken = left_.substr(0, digits);
        const auto [end, error] = std::from_chars(taken.data(), taken.data() + taken.size(), value);
        is_good_ = is_good_ && taken.size() == digits && taken.front() >= '0' &&
                   error == std::errc{} && end == taken.data() + taken.size();
        left_.remove_prefix(taken.size());
        return value;
    }
    void expect(std::string_view any_of) noexcept { is_good_ = take(any_of) != 0 && is_good_; }
    // That character; 0 if another one follows.
    char take(std::string_view any_of) noexcept {
        if (left_.empty() || any_of.find(left_.front()) == std::string_view::npos) {
            return 0;
        }
        const char taken = left_.front();
        left_.remove_prefix(1);
        return taken;
    }

  private:
    std::string_view left_;
    bool is_good_ = true;
};

std::chrono::microseconds scan_fraction(Scanner& from) noexcept {
    std::int64_t value = from.number(1);
    std::size_t digits = 1;
    while (const char digit = from.take("0123456789")) {
        if (digits < fraction_digits) {
            value = value * 10 + (digit - '0');
            ++digits;
        }
    }
    for (; digits < fraction_digits; ++digits) {
        value *= 10;
    }
    return std::chrono::microseconds{value};
}

std::chrono::minutes scan_offset(Scanner& from) noexcept {
    if (from.take("Zz") != 0) {
        return {};
    }
    const char sign = from.take("+-");
    const int hours = from.number(2);
    from.expect(":");
    const int minutes = from.number(2);
    if (sign == 0 || hours > 23 || minutes > 59) {
        from.expect("");
    }
    const std::chrono::minutes offset = std::chrono::hours{hours} + std::chrono::minutes{minutes};
    return sign == '-' ? -offset : offset;
}

}  // namespace

std::optional<WallTime> WallTime::parse(std::string_view text) {
    Scanner from{text};
    const int years = from.number(4);
    from.expect("-");
    const int months = from.number(2);
    from.expect("-");
    const int days = from.number(2);
    from.expect("Tt ");
    const int hours = from.number(2);
    from.expect(":");
    const int minutes = from.number(2);
    from.expect(":");
    const int seconds = from.number(2);
    const auto fraction = from.take(".") != 0 ? scan_fraction(from) : std::chrono::microseconds{0};
    const auto offset = scan_offset(from);
    const year_month_day date{
        year{years}, month{static_cast<unsigned>(months)}, day{static_cast<unsigned>(days)}};
    if (!from.is_good() || from.has_more() || years == 0 || !date.ok() || hours > 23 ||
        minutes > 59 || seconds > 59) {
        return std::nullopt;
    }
    const auto of_day =
        std::chrono::hours{hours} + std::chrono::minutes{minutes} + std::chrono::seconds{seconds};
    return WallTime{sys_days{date}.time_since_epoch() + of_day + fraction - offset};
}

std::string WallTime::text() const {
    const std::chrono::sys_time<std::chrono::microseconds> at{since_epoch};
    const auto days = std::chrono::floor<std::chrono::days>(at);
    const year_month_day date{days};
    const std::chrono::hh_mm_ss time{at - days};
    std::array<char, 64> made{};
    const int length = std::snprintf(
        made.data(),
        made.size(),
        "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()),
        static_cast<int>(time.subseconds().count())
    );
    return {made.data(), static_cast<std::size_t>(length)};
}

}  // namespace ntm
