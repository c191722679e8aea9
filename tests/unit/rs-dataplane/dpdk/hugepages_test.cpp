// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/hugepages.hpp"

#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

namespace ntm::dpdk {

namespace {

TEST(Hugepages, OnlyPagesThatADeadRunOfThisPrefixLeftAreFreed) {
    const std::filesystem::path folder =
        testing::TempDir() + "ntm_hugepages_test_" + std::to_string(getpid());
    std::filesystem::create_directory(folder);
    for (const char* const name : {"rs1map_0", "rs1map_1", "rs2map_0", "rs1", "x_rs1map_0"}) {
        std::ofstream{folder / name} << "page";
    }
    // As a living process holds its pages.
    const int held = open((folder / "rs1map_1").c_str(), O_RDWR);
    ASSERT_EQ(flock(held, LOCK_SH), 0);

    EXPECT_EQ(free_dead_pages(folder, "rs1"), 1U);
    EXPECT_FALSE(std::filesystem::exists(folder / "rs1map_0"));
    for (const char* const name : {"rs1map_1", "rs2map_0", "rs1", "x_rs1map_0"}) {
        EXPECT_TRUE(std::filesystem::exists(folder / name)) << name;
    }
    close(held);
    EXPECT_EQ(free_dead_pages(folder, "rs1"), 1U);
    std::filesystem::remove_all(folder);
    EXPECT_EQ(free_dead_pages(folder, "rs1"), 0U);
}

// F-33.
TEST(Hugepages, LackSaysHowManyAreMissingAndTheTotalToSet) {
    const HugepageStock stock{2048, 100, 57, true};
    EXPECT_EQ(hugepage_lack(stock, 57), "");
    EXPECT_THAT(
        hugepage_lack(stock, 200),
        testing::AllOf(
            testing::HasSubstr("72 hugepages are missing"),
            testing::HasSubstr("echo 172 > /proc/sys/vm/nr_hugepages")
        )
    );
    EXPECT_THAT(
        hugepage_lack({2048, 100, 57, false}, 57), testing::HasSubstr("mount -t hugetlbfs")
    );
}

}  // namespace

}  // namespace ntm::dpdk
