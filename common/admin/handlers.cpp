// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/handlers.hpp"

#include <utility>

namespace ntm::admin {

namespace {

template <typename Map>
std::string known_words(const Map& map) {
    std::string words;
    for (const auto& entry : map) {
        words += (words.empty() ? "" : ", ") + entry.first;
    }
    return "known here: " + words;
}

}  // namespace

void Handlers::add(const std::string& noun, const std::string& verb, Handler handler) {
    add_later(noun, verb, [handler = std::move(handler)](const Json& args, const Reply& reply) {
        reply(handler(args));
    });
}

Result<const LaterHandler*, AdminError> Handlers::find(const Request& request) const {
    const auto noun = handlers_.find(request.noun);
    if (noun == handlers_.end()) {
        const std::string what = "no \"" + request.noun + "\" here";
        return Unexpected{AdminError{"unknown_noun", what, known_words(handlers_)}};
    }
    const auto verb = noun->second.find(request.verb);
    if (verb == noun->second.end()) {
        const std::string what = "can not \"" + request.verb + "\" a " + request.noun;
        return Unexpected{AdminError{"unknown_verb", what, known_words(noun->second)}};
    }
    return &verb->second;
}

void Handlers::answer(std::string_view line, const Reply& reply) const {
    const auto request = parse_request(line);
    if (!request) {
        reply(Unexpected{request.error()});
        return;
    }
    const auto handler = find(*request);
    if (!handler) {
        reply(Unexpected{handler.error()});
        return;
    }
    // A handler may take values out of `args` as it likes: what is not there, or of another type,
    // is the client's fault.
    try {
        (**handler)(request->args, reply);
    } catch (const Json::exception& error) {
        reply(Unexpected{AdminError{"bad_args", error.what(), ""}});
    }
}

}  // namespace ntm::admin
