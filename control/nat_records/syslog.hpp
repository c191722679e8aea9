// SPDX-License-Identifier: BSD-3-Clause
// A record as a syslog message (RFC 5424) for a datagram of its own (RFC 5426). No registered structured
// data is about NAT; the message is the record's JSON behind the cookie that collectors know it by.
#pragma once

#include "control/nat_records/nat_record.hpp"

#include <string>
#include <string_view>

namespace ntm::control {

// `hostname`: the relay's name. `json`: the record's text.
[[nodiscard]] std::string syslog_message(
    const NatRecord& record, std::string_view hostname, std::string_view json
);

}  // namespace ntm::control
