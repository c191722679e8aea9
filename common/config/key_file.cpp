// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/key_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ntm::config {

namespace {

constexpr std::size_t key_text_size = 44;  // base64 of 32 bytes

// Owns a file descriptor.
class File {
  public:
    explicit File(int descriptor) noexcept : descriptor_{descriptor} {}
    ~File() {
        if (descriptor_ >= 0) {
            close(descriptor_);
        }
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int get() const noexcept { return descriptor_; }

  private:
    int descriptor_;
};

std::string system_problem(const std::string& file, const char* what) {
    return file + ": " + what + ": " + std::strerror(errno);
}

// What helps where the file can not be opened; `why` is an errno.
std::string help_with(const std::string& file, int why) {
    switch (why) {
        case ENOENT:
            return " (make one with: ntmctl key generate " + file + ")";
        case EACCES:
            return " (only its owner may: root, if you made it as root)";
        default:
            return {};
    }
}

bool is_space(std::uint8_t byte) noexcept {
    return byte == '\n' || byte == '\r' || byte == ' ' || byte == '\t';
}

}  // namespace

Result<Secret32, std::string> read_key_file(const std::string& file) {
    // Not blocking: a FIFO would wait for somebody who writes into it.
    const File opened{open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (opened.get() < 0) {
        const int why = errno;
        return Unexpected{system_problem(file, "can not open the key file") + help_with(file, why)};
    }
    struct stat status {};
    if (fstat(opened.get(), &status) != 0) {
        return Unexpected{system_problem(file, "can not look at the key file")};
    }
    if (!S_ISREG(status.st_mode)) {
        const char* const what =
            S_ISDIR(status.st_mode) ? "a folder" : "something else than a file";
        return Unexpected{file + ": not a key file but " + what};
    }
    std::array<std::uint8_t, key_text_size + 4> text{};
    const ssize_t length = ::read(opened.get(), text.data(), text.size());
    if (length < 0) {
        return Unexpected{system_problem(file, "can not read the key file")};
    }
    auto size = static_cast<std::size_t>(length);
    while (size > 0 && is_space(text[size - 1])) {
        --size;
    }
    std::optional<Bytes> key = from_base64(as_text(ByteView{text}.first(size)));
    wipe(text);
    if (!key || key->size() != Secret32::size) {
        return Unexpected{file + ": not a key; a key file is one line, base64 of 32 bytes"};
    }
    Secret32 secret{ByteView{*key}.first<Secret32::size>()};
    wipe(*key);
    if ((status.st_mode & 07) != 0) {
        return Unexpected{
            file + ": the private key is open to everybody (make it private with: chmod 600 " +
            file + ")"};
    }
    return secret;
}

Result<Nothing, std::string> write_key_file(const std::string& file, const Secret32& key) {
    const File made{open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (made.get() < 0) {
        return Unexpected{system_problem(file, "can not make the key file")};
    }
    const std::string line = to_base64(key.view()) + "\n";
    const ssize_t written = write(made.get(), line.data(), line.size());
    if (written != static_cast<ssize_t>(line.size()) || fsync(made.get()) != 0) {
        const std::string problem = system_problem(file, "can not write the key file");
        unlink(file.c_str());
        return Unexpected{problem};
    }
    return Nothing{};
}

}  // namespace ntm::config
