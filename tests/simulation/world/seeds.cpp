// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/seeds.hpp"

#include <cstdlib>
#include <optional>

#include <gtest/gtest.h>

namespace ntm::simulation {

namespace {

std::optional<std::uint64_t>& chosen() {
    static std::optional<std::uint64_t> seed;
    return seed;
}

}  // namespace

void choose_seed(const std::string& text) {
    chosen() = std::strtoull(text.c_str(), nullptr, 10);
}

std::vector<std::uint64_t> seeds(std::uint64_t count) {
    if (const char* text = std::getenv("NTM_SIMULATION_SEED"); text != nullptr && !chosen()) {
        choose_seed(text);
    }
    if (chosen()) {
        return {*chosen()};
    }
    if (const char* text = std::getenv("NTM_SIMULATION_MORE"); text != nullptr) {
        count *= std::strtoull(text, nullptr, 10);
    }
    std::vector<std::uint64_t> all;
    for (std::uint64_t seed = 1; seed <= count; ++seed) {
        all.push_back(seed);
    }
    return all;
}

std::string replay_hint(std::uint64_t seed) {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    return "seed " + std::to_string(seed) +
           "; again: simulation --gtest_filter=" + test->test_suite_name() + "." + test->name() +
           " --seed " + std::to_string(seed);
}

}  // namespace ntm::simulation
