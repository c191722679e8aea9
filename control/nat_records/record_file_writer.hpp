// SPDX-License-Identifier: BSD-3-Clause
// The thread that writes record files, so that a slow disk keeps nobody waiting: what it can not keep up
// with, or can not write, is lost and counted.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

namespace ntm::control {

class RecordFileWriter {
  public:
    struct Settings {
        std::filesystem::path directory;
        std::uintmax_t older_bytes = 0;  // of files beside the present one; the oldest by name go
    };
    explicit RecordFileWriter(Settings settings);
    RecordFileWriter(const RecordFileWriter&) = delete;
    RecordFileWriter& operator=(const RecordFileWriter&) = delete;
    // Writes what it has.
    ~RecordFileWriter();

    // What is put from here on is for a file of this name.
    void begin_file(const std::string& name);
    // One line, with its end.
    void put(const std::string& line);

    [[nodiscard]] std::uint64_t written() const noexcept { return written_; }
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

    static constexpr std::size_t most_waiting_bytes = std::size_t{8} << 20;

  private:
    struct Piece {
        std::string file;
        std::string text;
        std::uint64_t lines = 0;
    };

    void run();
    void write(const Piece& piece);
    [[nodiscard]] bool open(const std::string& file);
    void remove_oldest();

    Settings settings_;
    std::string file_;  // that the caller is at
    std::mutex mutex_;  // over the four below
    std::condition_variable has_work_;
    std::deque<Piece> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool is_over_ = false;
    std::atomic<std::uint64_t> written_{0};
    std::atomic<std::uint64_t> lost_{0};
    // The thread's own.
    std::string open_file_;
    int descriptor_ = -1;  // owned
    std::thread thread_;
};

}  // namespace ntm::control
