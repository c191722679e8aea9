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

// Of a subscriber; all zero if he has none of a family.
[[nodiscard]] inline admin::Json vips_json(const Ipv4Address& vipv4, const Ipv6Address& vipv6) {
    admin::Json vips = admin::Json::array();
    for (const IpAddress& vip : {IpAddress{vipv4}, IpAddress{vipv6}}) {
        if (!vip.is_unspecified()) {
            vips.push_back(vip.text());
        }
    }
    return vips;
}

}  // namespace ntm::control
