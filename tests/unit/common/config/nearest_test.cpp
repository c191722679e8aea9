// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/nearest.hpp"

#include <gtest/gtest.h>

namespace ntm::config {

namespace {

TEST(EditDistance, CountsInsertedRemovedChangedAndSwappedLetters) {
    EXPECT_EQ(edit_distance("port", "port"), 0U);
    EXPECT_EQ(edit_distance("port", "ports"), 1U);
    EXPECT_EQ(edit_distance("port", "pot"), 1U);
    EXPECT_EQ(edit_distance("port", "part"), 1U);
    EXPECT_EQ(edit_distance("port", "prot"), 1U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Nearest, PicksWhatWasMeantAndNothingFarOff) {
    const std::vector<std::string> words{"listen_port", "name", "ports"};
    EXPECT_EQ(nearest("listen_prot", words), "listen_port");
    EXPECT_EQ(nearest("nmae", words), "name");
    EXPECT_EQ(nearest("port", words), "ports");
    EXPECT_EQ(nearest("workers", words), "");
    EXPECT_EQ(nearest("", words), "");
}

}  // namespace

}  // namespace ntm::config
