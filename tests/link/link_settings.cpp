// SPDX-License-Identifier: BSD-3-Clause
#include "tests/link/link_settings.hpp"

#include "common/config/scalar.hpp"

#include <array>
#include <charconv>
#include <string_view>

namespace ntm::link {

namespace {

constexpr std::uint32_t million = 1'000'000;
constexpr Duration longest = std::chrono::minutes{1};
constexpr std::uint64_t fastest = 100'000'000'000;

// A whole number, or none.
std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stopped != end) {
        return std::nullopt;
    }
    return value;
}

bool read(Duration& target, std::string_view text) {
    const auto read = config::parse_duration(text);
    if (!read || *read < Duration{0} || *read > longest) {
        return false;
    }
    target = *read;
    return true;
}

// Percent, with up to four digits behind a point.
bool read(Share& target, std::string_view text) {
    if (text.empty() || text.back() != '%') {
        return false;
    }
    text.remove_suffix(1);
    const auto point = text.find('.');
    std::string digits{
        point == std::string_view::npos ? std::string_view{} : text.substr(point + 1)};
    if (digits.size() > 4 || (point != std::string_view::npos && digits.empty())) {
        return false;
    }
    digits.resize(4, '0');
    const auto whole = number_of(text.substr(0, point));
    const auto part = number_of(digits);
    if (!whole || !part || *whole > 100 || *whole * 10'000 + *part > million) {
        return false;
    }
    target.per_million = static_cast<std::uint32_t>(*whole * 10'000 + *part);
    return true;
}

// Bits a second.
bool read(std::uint64_t& target, std::string_view text) {
    struct Unit {
        std::string_view name;
        std::uint64_t bits;
    };
    constexpr std::array units{
        Unit{"kbit", 1'000}, Unit{"mbit", 1'000'000}, Unit{"gbit", 1'000'000'000}};
    for (const Unit& unit : units) {
        if (!text.ends_with(unit.name)) {
            continue;
        }
        const auto count = number_of(text.substr(0, text.size() - unit.name.size()));
        if (!count || *count == 0 || *count > fastest / unit.bits) {
            return false;
        }
        target = *count * unit.bits;
        return true;
    }
    return false;
}

bool read_side(LinkOrder& order, std::string_view text) {
    order.is_for_up = text == "up";
    order.is_for_down = text == "down";
    return order.is_for_up || order.is_for_down;
}

bool read_seed(LinkOrder& order, std::string_view text) {
    order.seed = number_of(text);
    return order.seed.has_value();
}

struct Option {
    std::string_view name;
    std::string_view form;
    bool (*read)(LinkOrder& order, std::string_view text);
};

constexpr std::string_view duration_form = "such as 20ms or 500us, 1m at most";
constexpr std::string_view share_form = "such as 1% or 0.01%, 100% at most";

constexpr std::array options{
    Option{
        "--delay",
        duration_form,
        [](LinkOrder& order, std::string_view text) {
            return read(order.settings.delay, text);
        }},
    Option{
        "--jitter",
        duration_form,
        [](LinkOrder& order, std::string_view text) {
            return read(order.settings.jitter, text);
        }},
    Option{
        "--loss",
        share_form,
        [](LinkOrder& order, std::string_view text) {
            return read(order.settings.loss, text);
        }},
    Option{
        "--reorder",
        share_form,
        [](LinkOrder& order, std::string_view text) {
            return read(order.settings.reorder, text);
        }},
    Option{
        "--duplicate",
        share_form,
        [](LinkOrder& order, std::string_view text) {
            return read(order.settings.duplicate, text);
        }},
    Option{
        "--rate",
        "such as 500kbit, 100mbit or 1gbit, 100gbit at most",
        [](LinkOrder& order, std::string_view text) {
            return read(order.settings.rate, text);
        }},
    Option{
        "--queue",
        duration_form,
        [](LinkOrder& order, std::string_view text) {
            return read(order.settings.queue, text);
        }},
    Option{"--only", "up (from the host) or down (to it)", read_side},
    Option{"--seed", "a whole number", read_seed},
};

std::string unknown(const std::string& word) {
    std::string text = "unknown option '" + word + "', these are:";
    for (const Option& option : options) {
        text += " ";
        text += option.name;
    }
    return text;
}

}  // namespace

Result<LinkOrder, std::string> parse_order(std::span<const std::string> words) {
    LinkOrder order;
    for (std::size_t i = 0; i < words.size(); i += 2) {
        const auto* option = options.begin();
        while (option != options.end() && option->name != words[i]) {
            ++option;
        }
        if (option == options.end()) {
            return Unexpected{unknown(words[i])};
        }
        if (i + 1 == words.size() || !option->read(order, words[i + 1])) {
            const std::string given = i + 1 == words.size() ? "nothing" : "'" + words[i + 1] + "'";
            return Unexpected{
                words[i] + " takes " + std::string{option->form} + "; " + given + " was given"};
        }
    }
    if (order.settings.jitter > order.settings.delay) {
        return Unexpected{std::string{"--jitter is at most the --delay that it goes around"}};
    }
    if (order.settings.reorder.per_million > 0 && order.settings.delay == Duration{0}) {
        return Unexpected{
            std::string{"--reorder needs a --delay, which those that overtake do not wait for"}};
    }
    return order;
}

}  // namespace ntm::link
