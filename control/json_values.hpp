// SPDX-License-Identifier: BSD-3-Clause
// Values as the relay's answers show them.
#pragma once

#include "common/admin/message.hpp"
#include "common/base/address.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <optional>

namespace ntm::control {

[[nodiscard]] inline double seconds_of(Duration duration) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration);
    return std::chrono::duration<double>(milliseconds).count();
}

[[nodiscard]] inline admin::Json endpoint_or_null(const std::optional<Endpoint>& endpoint) {
    return endpoint ? admin::Json(endpoint->text()) : admin::Json();
}

}  // namespace ntm::control
