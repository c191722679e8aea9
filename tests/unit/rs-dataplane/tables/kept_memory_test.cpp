// SPDX-License-Identifier: BSD-3-Clause
// Memory that outlives the process: whose it may be, and when it is taken over. F-14, F-43.
#include "rs-dataplane/tables/kept_memory.hpp"

#include "tests/unit/rs-dataplane/napt/every_store.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace ntm::tables {
namespace {

struct Record {
    std::uint64_t a = 0;
    std::uint32_t b = 0;
};

class KeptMemoryTest : public testing::Test {
  protected:
    KeptMemoryTest() {
        numbers = layout.add<std::uint32_t>(1000);
        records = layout.add<Record>(7);
    }
    void TearDown() override { std::filesystem::remove(file); }

    [[nodiscard]] KeptMemory open() {
        auto opened = KeptMemory::open(file, layout);
        EXPECT_TRUE(opened) << (opened ? "" : opened.error());
        return *std::move(opened);
    }
    void expect_refused(const std::string& name, const std::string& why) {
        const auto opened = KeptMemory::open(name, layout);
        ASSERT_FALSE(opened) << why;
        EXPECT_NE(opened.error().find(name), std::string::npos) << opened.error();
        EXPECT_NE(opened.error().find(why), std::string::npos) << opened.error();
    }

    // Opens it in another process, under which the file goes before it has the lock on it. `then`: what comes
    // next. False: the system allows nobody to do so.
    template <typename Then>
    [[nodiscard]] bool open_while_it_goes(Then then) {
        bool has_gone = false;
        const auto look = [&] {
            if (!has_gone && std::filesystem::exists(file)) {
                std::filesystem::remove(file);
                has_gone = true;
                then();
            }
        };
        const auto run = [&] {
            auto memory = KeptMemory::open(file, layout);
            if (memory) {
                (*memory)[numbers].front() = 9;
            }
        };
        return between_instructions(run, look);
    }

    std::string file = "/dev/shm/ntm_kept_memory_test." + std::to_string(getpid());
    KeptLayout layout;
    KeptLayout::Part<std::uint32_t> numbers;
    KeptLayout::Part<Record> records;
};

TEST_F(KeptMemoryTest, what_one_process_leaves_the_next_one_finds) {
    {
        KeptMemory memory = open();
        EXPECT_EQ(memory.found(), KeptMemory::Found::nothing);
        EXPECT_EQ(std::ranges::count(memory[numbers], 0U), 1000);
        memory[numbers].front() = 1;
        memory[numbers].back() = 2;
        memory[records].front() = {3, 4};
        memory[records].back() = {5, 6};
    }
    KeptMemory memory = open();
    EXPECT_EQ(memory.found(), KeptMemory::Found::left);
    EXPECT_EQ(memory[numbers].front(), 1U);
    EXPECT_EQ(memory[numbers].back(), 2U);
    EXPECT_EQ(memory[records].front().a, 3U);
    EXPECT_EQ(memory[records].back().b, 6U);
}

TEST_F(KeptMemoryTest, what_was_laid_out_in_another_way_is_gone) {
    for (int change = 0; change < 3; ++change) {
        {
            KeptMemory memory = open();
            std::ranges::fill(memory[numbers], 9U);
        }
        if (change == 0) {
            layout.note("another address");  // of the same size
        } else if (change == 1) {
            records = layout.add<Record>(7);
        } else {
            layout = {};
            numbers = layout.add<std::uint32_t>(1000);
        }
        KeptMemory memory = open();
        EXPECT_EQ(memory.found(), KeptMemory::Found::other);
        EXPECT_EQ(std::ranges::count(memory[numbers], 0U), 1000);
    }
}

TEST_F(KeptMemoryTest, a_process_killed_before_it_had_made_it_leaves_nothing) {
    {
        KeptMemory memory = open();
        memory[numbers].front() = 9;
    }
    std::fstream{file, std::ios::in | std::ios::out | std::ios::binary}.write("\0", 1);
    KeptMemory memory = open();
    EXPECT_EQ(memory.found(), KeptMemory::Found::other);
    EXPECT_EQ(memory[numbers].front(), 0U);
}

TEST_F(KeptMemoryTest, one_at_a_time_has_it) {
    {
        const KeptMemory memory = open();
        expect_refused(file, "another process holds it");
    }
    static_cast<void>(open());
}

TEST_F(KeptMemoryTest, a_process_that_has_only_begun_keeps_its_file) {
    const int other = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(flock(other, LOCK_EX | LOCK_NB), 0);
    expect_refused(file, "another process holds it");
    EXPECT_TRUE(std::filesystem::exists(file));
    close(other);
}

// As another does that began at the same time, and was refused.
TEST_F(KeptMemoryTest, what_one_process_leaves_is_in_the_file_of_that_name) {
    if (!open_while_it_goes([] {})) {
        GTEST_SKIP() << "ptrace is not allowed";
    }
    KeptMemory memory = open();
    EXPECT_EQ(memory.found(), KeptMemory::Found::left);
    EXPECT_EQ(memory[numbers].front(), 9U);
}

TEST_F(KeptMemoryTest, who_is_refused_removes_no_file_but_his_own) {
    static_cast<void>(layout.add<std::uint64_t>(std::size_t{1} << 50));
    int newer = -1;
    const auto begin_another = [&] {
        newer = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        ASSERT_EQ(flock(newer, LOCK_EX | LOCK_NB), 0);
    };
    if (!open_while_it_goes(begin_another)) {
        GTEST_SKIP() << "ptrace is not allowed";
    }
    EXPECT_TRUE(std::filesystem::exists(file));
    close(newer);
}

TEST_F(KeptMemoryTest, secrets_are_the_owners_alone_and_on_no_disk) {
    static_cast<void>(open());
    struct stat status {};
    ASSERT_EQ(stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    std::filesystem::permissions(file, std::filesystem::perms{0640});
    expect_refused(file, "chmod 600");
    const std::string link = file + ".link";
    std::filesystem::create_symlink(file, link);
    expect_refused(link, "can not open");
    std::filesystem::remove(link);
    expect_refused("/dev/shm", "can not open");
    struct statfs here {};
    ASSERT_EQ(statfs(".", &here), 0);
    if (here.f_type != TMPFS_MAGIC) {
        const std::string name = "kept_memory_test." + std::to_string(getpid());
        expect_refused(name, "must not be on a disk");
        EXPECT_FALSE(std::filesystem::exists(name));
    }
}

TEST_F(KeptMemoryTest, what_there_is_no_room_for_is_refused_at_once) {
    static_cast<void>(layout.add<std::uint64_t>(std::size_t{1} << 50));
    expect_refused(file, "bytes for it");
    EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace ntm::tables
