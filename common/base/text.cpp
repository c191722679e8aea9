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

// How a character of several bytes begins (RFC 3629 section 4); any third and fourth byte is 80 to bf.
struct Form {
    std::uint8_t first_from;
    std::uint8_t first_to;
    std::uint8_t second_from;
    std::uint8_t second_to;
    std::size_t length;
};

constexpr std::array<Form, 8> longer_forms{{
    {0xc2, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4},
}};

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
    const std::uint8_t first = byte_at(text, 0);
    if (first < 0x80) {
        return text.empty() ? 0 : 1;
    }
    const auto* const form = std::ranges::find_if(longer_forms, [first](const Form& each) {
        return each.first_from <= first && first <= each.first_to;
    });
    if (form == longer_forms.end() || byte_at(text, 1) < form->second_from ||
        byte_at(text, 1) > form->second_to) {
        return 0;
    }
    for (std::size_t i = 2; i < form->length; ++i) {
        if ((byte_at(text, i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    return form->length;
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
