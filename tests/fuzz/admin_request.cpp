// SPDX-License-Identifier: BSD-3-Clause
// Lines on an admin socket, and the answers that ntmctl reads. Promises: a request that is taken
// builds to a line that means the same, and every error makes a line that ntmctl can read.
#include "common/admin/message.hpp"
#include "tests/fuzz/target.hpp"

#include <string_view>

namespace ntm::fuzz {

void set_up() {}

void run(ByteView bytes) {
    const auto line = as_text(bytes);
    const auto request = admin::parse_request(line);
    if (request) {
        const auto again = admin::parse_request(admin::request_line(*request));
        demand(again.has_value(), "a request builds to one that is taken");
        demand(again->noun == request->noun && again->verb == request->verb, "and means the same");
    } else {
        const auto answer = admin::parse_answer(admin::answer_line(Unexpected{request.error()}));
        demand(!answer && answer.error().code == request.error().code, "an error can be read");
    }
    static_cast<void>(admin::parse_answer(line).has_value());
}

}  // namespace ntm::fuzz
