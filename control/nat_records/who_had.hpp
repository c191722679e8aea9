// SPDX-License-Identifier: BSD-3-Clause
// Who had a public port at a time, and at which real addresses he was then: from record files alone.
#pragma once

#include "common/admin/message.hpp"
#include "common/base/address.hpp"
#include "common/base/result.hpp"
#include "common/base/wall_time.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace ntm::control {

struct WhoHad {
    IpAddress address;
    std::uint16_t port = 0;
    WallTime at;

    // The error says which of the three it is that can not be read.
    [[nodiscard]] static Result<WhoHad, std::string> parse(
        const std::string& address, const std::string& port, const std::string& time
    );
};

// {"holders": [...], "records_from": ..., "records_to": ..., "unreadable": n, "lost": n}: nobody had it if
// there are no holders. The error is a sentence.
[[nodiscard]] Result<admin::Json, std::string> who_had(
    const std::filesystem::path& directory, const WhoHad& question
);

}  // namespace ntm::control
