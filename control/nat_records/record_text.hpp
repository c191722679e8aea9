// SPDX-License-Identifier: BSD-3-Clause
// Records as JSON, one line each: in record files, and in syslog.
#pragma once

#include "common/admin/message.hpp"
#include "control/nat_records/nat_record.hpp"

#include <string>
#include <string_view>

namespace ntm::control {

// "block_taken", "address_kept" and so on.
[[nodiscard]] std::string_view event_of(const NatRecord& record) noexcept;

// `run`: of the relay, by its boot id.
[[nodiscard]] admin::Json record_json(const NatRecord& record, BootId run);
// The same in one line, without its end.
[[nodiscard]] std::string record_text(const NatRecord& record, BootId run);

}  // namespace ntm::control
