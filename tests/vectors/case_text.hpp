// SPDX-License-Identifier: BSD-3-Clause
// The text of a vector's config and in files: words of the packet builder, one packet a line. See
// tests/vectors/README.md for the words.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ntm::vectors {

struct InputFrame {
    Bytes bytes;
    std::uint16_t port = 0;
    std::uint16_t headroom = 128;
    std::uint8_t receive_marks = 0;
    Duration at{0};
};

struct CaseText {
    relay::Settings settings;
    std::vector<tables::RelayPath> paths;
    std::vector<InputFrame> frames;
};

// Throws std::runtime_error with file and line for what it does not understand.
[[nodiscard]] CaseText read_case(const std::filesystem::path& folder);

}  // namespace ntm::vectors
