// SPDX-License-Identifier: BSD-3-Clause
// One path as `ntmctl path` shows it. Keys are snake_case with their units.
#pragma once

#include "common/admin/message.hpp"
#include "common/base/time.hpp"
#include "control/relayed_path.hpp"
#include "rs-dataplane/relay/observation.hpp"

#include <string>

namespace ntm::control {

// `dc`: the name of the DC that made it; `seen`: what came in from each leg.
[[nodiscard]] admin::Json path_view(
    const RelayedPath& path, const std::string& dc, const relay::PathView& seen, Instant now
);

}  // namespace ntm::control
