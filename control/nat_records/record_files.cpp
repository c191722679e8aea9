// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/record_files.hpp"

#include <algorithm>

namespace ntm::control {

namespace {

constexpr std::string_view prefix = "nat-";
constexpr std::string_view suffix = ".jsonl";

}  // namespace

std::vector<std::filesystem::path> record_files_in(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> files;
    std::error_code failed;
    for (std::filesystem::directory_iterator at{directory, failed}, end; !failed && at != end;
         at.increment(failed)) {
        const std::string name = at->path().filename().string();
        if (name.starts_with(prefix) && name.ends_with(suffix)) {
            files.push_back(at->path());
        }
    }
    std::ranges::sort(files);
    return files;
}

bool RecordFiles::put(std::string line, WallTime at) {
    line += '\n';
    const bool is_first = !has_file_ || bytes_ + line.size() > file_bytes_;
    if (is_first) {
        writer_.begin_file(std::string{prefix} + at.text() + std::string{suffix});
        has_file_ = true;
        bytes_ = 0;
    }
    bytes_ += line.size();
    writer_.put(line);
    return is_first;
}

}  // namespace ntm::control
