// SPDX-License-Identifier: BSD-3-Clause
// What stands between a file's name and the sections of reader.hpp: a file that may be anything (a
// device, a folder, gigabytes, a picture) becomes a text of bounded size whose YAML is plain: no
// anchors, no tags, a few levels deep. So nothing that a file can hold costs more than reading it.
#pragma once

#include "common/base/result.hpp"
#include "common/config/config_error.hpp"

#include <cstddef>
#include <string>

namespace ntm::config {

inline constexpr std::size_t largest_file = std::size_t{256} * 1024;
inline constexpr std::size_t deepest_nesting = 16;

// The file's text, which is UTF-8 without control characters.
[[nodiscard]] Result<std::string, Problem> read_config_file(const std::string& file);

// Nothing, or the first byte that no text has.
[[nodiscard]] Result<Nothing, Problem> check_characters(const std::string& text);

// Nothing, or what of YAML the text uses that configurations do without, or why it is no YAML.
[[nodiscard]] Result<Nothing, Problem> check_shape(const std::string& text);

}  // namespace ntm::config
