// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/config_error.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <cstdint>

namespace ntm::config {

namespace {

constexpr std::size_t longest_quote = 60;

std::string line_of(const std::string& file, const Problem& problem) {
    std::string line = file + ":" + std::to_string(problem.line) + ":" +
                       std::to_string(problem.column) + ": " + problem.what;
    if (!problem.allowed.empty()) {
        line += "; allowed: " + problem.allowed;
    }
    if (!problem.suggestion.empty()) {
        line += "; did you mean \"" + problem.suggestion + "\"?";
    }
    return line;
}

bool is_inside_character(char letter) {
    return (static_cast<std::uint8_t>(letter) & 0xc0) == 0x80;
}

}  // namespace

std::string in_quotes(std::string_view text) {
    std::size_t length = std::min(text.size(), longest_quote);
    while (length < text.size() && length > 0 && is_inside_character(text[length])) {
        --length;
    }
    return "\"" + printable(text.substr(0, length)) + (length < text.size() ? "...\"" : "\"");
}

std::string ConfigError::text() const {
    std::string text;
    const std::size_t shown = std::min(problems.size(), most_shown);
    for (std::size_t i = 0; i < shown; ++i) {
        text += (text.empty() ? "" : "\n") + line_of(file, problems[i]);
    }
    if (shown < problems.size()) {
        text += "\n" + file + ": and more problems, " + std::to_string(problems.size() - shown);
    }
    return text;
}

}  // namespace ntm::config
