// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/handlers.hpp"

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

Answer Handlers::answer(std::string_view line) const {
    const auto request = parse_request(line);
    if (!request) {
        return Unexpected{request.error()};
    }
    const auto noun = handlers_.find(request->noun);
    if (noun == handlers_.end()) {
        const std::string what = "no \"" + request->noun + "\" here";
        return Unexpected{AdminError{"unknown_noun", what, known_words(handlers_)}};
    }
    const auto verb = noun->second.find(request->verb);
    if (verb == noun->second.end()) {
        const std::string what = "can not \"" + request->verb + "\" a " + request->noun;
        return Unexpected{AdminError{"unknown_verb", what, known_words(noun->second)}};
    }
    // A handler may take values out of `args` as it likes: what is not there, or of another type,
    // is the client's fault.
    try {
        return verb->second(request->args);
    } catch (const Json::exception& error) {
        return Unexpected{AdminError{"bad_args", error.what(), ""}};
    }
}

}  // namespace ntm::admin
