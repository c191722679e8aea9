// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/key_log_file.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ntm::config {

namespace {

std::string problem(const std::string& file, const char* what) {
    return file + ": " + what + ": " + std::strerror(errno);
}

// Why secrets may not go into the file, if so.
std::optional<std::string> objection(const std::string& file, int descriptor) {
    struct stat status {};
    if (fstat(descriptor, &status) != 0) {
        return problem(file, "can not look at the key log");
    }
    if (!S_ISREG(status.st_mode)) {
        return file + ": no place for a key log: it is not a file";
    }
    if (status.st_uid != geteuid()) {
        return file + ": no place for a key log: the file is another user's";
    }
    if ((status.st_mode & 077U) != 0) {
        return file +
               ": no place for a key log: the file is open to others "
               "(make it private with: chmod 600 " +
               file + ")";
    }
    return std::nullopt;
}

class KeyLogFile {
  public:
    KeyLogFile(int descriptor, std::string file, Warn warn)
        : descriptor_{descriptor}, file_{std::move(file)}, warn_{std::move(warn)} {}
    ~KeyLogFile() { close(descriptor_); }
    KeyLogFile(const KeyLogFile&) = delete;
    KeyLogFile& operator=(const KeyLogFile&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    void append(std::string_view line) {
        const ssize_t written = write(descriptor_, line.data(), line.size());
        if (written == static_cast<ssize_t>(line.size()) || has_failed_) {
            return;
        }
        has_failed_ = true;
        warn_(
            written < 0 ? problem(file_, "can not write the key log, lines are lost")
                        : file_ + ": the key log took a part of a line only, lines are lost"
        );
    }

  private:
    int descriptor_;
    std::string file_;
    Warn warn_;
    bool has_failed_ = false;
};

}  // namespace

Result<KeyLogSink, std::string> open_key_log(const std::string& file, Warn warn) {
    if (file.empty()) {
        return KeyLogSink{};
    }
    // Not blocking: a FIFO would wait for somebody who reads from it.
    const int descriptor = open(
        file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600
    );
    if (descriptor < 0 && errno == ELOOP) {
        return Unexpected{file + ": no place for a key log: it is a symbolic link"};
    }
    if (descriptor < 0) {
        return Unexpected{problem(file, "can not open the key log")};
    }
    const auto opened = std::make_shared<KeyLogFile>(descriptor, file, warn);
    if (auto why = objection(file, opened->descriptor())) {
        return Unexpected{*std::move(why)};
    }
    warn("--key-log: whoever reads " + file + " can read all packets of this program");
    return KeyLogSink{[opened](std::string_view line) {
        opened->append(line);
    }};
}

}  // namespace ntm::config
