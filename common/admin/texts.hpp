// SPDX-License-Identifier: BSD-3-Clause
// A JSON list of what each item's text() gives.
#pragma once

#include "common/admin/message.hpp"

namespace ntm::admin {

template <typename Items>
[[nodiscard]] Json texts_of(const Items& items) {
    Json list = Json::array();
    for (const auto& item : items) {
        list.push_back(item.text());
    }
    return list;
}

}  // namespace ntm::admin
