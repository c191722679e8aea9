// SPDX-License-Identifier: BSD-3-Clause
// What is wrong with a configuration file: every problem with its place, so that one run of
// --check-config is enough to put a file right.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ntm::config {

struct Problem {
    std::size_t line = 1;  // both count from 1
    std::size_t column = 1;
    std::string what;
    std::string allowed;     // may be empty
    std::string suggestion;  // the nearest valid word; may be empty
};

// A text of the file as messages show it: in quotation marks, short, and with escapes for what
// could do something to a terminal.
[[nodiscard]] std::string in_quotes(std::string_view text);

struct ConfigError {
    std::string file;
    std::vector<Problem> problems;  // in the file's order, at least one

    // A line for each of the first (most_shown): "file:line:column: what is wrong; allowed: ...; did you mean ...?"
    [[nodiscard]] std::string text() const;
    static constexpr std::size_t most_shown = 20;
};

}  // namespace ntm::config
