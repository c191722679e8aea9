// SPDX-License-Identifier: BSD-3-Clause
// S-12: opened packets go into a file that is their owner's alone.
#include "control/ntmctl/capture_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace ntm::control {

namespace {

class CaptureFile : public testing::Test {
  protected:
    CaptureFile() {
        std::string pattern = testing::TempDir() + "ntm_capture_XXXXXX";
        folder_ = mkdtemp(pattern.data());
        // Of raw IP packets, of which there are none.
        const std::string head{
            "\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x65\0\0\0", 24};
        std::ofstream{order_.input = folder_ + "/in", std::ios::binary} << head;
        std::ofstream{order_.key_logs.emplace_back(folder_ + "/keys")} << "# none\n";
        order_.output = folder_ + "/out";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string refusal() const {
        const auto opened = open_capture(order_);
        return opened ? "none" : opened.error();
    }
    [[nodiscard]] static std::string content(const std::string& file) {
        std::ifstream in{file, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    std::string folder_;
    CaptureOrder order_;
};

TEST_F(CaptureFile, IsMadePrivateAndWrittenOver) {
    ASSERT_EQ(refusal(), "none");
    struct stat status {};
    ASSERT_EQ(stat(order_.output.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    const std::string first = content(order_.output);
    EXPECT_EQ(first.size(), 24U);
    ASSERT_EQ(refusal(), "none");
    EXPECT_EQ(content(order_.output), first);
}

TEST_F(CaptureFile, LeavesAloneWhatOthersMayRead) {
    std::ofstream{order_.output} << "old";
    std::filesystem::permissions(order_.output, std::filesystem::perms{0644});
    EXPECT_NE(refusal().find("open to others"), std::string::npos) << refusal();
    EXPECT_EQ(content(order_.output), "old");
}

TEST_F(CaptureFile, FollowsNoLink) {
    const std::string target = folder_ + "/target";
    std::ofstream{target} << "old";
    std::filesystem::permissions(target, std::filesystem::perms{0600});
    std::filesystem::create_symlink(target, order_.output);
    EXPECT_NE(refusal().find("symbolic link"), std::string::npos) << refusal();
    EXPECT_EQ(content(target), "old");
}

TEST_F(CaptureFile, IsNeitherTheCaptureNorAKeyLog) {
    for (const std::string& input : {order_.input, order_.key_logs[0]}) {
        const std::string before = content(input);
        std::filesystem::permissions(input, std::filesystem::perms{0600});
        order_.output = input;
        EXPECT_NE(refusal().find("is to be read"), std::string::npos) << refusal();
        EXPECT_EQ(content(input), before);
    }
}

}  // namespace

}  // namespace ntm::control
