// SPDX-License-Identifier: BSD-3-Clause
// S-12: a key log is its owner's alone.
#include "common/config/key_log_file.hpp"

#include "tests/unit/file_size_limit.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace ntm::config {

namespace {

class KeyLogFile : public testing::Test {
  protected:
    KeyLogFile() : file_{testing::TempDir() + "ntm_key_log_file_test"} {
        std::filesystem::remove(file_);
    }
    void TearDown() override { std::filesystem::remove(file_); }

    Result<KeyLogSink, std::string> open() {
        return open_key_log(file_, [this](const std::string& sentence) {
            warnings_.push_back(sentence);
        });
    }
    [[nodiscard]] std::string content() const {
        std::ostringstream text;
        text << std::ifstream{file_}.rdbuf();
        return text.str();
    }
    [[nodiscard]] std::string refusal() {
        const auto sink = open();
        EXPECT_TRUE(warnings_.empty());
        return sink ? "none" : sink.error();
    }
    std::string file_;
    std::vector<std::string> warnings_;
};

TEST_F(KeyLogFile, IsMadePrivateAndWarnedAbout) {
    const auto sink = open();
    ASSERT_TRUE(sink) << sink.error();
    struct stat status {};
    ASSERT_EQ(stat(file_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_NE(warnings_[0].find(file_), std::string::npos);
}

TEST_F(KeyLogFile, HasEachLineAtOnceAndKeepsThoseOfEarlierRuns) {
    const auto first = open();
    ASSERT_TRUE(first);
    (*first)("a line\n");
    EXPECT_EQ(content(), "a line\n");
    const auto second = open();
    ASSERT_TRUE(second);
    (*second)("another\n");
    EXPECT_EQ(content(), "a line\nanother\n");
}

TEST_F(KeyLogFile, IsNoneWithoutAName) {
    const auto sink = open_key_log("", [](const std::string&) { ADD_FAILURE(); });
    ASSERT_TRUE(sink);
    EXPECT_FALSE(*sink);
}

TEST_F(KeyLogFile, IsRefusedIfOthersMayReadIt) {
    std::ofstream{file_} << "";
    for (const mode_t mode : {0640U, 0604U, 0620U}) {
        chmod(file_.c_str(), mode);
        EXPECT_NE(refusal().find("open to others"), std::string::npos) << mode;
    }
    chmod(file_.c_str(), 0600);
    EXPECT_TRUE(open());
}

TEST_F(KeyLogFile, IsRefusedIfItIsNoFile) {
    const std::string target = file_ + ".target";
    std::ofstream{target} << "";
    chmod(target.c_str(), 0600);
    std::filesystem::create_symlink(target, file_);
    EXPECT_NE(refusal().find("symbolic link"), std::string::npos);
    std::filesystem::remove(file_);
    std::filesystem::remove(target);
    ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
    EXPECT_NE(refusal(), "none");
    std::filesystem::remove(file_);
    std::filesystem::create_directory(file_);
    EXPECT_NE(refusal(), "none");
}

TEST_F(KeyLogFile, SaysOnceThatLinesAreLostAndKeepsNoPartOfOne) {
    const auto sink = open();
    ASSERT_TRUE(sink);
    (*sink)("whole\n");
    warnings_.clear();
    {
        const ntm::test::FileSizeLimit full_disk{10};
        (*sink)("a line\n");
        (*sink)("another\n");
    }
    (*sink)("a third\n");
    EXPECT_EQ(content(), "whole\na third\n");
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_NE(warnings_[0].find("are lost"), std::string::npos) << warnings_[0];
}

}  // namespace

}  // namespace ntm::config
