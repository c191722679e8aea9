// SPDX-License-Identifier: BSD-3-Clause
// Section `napt: records` of relay.yaml: what goes on record of public ports, and where to.
#pragma once

#include "common/admin/message.hpp"
#include "common/base/address.hpp"
#include "common/base/time.hpp"
#include "common/config/reader.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace ntm::control {

// Where a relay keeps them unless it is told otherwise, and ntmctl looks for them.
inline constexpr const char* default_records_directory = "/var/log/ntm/nat";

struct RecordsConfig {
    struct Files {
        std::string directory = default_records_directory;
        std::uint32_t megabytes = 16;  // of each file
        std::uint32_t count = 64;

        [[nodiscard]] std::size_t file_bytes() const noexcept {
            return std::size_t{megabytes} << 20;
        }
        friend bool operator==(const Files&, const Files&) = default;
    };
    struct Ipfix {
        Endpoint collector;
        std::uint32_t domain = 1;
        std::chrono::seconds templates_every{600};
        friend bool operator==(const Ipfix&, const Ipfix&) = default;
    };

    bool has_sessions = false;  // and where they lead to, besides blocks
    std::optional<Files> files;
    std::optional<Ipfix> ipfix;
    std::optional<Endpoint> syslog;

    friend bool operator==(const RecordsConfig&, const RecordsConfig&) = default;
};

// `blocks`: of ports, that there are.
[[nodiscard]] RecordsConfig read_records(config::Section& records, std::size_t blocks);
[[nodiscard]] admin::Json records_json(const RecordsConfig& config);

}  // namespace ntm::control
