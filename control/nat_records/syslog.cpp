// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/syslog.hpp"

#include "control/nat_records/record_text.hpp"

namespace ntm::control {

std::string syslog_message(
    const NatRecord& record, std::string_view hostname, std::string_view json
) {
    constexpr int local0 = 16;
    constexpr int informational = 6;
    std::string message = "<" + std::to_string(local0 * 8 + informational) + ">1 ";
    message += record.at.text();
    message += ' ';
    message += hostname;
    message += " ntm-relay - ";
    message += event_of(record);
    message += " - @cee: ";
    message += json;
    return message;
}

}  // namespace ntm::control
