// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/key_file.hpp"

#include "common/base/random.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace ntm::config {

namespace {

class KeyFile : public testing::Test {
  protected:
    KeyFile() : file_{testing::TempDir() + "ntm_key_file_test"} { std::filesystem::remove(file_); }
    void TearDown() override { std::filesystem::remove(file_); }
    void write(const std::string& text, mode_t mode = 0600) const {
        std::ofstream{file_} << text;
        chmod(file_.c_str(), mode);
    }
    std::string file_;
};

TEST_F(KeyFile, IsReadAsItWasWrittenAndIsPrivate) {
    SeededRandom random{1};
    const Secret32 key{random.bytes<32>()};
    ASSERT_TRUE(write_key_file(file_, key));
    struct stat status {};
    ASSERT_EQ(stat(file_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    const auto read = read_key_file(file_);
    ASSERT_TRUE(read) << read.error();
    EXPECT_TRUE(*read == key);
}

TEST_F(KeyFile, IsNeverReplaced) {
    SeededRandom random{1};
    ASSERT_TRUE(write_key_file(file_, Secret32{random.bytes<32>()}));
    EXPECT_FALSE(write_key_file(file_, Secret32{random.bytes<32>()}));
}

TEST_F(KeyFile, IsRefusedWhenEverybodyCanReadIt) {
    write("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", 0644);
    const auto read = read_key_file(file_);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().find("chmod 600"), std::string::npos);
}

TEST_F(KeyFile, WhatIsNoKeyIsNotCalledOne) {
    write("# A project\n\nWith a description that is longer than a key.\n", 0644);
    const auto text = read_key_file(file_);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error(), file_ + ": not a key; a key file is one line, base64 of 32 bytes");
    const auto folder = read_key_file(testing::TempDir());
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error(), testing::TempDir() + ": not a key file but a folder");
    std::filesystem::remove(file_);
    ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
    const auto fifo = read_key_file(file_);
    ASSERT_FALSE(fifo);
    EXPECT_EQ(fifo.error(), file_ + ": not a key file but something else than a file");
}

TEST_F(KeyFile, IsRefusedUnlessItHoldsOneKey) {
    for (const char* wrong :
         {"",
          "\n",
          "AAEC\n",
          "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=x",
          "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nmore of it\n",
          "!AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"}) {
        write(wrong);
        EXPECT_FALSE(read_key_file(file_)) << wrong;
    }
    std::filesystem::remove(file_);
    EXPECT_FALSE(read_key_file(file_));
}

}  // namespace

}  // namespace ntm::config
