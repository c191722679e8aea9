// SPDX-License-Identifier: BSD-3-Clause
// A file that this program writes secrets into: its owner's alone. It is made with mode 0600; one
// that is there already is refused if it is a symbolic link or no file, another user's, or open to
// others.
#pragma once

#include "common/base/result.hpp"

#include <string>
#include <string_view>

namespace ntm::config {

class PrivateFile {
  public:
    // `purpose`: "a key log". What is written goes to the end of what is there. The error is a
    // sentence that begins with the file's name.
    [[nodiscard]] static Result<PrivateFile, std::string> open(
        const std::string& file, const std::string& purpose
    );
    ~PrivateFile();
    PrivateFile(PrivateFile&& other) noexcept;
    PrivateFile& operator=(PrivateFile&&) = delete;
    PrivateFile(const PrivateFile&) = delete;
    PrivateFile& operator=(const PrivateFile&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    // The caller closes it from here on.
    [[nodiscard]] int release() noexcept;

    // All of the text, or none of it where the disk does not take it. The error as of open().
    [[nodiscard]] Result<Nothing, std::string> append(std::string_view text);

  private:
    PrivateFile(int descriptor, std::string file) noexcept;
    int descriptor_;
    std::string file_;
};

}  // namespace ntm::config
