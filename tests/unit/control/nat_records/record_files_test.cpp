// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/record_files.hpp"

#include "tests/unit/control/nat_records/folder.hpp"
#include "tests/unit/control/nat_records/world.hpp"
#include "tests/unit/file_size_limit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::control {
namespace {

using namespace test;
using ::testing::ElementsAre;

class RecordFilesTest : public ::testing::Test {
  protected:
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& file : record_files_in(folder_.path())) {
            names.push_back(file.filename().string());
        }
        return names;
    }
    Folder folder_;
};

TEST_F(RecordFilesTest, BeginANewFileWhenOneIsFull) {
    {
        RecordFiles files{{folder_.path(), 10, 3}};
        EXPECT_TRUE(files.put("1234", ten_o_clock));
        EXPECT_FALSE(files.put("5678", later(1)));
        EXPECT_TRUE(files.put("9", later(2)));
        EXPECT_FALSE(files.put("0", later(3)));
    }
    EXPECT_THAT(
        names(),
        ElementsAre(
            "nat-2026-11-30T10:00:00.000000Z.jsonl", "nat-2026-11-30T10:00:02.000000Z.jsonl"
        )
    );
    EXPECT_EQ(folder_.read(names()[0]), "1234\n5678\n");
    EXPECT_EQ(folder_.read(names()[1]), "9\n0\n");
}

TEST_F(RecordFilesTest, KeepsSoManyAndNoneOfOthers) {
    folder_.write("other.jsonl", "");
    folder_.write("nat-2020-01-01T00:00:00.000000Z.jsonl", "old\n");
    {
        RecordFiles files{{folder_.path(), 2, 2}};
        for (int i = 0; i < 5; ++i) {
            EXPECT_TRUE(files.put("x", later(i)));
        }
    }
    EXPECT_THAT(
        names(),
        ElementsAre(
            "nat-2026-11-30T10:00:03.000000Z.jsonl", "nat-2026-11-30T10:00:04.000000Z.jsonl"
        )
    );
    EXPECT_TRUE(folder_.has("other.jsonl"));
}

TEST_F(RecordFilesTest, StayHoweverOftenTheRelayStarts) {
    folder_.write("nat-2020-01-01T00:00:00.000000Z.jsonl", std::string(101, 'x'));
    folder_.write("nat-2020-01-02T00:00:00.000000Z.jsonl", "old\n");
    for (int i = 0; i < 10; ++i) {
        RecordFiles files{{folder_.path(), 100, 2}};
        EXPECT_TRUE(files.put("x", later(i)));
    }
    EXPECT_EQ(names().size(), 11U);
    EXPECT_TRUE(folder_.has("nat-2020-01-02T00:00:00.000000Z.jsonl"));
    EXPECT_FALSE(folder_.has("nat-2020-01-01T00:00:00.000000Z.jsonl"));
}

TEST_F(RecordFilesTest, KeepTheOneInUseWhenTheClockIsSetBack) {
    folder_.write("nat-2026-11-30T10:00:00.000000Z.jsonl", "");
    folder_.write("nat-2026-11-30T10:00:01.000000Z.jsonl", "");
    {
        RecordFiles files{{folder_.path(), 100, 2}};
        EXPECT_TRUE(files.put("x", later(-3600)));
    }
    EXPECT_EQ(folder_.read("nat-2026-11-30T09:00:00.000000Z.jsonl"), "x\n");
}

TEST_F(RecordFilesTest, CountWhatCanNotBeWrittenAndGoOnWhenItCan) {
    const auto directory = folder_.path() / "later";
    {
        RecordFiles files{{directory, 100, 2}};
        static_cast<void>(files.put("lost", ten_o_clock));
        folder_.wait_until([&] { return files.writer().lost() == 1; });
        std::filesystem::create_directory(directory);
        static_cast<void>(files.put("kept", later(1)));
        folder_.wait_until([&] { return files.writer().written() == 1; });
        EXPECT_EQ(files.writer().lost(), 1U);
    }
    EXPECT_EQ(folder_.read("later/nat-2026-11-30T10:00:00.000000Z.jsonl"), "kept\n");
}

// The disk has room for a part of a line only.
TEST_F(RecordFilesTest, LeaveNoHalfLine) {
    const ntm::test::FileSizeLimit full_disk{10};
    RecordFiles files{{folder_.path(), 1000, 2}};
    static_cast<void>(files.put("123456", ten_o_clock));
    folder_.wait_until([&] { return files.writer().written() == 1; });
    static_cast<void>(files.put("too long", later(1)));
    folder_.wait_until([&] { return files.writer().lost() == 1; });
    EXPECT_EQ(folder_.read(names()[0]), "123456\n");
    static_cast<void>(files.put("89", later(2)));
    folder_.wait_until([&] { return files.writer().written() == 2; });
    EXPECT_EQ(folder_.read(names()[0]), "123456\n89\n");
}

// F-30. A disk that does not answer: the writer opens a FIFO that nobody reads.
TEST_F(RecordFilesTest, NobodyWaitsForASlowDisk) {
    const std::string name = "nat-2026-11-30T10:00:00.000000Z.jsonl";
    folder_.make_fifo(name);
    const std::string line(1 << 20, 'x');
    RecordFiles files{{folder_.path(), std::size_t{1} << 30, 2}};
    constexpr std::size_t room = RecordFileWriter::most_waiting_bytes >> 20;
    for (std::size_t i = 0; i < room + 5; ++i) {
        static_cast<void>(files.put(line, ten_o_clock));
    }
    // A little less fits, for the ends of lines.
    EXPECT_EQ(files.writer().lost(), 6U);
    folder_.drain_fifo(name);
}

}  // namespace
}  // namespace ntm::control
