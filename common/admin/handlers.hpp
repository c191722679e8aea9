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

class Handlers {
  public:
    void add(const std::string& noun, const std::string& verb, Handler handler) {
        handlers_[noun][verb] = std::move(handler);
    }
    // Unknown nouns and verbs are answered with the list of known ones.
    [[nodiscard]] Answer answer(std::string_view line) const;

  private:
    std::map<std::string, std::map<std::string, Handler>> handlers_;
};

}  // namespace ntm::admin
