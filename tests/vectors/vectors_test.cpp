// SPDX-License-Identifier: BSD-3-Clause
// Every folder in tests/vectors/cases, run and compared. `vectors_test --regen` writes the out and
// counters files anew instead; look at the difference before you commit it.
#include "common/packet/drop_reason.hpp"
#include "tests/vectors/case_run.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>

#include <gtest/gtest.h>

#include <rte_eal.h>

namespace ntm::vectors {
namespace {

bool is_regenerating = false;

const std::filesystem::path cases{NTM_VECTOR_CASES};

std::vector<std::string> case_names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{cases}) {
        names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
}

std::string read_file(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
}

class Vector : public ::testing::TestWithParam<std::string> {};

TEST_P(Vector, GivesWhatIsWrittenDown) {
    const std::filesystem::path folder = cases / GetParam();
    const CaseResult result = run_case(read_case(folder));
    for (const std::string& sentence : result.broken) {
        ADD_FAILURE() << sentence;
    }
    if (is_regenerating) {
        std::ofstream{folder / "out"} << result.out;
        std::ofstream{folder / "counters"} << result.counters;
        return;
    }
    EXPECT_EQ(result.out, read_file(folder / "out"));
    EXPECT_EQ(result.counters, read_file(folder / "counters"));
}

INSTANTIATE_TEST_SUITE_P(Cases, Vector, ::testing::ValuesIn(case_names()), [](const auto& named) {
    return named.param;
});

// A folder that bears a reason's name must show that reason.
TEST(Vectors, CoverEveryReasonThatAStageCanGive) {
    std::set<std::string> counted;
    for (const std::string& name : case_names()) {
        std::istringstream lines{read_file(cases / name / "counters")};
        std::string counter;
        std::string value;
        while (lines >> counter >> value) {
            counted.insert(counter);
        }
    }
    for (std::size_t i = 1; i < drop_reason_count; ++i) {
        const DropReasonText& text = describe(static_cast<DropReason>(i));
        if (text.place == DropPlace::pipeline) {
            EXPECT_TRUE(counted.contains("dropped." + std::string{text.name})) << text.name;
        }
    }
}

}  // namespace
}  // namespace ntm::vectors

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    ntm::vectors::is_regenerating = argc > 1 && std::string_view{argv[1]} == "--regen";
    std::array<const char*, 7> arguments{
        argv[0], "--no-huge", "--no-shconf", "--no-pci", "--no-telemetry", "-m", "128"};
    if (rte_eal_init(arguments.size(), const_cast<char**>(arguments.data())) < 0) {
        std::fprintf(stderr, "EAL does not start\n");
        return 1;
    }
    const int failed = RUN_ALL_TESTS();
    rte_eal_cleanup();
    return failed;
}
