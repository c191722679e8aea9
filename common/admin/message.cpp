// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/message.hpp"

namespace ntm::admin {

namespace {

Unexpected<AdminError> bad_request(const std::string& message) {
    return {
        {"bad_request",
         message,
         R"(a request is one line: {"noun":"status","verb":"show","args":{}})"}};
}

// Objects and lists one in another, beyond what is ever meant: whoever copies or writes such a value
// needs stack for each of them.
bool is_too_deep(std::string_view line) {
    constexpr std::size_t deepest = 64;
    std::size_t depth = 0;
    bool is_text = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char letter = line[at];
        if (letter == '"') {
            is_text = !is_text;
        } else if (is_text) {
            at += letter == '\\' ? 1 : 0;
        } else if (letter == '[' || letter == '{') {
            ++depth;
        } else if ((letter == ']' || letter == '}') && depth > 0) {
            --depth;
        }
        if (depth > deepest) {
            return true;
        }
    }
    return false;
}

// The text under the key; `fallback` if it is absent; nothing if it is no text.
std::optional<std::string> text_of(const Json& object, const char* key, const char* fallback) {
    const auto found = object.find(key);
    if (found == object.end()) {
        return fallback;
    }
    if (!found->is_string()) {
        return std::nullopt;
    }
    return found->get<std::string>();
}

}  // namespace

Result<Request, AdminError> parse_request(std::string_view line) {
    if (is_too_deep(line)) {
        return bad_request("the request is nested too deep");
    }
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded()) {
        return bad_request("the request is not JSON");
    }
    if (!json.is_object()) {
        return bad_request("the request is not a JSON object");
    }
    const auto noun = text_of(json, "noun", "");
    const auto verb = text_of(json, "verb", "show");
    if (!noun || noun->empty() || !verb) {
        return bad_request("the request names no noun, or its verb is no text");
    }
    Request request{*noun, *verb};
    if (const auto args = json.find("args"); args != json.end()) {
        if (!args->is_object()) {
            return bad_request("\"args\" is not a JSON object");
        }
        request.args = *args;
    }
    return request;
}

std::string request_line(const Request& request) {
    const Json json{{"noun", request.noun}, {"verb", request.verb}, {"args", request.args}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Json, AdminError> parse_answer(std::string_view line) {
    const auto garbled = Unexpected{
        AdminError{"bad_answer", "the daemon's answer is not what this tool understands", ""}};
    const Json json = is_too_deep(line) ? Json{} : Json::parse(line, nullptr, false);
    if (!json.is_object()) {
        return garbled;
    }
    if (const auto error = json.find("error"); error != json.end() && error->is_object()) {
        return Unexpected{AdminError{
            text_of(*error, "code", "failed").value_or("failed"),
            text_of(*error, "message", "").value_or(""),
            text_of(*error, "hint", "").value_or("")}};
    }
    if (!json.contains("ok")) {
        return garbled;
    }
    return json.value("data", Json{});
}

Json error_json(const AdminError& error) {
    Json inner{{"code", error.code}, {"message", error.message}};
    if (!error.hint.empty()) {
        inner["hint"] = error.hint;
    }
    return Json{{"error", inner}};
}

std::string answer_line(const Answer& answer) {
    const Json json = answer ? Json{{"ok", true}, {"data", *answer}} : error_json(answer.error());
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ntm::admin
