// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/config_error.hpp"

namespace ntm::config {

namespace {

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

}  // namespace

std::string ConfigError::text() const {
    std::string text;
    for (const Problem& problem : problems) {
        text += (text.empty() ? "" : "\n") + line_of(file, problem);
    }
    return text;
}

}  // namespace ntm::config
