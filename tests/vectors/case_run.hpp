// SPDX-License-Identifier: BSD-3-Clause
// Runs a vector through the real relay table and the real pipeline, and writes down what came out.
#pragma once

#include "tests/vectors/case_text.hpp"

#include <string>
#include <vector>

namespace ntm::vectors {

struct CaseResult {
    std::string out;       // the text of the out file
    std::string counters;  // the text of the counters file
    // Sentences about what holds for every vector and does not here: balance, checksums.
    std::vector<std::string> broken;
};

// Needs EAL.
[[nodiscard]] CaseResult run_case(const CaseText& text);

}  // namespace ntm::vectors
