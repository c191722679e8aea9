// SPDX-License-Identifier: BSD-3-Clause
// F-33: who limits this process's memory, by files as the kernel writes them.
#include "rs-dataplane/dpdk/ordinary_memory.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ntm::dpdk {

namespace {

class OrdinaryMemory : public testing::Test {
  protected:
    OrdinaryMemory() : root_{testing::TempDir() + "ntm_memory_" + std::to_string(getpid())} {}
    void TearDown() override { std::filesystem::remove_all(root_); }
    void put(const std::string& file, const std::string& text) const {
        std::filesystem::create_directories((root_ / file).parent_path());
        std::ofstream{root_ / file} << text;
    }
    [[nodiscard]] MemoryLimit least() const { return memory_limits(1, root_).at(0); }

    std::filesystem::path root_;
};

TEST_F(OrdinaryMemory, TheMachine) {
    put("proc/meminfo", "MemTotal:  9000 kB\nMemFree: 10 kB\nMemAvailable:    2048 kB\n");
    EXPECT_EQ(least().whose, "the machine");
    EXPECT_EQ(least().bytes, 2U << 20);
}

TEST_F(OrdinaryMemory, GroupsOfVersion2AndThoseAround) {
    put("proc/meminfo", "MemAvailable: 900000 kB\n");
    put("proc/self/cgroup", "0::/outer/inner\n");
    put("sys/fs/cgroup/outer/inner/memory.max", "max\n");
    put("sys/fs/cgroup/outer/memory.max", "1000000\n");
    put("sys/fs/cgroup/outer/memory.current", "700000\n");
    put("sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 200000\n");
    EXPECT_EQ(least().whose, "the control group /outer");
    EXPECT_EQ(least().bytes, 500000U);
    EXPECT_THAT(least().fix, testing::EndsWith("sys/fs/cgroup/outer/memory.max"));
}

TEST_F(OrdinaryMemory, GroupsOfVersion1AndAContainersRoot) {
    put("proc/self/cgroup", "5:cpu:/x\n4:memory:/hidden\n0::/\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "4096\n");
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "8192\n");
    EXPECT_EQ(least().whose, "the control group /");
    EXPECT_EQ(least().bytes, 0U);
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    EXPECT_TRUE(memory_limits(1, root_).empty());
}

TEST(MemoryLack, NamesTheLeastLimitAndItsFix) {
    const std::vector<MemoryLimit> limits{
        {10U << 20, "the group", "raise it"}, {20U << 20, "all", ""}};
    EXPECT_EQ(memory_lack(limits, 10U << 20), "");
    EXPECT_EQ(
        memory_lack(limits, (10U << 20) + 1),
        "11 MiB of memory are needed, and the group leaves 10 MiB: lower paths: capacity, or raise "
        "it"
    );
    EXPECT_EQ(memory_lack({}, ~std::size_t{0}), "");
}

}  // namespace

}  // namespace ntm::dpdk
