// SPDX-License-Identifier: BSD-3-Clause
// What goes over an admin socket: one JSON object a line. A request is
// {"noun":"path","verb":"show","args":{...}}, an answer {"ok":true,"data":...} or
// {"error":{"code":"...","message":"...","hint":"..."}}.
#pragma once

#include "common/base/result.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace ntm::admin {

// Keeps the order in which a handler named things, since people read it.
using Json = nlohmann::ordered_json;

// A request's line may have this many bytes.
inline constexpr std::size_t max_request_size = std::size_t{64} * 1024;

struct AdminError {
    std::string code;     // a word for programs: "unknown_noun"
    std::string message;  // a sentence for people
    std::string hint;     // what to do about it; may be empty
};

struct Request {
    std::string noun;
    std::string verb = "show";
    Json args = Json::object();
};

using Answer = Result<Json, AdminError>;

[[nodiscard]] Result<Request, AdminError> parse_request(std::string_view line);
[[nodiscard]] std::string request_line(const Request& request);

[[nodiscard]] Result<Json, AdminError> parse_answer(std::string_view line);
[[nodiscard]] std::string answer_line(const Answer& answer);
[[nodiscard]] Json error_json(const AdminError& error);

}  // namespace ntm::admin
