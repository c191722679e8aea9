// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/record_file_writer.hpp"

#include "control/nat_records/record_files.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace ntm::control {

namespace {

constexpr mode_t owner_and_group = 0640;

// How many bytes were written.
std::size_t write_all(int descriptor, const std::string& text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t count = ::write(descriptor, text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            break;
        }
        done += static_cast<std::size_t>(count);
    }
    return done;
}

}  // namespace

RecordFileWriter::RecordFileWriter(Settings settings)
    : settings_{std::move(settings)}, thread_{[this] {
          run();
      }} {}

RecordFileWriter::~RecordFileWriter() {
    {
        const std::lock_guard lock{mutex_};
        is_over_ = true;
    }
    has_work_.notify_one();
    thread_.join();
    if (descriptor_ >= 0) {
        close(descriptor_);
    }
}

void RecordFileWriter::begin_file(const std::string& name) {
    file_ = name;
}

void RecordFileWriter::put(const std::string& line) {
    {
        const std::lock_guard lock{mutex_};
        if (waiting_bytes_ + line.size() > most_waiting_bytes) {
            ++lost_;
            return;
        }
        waiting_bytes_ += line.size();
        if (waiting_.empty() || waiting_.back().file != file_) {
            waiting_.push_back({file_, {}, 0});
        }
        waiting_.back().text += line;
        ++waiting_.back().lines;
    }
    has_work_.notify_one();
}

void RecordFileWriter::run() {
    std::unique_lock lock{mutex_};
    while (true) {
        has_work_.wait(lock, [this] { return is_over_ || !waiting_.empty(); });
        if (waiting_.empty()) {
            return;
        }
        const Piece piece = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        write(piece);
        lock.lock();
        waiting_bytes_ -= piece.text.size();
    }
}

void RecordFileWriter::write(const Piece& piece) {
    if (!open(piece.file)) {
        lost_ += piece.lines;
        return;
    }
    const off_t before = lseek(descriptor_, 0, SEEK_END);
    if (write_all(descriptor_, piece.text) == piece.text.size()) {
        written_ += piece.lines;
        return;
    }
    // No half line: what comes when there is room again would be lost with it.
    static_cast<void>(ftruncate(descriptor_, before) == 0);
    lost_ += piece.lines;
}

bool RecordFileWriter::open(const std::string& file) {
    if (descriptor_ >= 0 && open_file_ == file) {
        return true;
    }
    if (descriptor_ >= 0) {
        close(descriptor_);
    }
    const std::filesystem::path path = settings_.directory / file;
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, owner_and_group);
    open_file_ = file;
    if (descriptor_ < 0) {
        return false;
    }
    remove_oldest();
    return true;
}

void RecordFileWriter::remove_oldest() {
    std::vector<std::filesystem::path> files = record_files_in(settings_.directory);
    // The clock may have been set back.
    std::erase_if(files, [this](const auto& file) { return file.filename() == open_file_; });
    std::ranges::reverse(files);
    std::uintmax_t left = settings_.older_bytes;
    for (const std::filesystem::path& file : files) {
        std::error_code failed;
        const std::uintmax_t bytes = std::filesystem::file_size(file, failed);
        if (failed) {
            continue;
        }
        if (bytes <= left) {
            left -= bytes;
            continue;
        }
        left = 0;  // what is older goes, too
        std::filesystem::remove(file, failed);
    }
}

}  // namespace ntm::control
