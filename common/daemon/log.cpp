// SPDX-License-Identifier: BSD-3-Clause
#include "common/daemon/log.hpp"

#include "common/config/daemon_main.hpp"
#include "common/config/key_log_file.hpp"

#include <utility>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace ntm::daemon {

void start_log(const std::string& program, const std::string& level) {
    spdlog::set_default_logger(spdlog::stderr_color_mt(program));
    set_log_level(level);
}

void set_log_level(const std::string& level) {
    spdlog::set_level(spdlog::level::from_str(level));
}

int fail(const std::string& sentence) {
    spdlog::critical("{}", sentence);
    return config::exit_failed;
}

Result<protocol::KeyLog, std::string> open_key_log(const std::string& file) {
    auto sink = config::open_key_log(file, [](const std::string& sentence) {
        spdlog::warn("{}", sentence);
    });
    if (!sink) {
        return Unexpected{sink.error()};
    }
    return protocol::KeyLog{*std::move(sink)};
}

void log_reload(bool is_good, const std::string& line) {
    spdlog::log(is_good ? spdlog::level::info : spdlog::level::warn, "{}", line);
}

}  // namespace ntm::daemon
