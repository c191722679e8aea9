// SPDX-License-Identifier: BSD-3-Clause
// The answer to "path show", which every daemon gives in the same form:
// {"total":n,"paths":[...]}. Arguments: {"path_id": hex} for one, {"limit": n} for the most to show
// (at least 1; 1000 without).
#pragma once

#include "common/admin/message.hpp"
#include "common/base/ids.hpp"
#include "common/base/result.hpp"

#include <cstddef>
#include <functional>
#include <optional>

namespace ntm::admin {

// What a daemon has to show.
struct PathsToShow {
    std::size_t total = 0;
    std::function<std::optional<Json>(PathId)> one;  // nothing if there is no such path
    std::function<Json(std::size_t limit)> first;    // an array of at most `limit`
};

// The most to show by these arguments.
[[nodiscard]] Result<std::size_t, AdminError> limit_of(const Json& args);

// An error if the one asked for is not there, or its Path ID is none. Throws Json::exception, as a
// handler may, at arguments of another type.
[[nodiscard]] Answer show_paths(const Json& args, const PathsToShow& paths);

}  // namespace ntm::admin
