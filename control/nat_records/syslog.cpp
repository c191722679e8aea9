// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/syslog.hpp"

#include "control/nat_records/record_text.hpp"

namespace ntm::control {

std::string syslog_message(
    const NatRecord& record, std::string_view hostname, std::string_view json
) {
    constexpr int local0 = 16;
    constexpr int warning = 4;
    constexpr int informational = 6;
    const bool is_trouble = std::holds_alternative<Shortage>(record.what) ||
                            std::holds_alternative<RecordsLost>(record.what);
    const int severity = is_trouble ? warning : informational;
    std::string message = "<" + std::to_string(local0 * 8 + severity) + ">1 ";
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
