// SPDX-License-Identifier: BSD-3-Clause
// The command line that the daemons share: --config FILE, --check-config, --key-log FILE, --version,
// --help.
// A daemon's main() is one call of daemon_main with its config reader and its run function.
#pragma once

#include "common/base/result.hpp"
#include "common/config/config_error.hpp"

#include <cstdio>
#include <string>

namespace ntm::config {

// Exit codes of daemons: 0 clean end, 1 could not run, 2 wrong command line or configuration.
inline constexpr int exit_failed = 1;
inline constexpr int exit_bad_config = 2;

struct DaemonInfo {
    std::string name;            // "ntm-dc"
    std::string purpose;         // one line for --help
    std::string default_config;  // "/etc/ntm/dc.yaml"
};

struct CommandLine {
    std::string config_file;
    bool is_check_only = false;
    std::string key_log_file;  // empty: none
};

// The exit code instead if the program is done: help was asked for, or the usage was wrong.
[[nodiscard]] Result<CommandLine, int> parse_command_line(
    int argc, const char* const* argv, const DaemonInfo& info
);

// read: std::string file -> Result<Config, ConfigError>; run: Config, CommandLine -> exit code.
template <typename Read, typename Run>
[[nodiscard]] int daemon_main(
    int argc, const char* const* argv, const DaemonInfo& info, Read read, Run run
) {
    const Result<CommandLine, int> line = parse_command_line(argc, argv, info);
    if (!line) {
        return line.error();
    }
    auto config = read(line->config_file);
    if (!config) {
        std::fprintf(stderr, "%s\n", config.error().text().c_str());
        return exit_bad_config;
    }
    if (line->is_check_only) {
        std::printf("%s: ok\n", line->config_file.c_str());
        return 0;
    }
    return run(std::move(*config), *line);
}

}  // namespace ntm::config
