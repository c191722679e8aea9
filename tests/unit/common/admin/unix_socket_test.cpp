// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/unix_socket.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ntm::admin {

namespace {

class UnixSocket : public testing::Test {
  protected:
    UnixSocket() : path_{testing::TempDir() + "ntm_unix_socket_test"} { remove(); }
    void TearDown() override { remove(); }
    void remove() const { std::filesystem::remove(path_); }
    std::string path_;
};

TEST_F(UnixSocket, IsForOwnerAndGroupAlone) {
    const auto listening = listen_at(path_);
    ASSERT_TRUE(listening) << listening.error();
    struct stat status {};
    ASSERT_EQ(stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0660U);
    close(*listening);
}

TEST_F(UnixSocket, ReplacesOneThatNobodyListensOn) {
    const auto first = listen_at(path_);
    ASSERT_TRUE(first);
    close(*first);
    ASSERT_TRUE(std::filesystem::exists(path_));
    const auto second = listen_at(path_);
    ASSERT_TRUE(second) << second.error();
    close(*second);
}

TEST_F(UnixSocket, RefusesOneThatSomebodyListensOn) {
    const auto first = listen_at(path_);
    ASSERT_TRUE(first);
    const auto second = listen_at(path_);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find("another process"), std::string::npos);
    EXPECT_TRUE(connect_to(path_));
    close(*first);
}

TEST_F(UnixSocket, RefusesToRemoveWhatIsNoSocket) {
    std::ofstream{path_} << "precious";
    EXPECT_FALSE(listen_at(path_));
    EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(UnixSocket, MakesItsFolderIfOnlyThatIsMissing) {
    const std::string folder = path_ + ".folder";
    std::filesystem::remove_all(folder);
    const mode_t usual = umask(0077);
    const auto listening = listen_at(folder + "/x.sock");
    umask(usual);
    ASSERT_TRUE(listening) << listening.error();
    struct stat status {};
    ASSERT_EQ(stat(folder.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0755U);
    close(*listening);
    std::filesystem::remove_all(folder);
}

TEST_F(UnixSocket, SaysHowToMakeMoreThanOneFolder) {
    const std::string folder = path_ + ".folder/more";
    const auto listening = listen_at(folder + "/x.sock");
    ASSERT_FALSE(listening);
    EXPECT_EQ(
        listening.error(),
        folder +
            "/x.sock: can not make its folder: No such file or directory (make it with: "
            "mkdir -p " +
            folder + ")"
    );
    EXPECT_FALSE(std::filesystem::exists(path_ + ".folder"));
}

TEST_F(UnixSocket, LeavesAFolderThatIsThereAsItIs) {
    const std::string folder = path_ + ".folder";
    std::filesystem::create_directory(folder);
    ASSERT_EQ(chmod(folder.c_str(), 0700), 0);
    const auto listening = listen_at(folder + "/x.sock");
    ASSERT_TRUE(listening) << listening.error();
    struct stat status {};
    ASSERT_EQ(stat(folder.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
    close(*listening);
    std::filesystem::remove_all(folder);
}

TEST_F(UnixSocket, RefusesPathsThatDoNotFit) {
    EXPECT_FALSE(listen_at(""));
    EXPECT_FALSE(listen_at("/tmp/" + std::string(200, 'x')));
    EXPECT_FALSE(connect_to("/tmp/" + std::string(200, 'x')));
}

}  // namespace

}  // namespace ntm::admin
