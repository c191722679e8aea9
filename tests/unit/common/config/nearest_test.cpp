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

TEST(Nearest, TakesAWordOfWhichOnlyAPartWasTyped) {
    EXPECT_EQ(nearest("listen_port", {"fqdn", "port"}), "port");
    EXPECT_EQ(nearest("log_level", {"fqdn", "log"}), "log");
    EXPECT_EQ(nearest("socket", {"fqdn", "admin_socket"}), "admin_socket");
    EXPECT_EQ(nearest("listenport", {"fqdn", "port"}), "");
    EXPECT_EQ(nearest("_port", {"x_y_port", "fqdn"}), "");
    EXPECT_EQ(nearest("", {"_a", ""}), "");
}

}  // namespace

}  // namespace ntm::config
