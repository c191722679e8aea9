// SPDX-License-Identifier: BSD-3-Clause
// What `ntmctl nat` shows of the NAPT, its subscribers and their sessions. Keys are snake_case with
// their units.
#pragma once

#include "common/admin/message.hpp"
#include "common/base/time.hpp"
#include "control/napt_load.hpp"
#include "control/subscribers.hpp"
#include "rs-dataplane/relay/inquiries.hpp"

#include <string>

namespace ntm::control {

[[nodiscard]] admin::Json pool_view(const NaptConfig& config, const AllNaptGauges& gauges);

// What this thread knows of him; `dc`: the name of his DC.
[[nodiscard]] admin::Json subscriber_view(const Subscribers::Member& member, const std::string& dc);
// And what the worker does.
void add_usage(admin::Json& subscriber, const relay::UsageInquiry::Usage& usage);
void add_blocks(admin::Json& subscriber, const relay::UsageInquiry::Usage& usage);

// `of`: whose it is.
[[nodiscard]] admin::Json session_view(
    const relay::SessionInquiry::Found& found, const relay::SubscriberName& of, Instant now
);

}  // namespace ntm::control
