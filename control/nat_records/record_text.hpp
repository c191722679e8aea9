// SPDX-License-Identifier: BSD-3-Clause
// Records as JSON, one line each: in record files, and in syslog.
#pragma once

#include "common/admin/message.hpp"
#include "control/nat_records/nat_record.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ntm::control {

// "block_taken", "address_kept" and so on.
[[nodiscard]] std::string_view event_of(const NatRecord& record) noexcept;

// Of a process, of those that go on under one boot id: tenancies are numbered anew in each.
[[nodiscard]] std::string name_of_run(BootId boot_id, std::uint64_t process);

// `run`: of the relay, as it is called.
[[nodiscard]] admin::Json record_json(const NatRecord& record, std::string_view run);
// The same in one line, without its end.
[[nodiscard]] std::string record_text(const NatRecord& record, std::string_view run);

}  // namespace ntm::control
