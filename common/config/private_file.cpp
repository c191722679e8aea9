// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/private_file.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ntm::config {

namespace {

// Why secrets may not go into the file, if so.
std::optional<std::string> objection(const std::string& file, int descriptor) {
    struct stat status {};
    if (fstat(descriptor, &status) != 0) {
        return std::strerror(errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return "it is not a file";
    }
    if (status.st_uid != geteuid()) {
        return "the file is another user's";
    }
    if ((status.st_mode & 077U) != 0) {
        return "the file is open to others (make it private with: chmod 600 " + file + ")";
    }
    return std::nullopt;
}

// How much of the text was written; less than all of it: errno says why.
std::size_t write_out(int descriptor, std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t written = write(descriptor, text.data() + done, text.size() - done);
        if (written < 0 && errno != EINTR) {
            break;
        }
        done += written < 0 ? 0 : static_cast<std::size_t>(written);
    }
    return done;
}

}  // namespace

Result<PrivateFile, std::string> PrivateFile::open(
    const std::string& file, const std::string& purpose
) {
    // Not blocking: a FIFO would wait for somebody who reads from it.
    const int descriptor = ::open(
        file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600
    );
    const std::string refused = file + ": no place for " + purpose + ": ";
    if (descriptor < 0) {
        return Unexpected{
            refused + (errno == ELOOP ? "it is a symbolic link" : std::strerror(errno))};
    }
    PrivateFile opened{descriptor, file};
    if (const auto why = objection(file, descriptor)) {
        return Unexpected{refused + *why};
    }
    return opened;
}

PrivateFile::PrivateFile(int descriptor, std::string file) noexcept
    : descriptor_{descriptor}, file_{std::move(file)} {}

PrivateFile::PrivateFile(PrivateFile&& other) noexcept
    : descriptor_{other.release()}, file_{std::move(other.file_)} {}

PrivateFile::~PrivateFile() {
    if (descriptor_ >= 0) {
        close(descriptor_);
    }
}

int PrivateFile::release() noexcept {
    return std::exchange(descriptor_, -1);
}

Result<Nothing, std::string> PrivateFile::append(std::string_view text) {
    const std::size_t done = write_out(descriptor_, text);
    if (done == text.size()) {
        return Nothing{};
    }
    std::string problem = file_ + ": can not be written: " + std::strerror(errno);
    struct stat status {};
    const auto part = static_cast<off_t>(done);
    if (done > 0 && (fstat(descriptor_, &status) != 0 || status.st_size < part ||
                     ftruncate(descriptor_, status.st_size - part) != 0)) {
        problem += "; its last line is a part of one";
    }
    return Unexpected{std::move(problem)};
}

}  // namespace ntm::config
