// SPDX-License-Identifier: BSD-3-Clause
// Files of records, a line of JSON each. When one is full the next one is begun and the oldest goes; each
// tells anew all that is so, so that what is left after that is complete.
#pragma once

#include "common/base/wall_time.hpp"
#include "control/nat_records/record_file_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ntm::control {

// In order of their times. Nothing if it can not be read.
[[nodiscard]] std::vector<std::filesystem::path> record_files_in(
    const std::filesystem::path& directory
);

class RecordFiles {
  public:
    struct Settings {
        std::filesystem::path directory;
        std::size_t file_bytes = std::size_t{16} << 20;
        std::size_t files =
            64;  // full ones; shorter ones, of which each start leaves one, are more
    };
    explicit RecordFiles(const Settings& settings)
        : file_bytes_{settings.file_bytes},
          writer_{{settings.directory, (settings.files - 1) * settings.file_bytes}} {}

    // One line, without its end. True: it is the first one of a file.
    bool put(std::string line, WallTime at);

    [[nodiscard]] const RecordFileWriter& writer() const noexcept { return writer_; }

  private:
    std::size_t file_bytes_;
    std::size_t bytes_ = 0;  // of the present one
    bool has_file_ = false;
    RecordFileWriter writer_;
};

}  // namespace ntm::control
