// SPDX-License-Identifier: BSD-3-Clause
// The configuration of a running daemon, shown and reloaded: `ntmctl config`, `ntmctl reload` and
// SIGHUP. A reload reads and checks the whole file as a start would, and then what the daemon would
// go by: all that can change while it runs, with all that waits for a restart. If anything is wrong
// with either, nothing changes and the answer says what. Otherwise all of the former changes at
// once, and the latter is listed.
#pragma once

#include "common/admin/admin_server.hpp"
#include "common/admin/config_change.hpp"
#include "common/base/result.hpp"
#include "common/config/config_error.hpp"

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ntm::admin {

class LiveConfig {
  public:
    // What a reload would do: as `show` gives it.
    struct Next {
        Json in_force;
        Json in_the_file;
    };
    // What the daemon brings; `show` is the configuration with its defaults, keys as in the file.
    struct Program {
        std::string file;
        std::function<Json()> show;
        // Reads the file, and keeps what it read for `apply`.
        std::function<Result<Next, AdminError>()> read;
        std::function<void()> apply;
    };
    using Log = std::function<void(bool is_good, const std::string& line)>;

    // The loop outlives this.
    LiveConfig(asio::io_context& loop, Program program, Log log);
    LiveConfig(const LiveConfig&) = delete;
    LiveConfig& operator=(const LiveConfig&) = delete;
    ~LiveConfig() = default;

    // Adds `config show` and `config reload`. This outlives the server.
    void serve(AdminServer& server);
    // From here on SIGHUP reloads, and so does one that came since the start.
    void wait_for_hang_up();

    [[nodiscard]] Json show() const;
    [[nodiscard]] Answer reload();

  private:
    void log_answer(const Answer& answer) const;
    Program program_;
    Log log_;
    asio::signal_set hang_ups_;
};

// How a configuration of this type is reloaded.
template <typename Config>
struct Reload {
    std::function<Result<Config, config::ConfigError>(const std::string& file)> read;
    std::function<Json(const Config&)> show;
    // Takes over what can change while the daemon runs.
    std::function<void(Config& running, const Config& read)> take_over;
    // Why a configuration whose parts are good is not, if so.
    std::function<std::optional<std::string>(const Config&)> clash;
    // The daemon goes by the changed `running` from here on.
    std::function<void()> apply;
};

// `running`: as it was read from its `file`; outlives what comes back, and changes by it alone.
template <typename Config>
[[nodiscard]] LiveConfig::Program live_program(Config& running, Reload<Config> reload) {
    const auto next = std::make_shared<Config>(running);
    LiveConfig::Program program;
    program.file = running.file;
    program.show = [&running, reload] {
        return reload.show(running);
    };
    program.read = [&running, next, reload]() -> Result<LiveConfig::Next, AdminError> {
        const auto read = reload.read(running.file);
        if (!read) {
            return Unexpected{AdminError{"bad_config", read.error().text(), ""}};
        }
        *next = running;
        reload.take_over(*next, *read);
        if (const auto why = reload.clash(*next)) {
            return Unexpected{AdminError{
                "bad_config", running.file + ": with what stays until a restart: " + *why, ""}};
        }
        return LiveConfig::Next{reload.show(*next), reload.show(*read)};
    };
    program.apply = [&running, next, reload] {
        running = *next;
        reload.apply();
    };
    return program;
}

}  // namespace ntm::admin
