// SPDX-License-Identifier: BSD-3-Clause
// `ntmctl capture open`: reads key logs and a capture (pcap or pcapng, by libpcap), and writes a pcap
// with the NTM packets in it opened (docs/key-log.md).
#pragma once

#include "common/admin/message.hpp"
#include "common/base/address.hpp"
#include "common/base/result.hpp"

#include <string>
#include <vector>

namespace ntm::control {

struct CaptureOrder {
    std::string input;
    std::string output;
    std::vector<std::string> key_logs;
    Port port{9770};
};

// What was counted. The error is a sentence; what could be read until then has been written.
[[nodiscard]] Result<admin::Json, std::string> open_capture(const CaptureOrder& order);

}  // namespace ntm::control
