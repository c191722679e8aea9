// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace ntm {

namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) noexcept {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
}

struct Span {
    char32_t first;
    char32_t last;
};

// In order.
constexpr std::array<Span, 7> not_shown{{
    {0x00, 0x1f},
    {0x7f, 0x9f},
    {0x61c, 0x61c},
    {0x200e, 0x200f},
    {0x2028, 0x202e},  // ends of lines and paragraphs, then directions
    {0x2066, 0x2069},
    {0xfeff, 0xfeff},
}};

// Of a character of so many bytes.
char32_t number_of(std::string_view character) noexcept {
    const std::uint8_t first = byte_at(character, 0);
    char32_t number = character.size() == 1 ? first : first & (0xffU >> (character.size() + 1));
    for (std::size_t i = 1; i < character.size(); ++i) {
        number = (number << 6) | (byte_at(character, i) & 0x3fU);
    }
    return number;
}

bool is_shown(std::string_view character) noexcept {
    const char32_t number = number_of(character);
    return std::ranges::none_of(not_shown, [number](const Span& span) {
        return span.first <= number && number <= span.last;
    });
}

}  // namespace

std::size_t character_length(std::string_view text) noexcept {
    const auto is_tail = [&](std::size_t at) {
        return (byte_at(text, at) & 0xc0) == 0x80;
    };
    const std::uint8_t first = byte_at(text, 0);
    if (first < 0x80) {
        return text.empty() ? 0 : 1;
    }
    if (first >= 0xc2 && first < 0xe0) {
        return is_tail(1) ? 2 : 0;
    }
    if (first >= 0xe0 && first < 0xf0) {
        const bool is_overlong = first == 0xe0 && byte_at(text, 1) < 0xa0;
        const bool is_surrogate = first == 0xed && byte_at(text, 1) >= 0xa0;
        return is_tail(1) && is_tail(2) && !is_overlong && !is_surrogate ? 3 : 0;
    }
    if (first >= 0xf0 && first < 0xf5) {
        const bool is_outside = (first == 0xf0 && byte_at(text, 1) < 0x90) ||
                                (first == 0xf4 && byte_at(text, 1) >= 0x90);
        return is_tail(1) && is_tail(2) && is_tail(3) && !is_outside ? 4 : 0;
    }
    return 0;
}

std::string printable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
        text.remove_prefix(character.size());
        if (length != 0 && is_shown(character)) {
            shown += character;
            continue;
        }
        for (const char byte : character) {
            std::array<char, 5> escape{};
            std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<std::uint8_t>(byte));
            shown += escape.data();
        }
    }
    return shown;
}

}  // namespace ntm
