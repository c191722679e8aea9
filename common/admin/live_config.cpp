// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/live_config.hpp"

#include "common/config/signals.hpp"

#include <csignal>

namespace ntm::admin {

LiveConfig::LiveConfig(asio::io_context& loop, Program program, Log log)
    : program_{std::move(program)}, log_{std::move(log)}, hang_ups_{loop} {}

void LiveConfig::serve(AdminServer& server) {
    server.handle("config", "show", [this](const Json&) -> Answer { return show(); });
    server.handle("config", "reload", [this](const Json&) { return reload(); });
}

void LiveConfig::wait_for_hang_up() {
    asio::error_code ignored;
    hang_ups_.add(SIGHUP, ignored);
    config::let_hang_ups_in();
    hang_ups_.async_wait([this](const asio::error_code& error, int) {
        if (!error) {
            static_cast<void>(reload());
            wait_for_hang_up();
        }
    });
}

Json LiveConfig::show() const {
    return {{"file", program_.file}, {"config", program_.show()}};
}

Answer LiveConfig::reload() {
    const auto next = program_.read();
    if (!next) {
        Answer refused = Unexpected{AdminError{
            next.error().code, next.error().message, "nothing has changed: the file was refused"}};
        log_answer(refused);
        return refused;
    }
    Json answer{
        {"file", program_.file}, {"changed", Json::array()}, {"needs_restart", Json::array()}};
    for (const ConfigChange& change : changes_between(program_.show(), next->in_force)) {
        answer["changed"].push_back(
            {{"key", change.key}, {"from", change.before}, {"to", change.after}}
        );
    }
    for (const ConfigChange& change : changes_between(next->in_force, next->in_the_file)) {
        answer["needs_restart"].push_back(
            {{"key", change.key}, {"running", change.before}, {"in_the_file", change.after}}
        );
    }
    if (!answer["changed"].empty()) {
        program_.apply();
    }
    log_answer(answer);
    return answer;
}

void LiveConfig::log_answer(const Answer& answer) const {
    if (!answer) {
        log_(false, "reload refused, nothing has changed: " + answer.error().message);
        return;
    }
    const auto text_of = [](const Json& value) {
        return value.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    for (const Json& change : answer->at("changed")) {
        log_(
            true,
            "reload: " + change.at("key").get<std::string>() + " is " + text_of(change.at("to")) +
                ", was " + text_of(change.at("from"))
        );
    }
    for (const Json& change : answer->at("needs_restart")) {
        log_(
            false,
            "reload: " + change.at("key").get<std::string>() + " stays " +
                text_of(change.at("running")) + " until a restart"
        );
    }
    if (answer->at("changed").empty() && answer->at("needs_restart").empty()) {
        log_(true, "reload: nothing is different in " + program_.file);
    }
}

}  // namespace ntm::admin
