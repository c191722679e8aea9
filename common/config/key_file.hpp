// SPDX-License-Identifier: BSD-3-Clause
// Files that hold a private key: one line, base64 of 32 bytes, readable by the owner (and perhaps
// a group) alone.
#pragma once

#include "common/base/result.hpp"
#include "common/base/secret.hpp"

#include <string>

namespace ntm::config {

// The error is a sentence that begins with the file's name.
[[nodiscard]] Result<Secret32, std::string> read_key_file(const std::string& file);
// Makes a new file of mode 0600; refuses to replace one that exists.
[[nodiscard]] Result<Nothing, std::string> write_key_file(
    const std::string& file, const Secret32& key
);

}  // namespace ntm::config
