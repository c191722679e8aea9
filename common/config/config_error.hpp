// SPDX-License-Identifier: BSD-3-Clause
// What is wrong with a configuration file: every problem with its place, so that one run of
// --check-config is enough to put a file right.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ntm::config {

struct Problem {
    std::size_t line = 1;  // both count from 1
    std::size_t column = 1;
    std::string what;
    std::string allowed;     // may be empty
    std::string suggestion;  // the nearest valid word; may be empty
};

struct ConfigError {
    std::string file;
    std::vector<Problem> problems;  // in the file's order, at least one

    // A line for each: "file:line:column: what is wrong; allowed: ...; did you mean ...?"
    [[nodiscard]] std::string text() const;
};

}  // namespace ntm::config
