// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/path_show.hpp"

#include <charconv>

namespace ntm::admin {

namespace {

constexpr std::int64_t usual_limit = 1000;

std::optional<PathId> parse_path_id(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return PathId{value};
}

}  // namespace

Result<std::size_t, AdminError> limit_of(const Json& args) {
    const auto limit = args.value("limit", usual_limit);
    if (limit < 1) {
        const std::string what = "a limit of " + std::to_string(limit) + " shows nothing";
        return Unexpected{AdminError{"bad_argument", what, "it must be at least 1"}};
    }
    return static_cast<std::size_t>(limit);
}

Answer show_paths(const Json& args, const PathsToShow& paths) {
    const auto limit = limit_of(args);
    if (!limit) {
        return Unexpected{limit.error()};
    }
    if (!args.contains("path_id")) {
        return Json{{"total", paths.total}, {"paths", paths.first(*limit)}};
    }
    const auto wanted = args.at("path_id").get<std::string>();
    const auto id = parse_path_id(wanted);
    const auto path = id ? paths.one(*id) : std::nullopt;
    if (!path) {
        const std::string what = "no path " + wanted + " here";
        return Unexpected{AdminError{"unknown_path", what, "ntmctl path lists them"}};
    }
    return Json{{"total", paths.total}, {"paths", Json::array({*path})}};
}

}  // namespace ntm::admin
