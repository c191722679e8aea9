// SPDX-License-Identifier: BSD-3-Clause
// Lines on an admin socket, through the parser and to handlers that take arguments out as the
// daemons' do; and the same lines as a daemon's answers, which ntmctl shows. Promises: each line gets
// one line that is an answer; a request that is taken builds to one that means the same; and what is
// shown has no control characters, which would speak to the terminal.
#include "common/admin/handlers.hpp"
#include "common/admin/message.hpp"
#include "common/admin/path_show.hpp"
#include "common/admin/render.hpp"
#include "common/base/text.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

namespace ntm::fuzz {

namespace {

using admin::Answer;
using admin::Json;

Answer show_paths(const Json& args) {
    const auto path = [](PathId id) {
        return Json{{"path_id", id.text()}};
    };
    return admin::show_paths(
        args,
        {2,
         [&](PathId id) { return id.value == 1 ? std::optional{path(id)} : std::nullopt; },
         [&](std::size_t limit) {
             Json paths = Json::array();
             for (std::uint64_t id = 1; id <= std::min<std::uint64_t>(limit, 2); ++id) {
                 paths.push_back(path({id}));
             }
             return paths;
         }}
    );
}

const admin::Handlers& handlers() {
    static const admin::Handlers made = [] {
        admin::Handlers all;
        all.add("path", "show", show_paths);
        all.add("drop", "show", [](const Json& args) -> Answer {
            return Json{{"all", args.value("all", false)}};
        });
        all.add("node", "add", [](const Json& args) -> Answer {
            return Json{
                {"fqdn", args.at("fqdn").get<std::string>()},
                {"key", args.at("key").get<std::string>()}};
        });
        return all;
    }();
    return made;
}

bool is_for_terminal(std::string text) {
    std::erase(text, '\n');
    return printable(text) == text;
}

void check_request(std::string_view line) {
    if (const auto request = admin::parse_request(line)) {
        const auto again = admin::parse_request(admin::request_line(*request));
        demand(again.has_value(), "a request builds to one that is taken");
        demand(
            again->noun == request->noun && again->verb == request->verb &&
                again->args == request->args,
            "and means the same"
        );
    }
    std::string answer;
    handlers().answer(line, [&answer](const Answer& given) {
        answer += admin::answer_line(given);
    });
    demand(std::ranges::count(answer, '\n') == 1 && answer.ends_with('\n'), "an answer is a line");
    const Json json = Json::parse(answer, nullptr, false);
    demand(json.is_object() && json.contains("ok") != json.contains("error"), "and is an answer");
}

void show_answer(std::string_view line) {
    const auto data = admin::parse_answer(line);
    if (data) {
        demand(is_for_terminal(admin::render(*data)), "what is shown is text");
    }
}

}  // namespace

void set_up() {
    handlers();
}

void run(ByteView bytes) {
    const std::string line = as_text(bytes);
    check_request(line);
    show_answer(line);
}

}  // namespace ntm::fuzz
