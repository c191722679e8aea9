// SPDX-License-Identifier: BSD-3-Clause
// A folder of a test's own, which goes with it.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ntm::control::test {

class Folder {
  public:
    Folder() {
        std::string pattern = ::testing::TempDir() + "ntm_nat_records_XXXXXX";
        path_ = mkdtemp(pattern.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] bool has(const std::string& name) const {
        return std::filesystem::exists(path_ / name);
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file{path_ / name};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream{path_ / name} << text;
    }
    void make_fifo(const std::string& name) const {
        ASSERT_EQ(mkfifo((path_ / name).c_str(), 0600), 0);
    }
    // Until its writer closes it; in the background.
    void drain_fifo(const std::string& name) {
        drain_ = std::jthread{[this, name] {
            static_cast<void>(read(name));
        }};
    }

    template <typename Condition>
    static void wait_until(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), end) << "waited in vain";
            std::this_thread::yield();
        }
    }

  private:
    std::filesystem::path path_;
    std::jthread drain_;
};

}  // namespace ntm::control::test
