// SPDX-License-Identifier: BSD-3-Clause
// The configuration of a running daemon, shown and reloaded: `ntmctl config`, `ntmctl reload` and
// SIGHUP. A reload reads and checks the whole file as a start would. If anything in it is wrong,
// nothing changes and the answer is what the start would say. Otherwise all that can change in a
// running daemon changes at once, and the rest is listed as waiting for a restart.
#pragma once

#include "common/admin/admin_server.hpp"
#include "common/admin/config_change.hpp"
#include "common/base/result.hpp"
#include "common/config/config_error.hpp"

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ntm::admin {

class LiveConfig {
  public:
    // What the daemon brings; `show` is the configuration with its defaults, keys as in the file.
    struct Program {
        std::string file;
        std::function<Json()> show;
        // Reads the file, and keeps what it read for `apply`.
        std::function<Result<Json, config::ConfigError>()> read;
        // Takes over what lies under the `live` keys.
        std::function<void()> apply;
        std::vector<std::string> live;
        std::function<void(bool is_good, const std::string& line)> log;
    };

    // The loop outlives this.
    LiveConfig(asio::io_context& loop, Program program);
    LiveConfig(const LiveConfig&) = delete;
    LiveConfig& operator=(const LiveConfig&) = delete;

    // Adds `config show` and `config reload`. This outlives the server.
    void serve(AdminServer& server);
    // From here on SIGHUP reloads, and so does one that came since the start.
    void wait_for_hang_up();

    [[nodiscard]] Json show() const;
    [[nodiscard]] Answer reload();

  private:
    void log_answer(const Answer& answer) const;
    Program program_;
    asio::signal_set hang_ups_;
};

// `read`: file -> Result<Config, ConfigError>; `show`: Config -> Json; `apply`: takes a Config, and
// changes `running` and the daemon by it. `running` outlives what comes back.
template <typename Config, typename Read, typename Show, typename Apply>
[[nodiscard]] LiveConfig::Program live_program(
    const Config& running, std::string file, Read read, Show show, Apply apply
) {
    const auto candidate = std::make_shared<Config>(running);
    LiveConfig::Program program;
    program.file = file;
    program.show = [&running, show] {
        return show(running);
    };
    program.read = [=]() -> Result<Json, config::ConfigError> {
        auto next = read(file);
        if (!next) {
            return Unexpected{next.error()};
        }
        *candidate = *std::move(next);
        return show(*candidate);
    };
    program.apply = [candidate, apply] {
        apply(*candidate);
    };
    return program;
}

}  // namespace ntm::admin
