// SPDX-License-Identifier: BSD-3-Clause
// What ntmctl can ask a DC: status, node add/show/remove, relay add/show/remove, path show.
#pragma once

#include "common/admin/message.hpp"
#include "common/base/time.hpp"
#include "dc/coordinator.hpp"
#include "dc/intake.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ntm::dc {

struct AdminContext {
    Coordinator& coordinator;
    std::function<Instant()> now;
    // Commits and sends what an order has made; a sentence if the store refuses.
    std::function<std::optional<std::string>()> settle;
    Instant started_at;
    std::vector<Endpoint> listens_at;
    const Intake& intake;
    std::string key_log_file{};  // empty: none is kept
};

struct AdminVerb {
    std::string noun;
    std::string verb;
    std::function<admin::Answer(const admin::Json& args)> handle;
};

[[nodiscard]] std::vector<AdminVerb> make_admin_verbs(AdminContext context);

}  // namespace ntm::dc
