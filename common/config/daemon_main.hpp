// SPDX-License-Identifier: BSD-3-Clause
// The command line that the daemons share: --config FILE, --check-config, --key-log FILE, --version,
// --help.
// A daemon's main() is one call of daemon_main with its config reader and its run function.
#pragma once

#include "common/base/result.hpp"
#include "common/config/config_error.hpp"
#include "common/config/signals.hpp"

#include <cstdio>
#include <new>
#include <string>

namespace ntm::config {

// Exit codes of daemons: 0 clean end, 1 could not run, 2 wrong command line or configuration.
inline constexpr int exit_failed = 1;
inline constexpr int exit_bad_config = 2;

struct DaemonInfo {
    std::string name;            // "ntm-dc"
    std::string purpose;         // one line for --help
    std::string default_config;  // "/etc/ntm/dc.yaml"
    std::string plan_purpose{};  // for --help; empty: the daemon has no --plan
};

struct CommandLine {
    std::string config_file;
    bool is_check_only = false;
    bool is_plan_only = false;
    bool is_json = false;      // the plan
    std::string key_log_file;  // empty: none
};

// The exit code instead if the program is done: help was asked for, or the usage was wrong.
[[nodiscard]] Result<CommandLine, int> parse_command_line(
    int argc, const char* const* argv, const DaemonInfo& info
);

// Says so, with the limit that is in the way if there is one; exit_failed.
[[nodiscard]] int report_no_memory(const std::string& program);

// read: std::string file -> Result<Config, ConfigError>; run: Config, CommandLine -> exit code.
// plan: Config, whether as JSON -> exit code.
template <typename Read, typename Run, typename Plan>
[[nodiscard]] int daemon_main(
    int argc, const char* const* argv, const DaemonInfo& info, Read read, Run run, Plan plan
) {
    const Result<CommandLine, int> line = parse_command_line(argc, argv, info);
    if (!line) {
        return line.error();
    }
    if (!line->is_check_only && !line->is_plan_only) {
        hold_signals();
    }
    try {
        auto config = read(line->config_file);
        if (!config) {
            std::fprintf(stderr, "%s\n", config.error().text().c_str());
            return exit_bad_config;
        }
        if (line->is_check_only) {
            std::printf("%s: ok\n", line->config_file.c_str());
            return 0;
        }
        return line->is_plan_only ? plan(*config, line->is_json) : run(std::move(*config), *line);
    } catch (const std::bad_alloc&) {
        return report_no_memory(info.name);
    }
}

// Of a daemon without --plan.
template <typename Read, typename Run>
[[nodiscard]] int daemon_main(
    int argc, const char* const* argv, const DaemonInfo& info, Read read, Run run
) {
    const auto no_plan = [](const auto&, bool) {
        return exit_failed;
    };
    return daemon_main(argc, argv, info, read, run, no_plan);
}

}  // namespace ntm::config
