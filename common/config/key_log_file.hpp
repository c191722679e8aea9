// SPDX-License-Identifier: BSD-3-Clause
// The file of a key log (docs/key-log.md): lines are added at its end, each at once, so that a
// killed process leaves all lines of what it sent. It opens packets to whoever reads it.
#pragma once

#include "common/base/result.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace ntm::config {

// Adds a line, which ends with its newline.
using KeyLogSink = std::function<void(std::string_view line)>;
using Warn = std::function<void(const std::string& sentence)>;

// An empty sink if `file` is empty: no key log is kept. Else `warn` is told at once what it means
// to keep one, and once more if a line can not be written. The error is a sentence that begins with
// the file's name.
[[nodiscard]] Result<KeyLogSink, std::string> open_key_log(const std::string& file, Warn warn);

}  // namespace ntm::config
