// SPDX-License-Identifier: BSD-3-Clause
// What a daemon's admin socket can be asked for, and the answer to one line that came over it.
#pragma once

#include "common/admin/message.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace ntm::admin {

// What a daemon does for one noun and verb; `args` is a JSON object.
using Handler = std::function<Answer(const Json& args)>;
// Takes the one answer to a request; may be called when nobody waits for it any more.
using Reply = std::function<void(const Answer&)>;
// Replies before it returns, or later on the same thread. Throws, if at all, without a reply.
using LaterHandler = std::function<void(const Json& args, const Reply& reply)>;

class Handlers {
  public:
    void add(const std::string& noun, const std::string& verb, Handler handler);
    void add_later(const std::string& noun, const std::string& verb, LaterHandler handler) {
        handlers_[noun][verb] = std::move(handler);
    }
    // Unknown nouns and verbs are answered with the list of known ones.
    void answer(std::string_view line, const Reply& reply) const;

  private:
    [[nodiscard]] Result<const LaterHandler*, AdminError> find(const Request& request) const;

    std::map<std::string, std::map<std::string, LaterHandler>> handlers_;
};

}  // namespace ntm::admin
