// SPDX-License-Identifier: BSD-3-Clause
// JSON answers as text for people: objects as lines of names and values, lists of objects as
// tables. Knows no noun: what a daemon adds is shown without a change here.
#pragma once

#include "common/admin/message.hpp"

#include <string>

namespace ntm::admin {

[[nodiscard]] std::string render(const Json& data);
// As indented JSON, in ASCII whatever is in it.
[[nodiscard]] std::string json_text(const Json& data);

}  // namespace ntm::admin
