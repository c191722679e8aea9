// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/daemon_main.hpp"

#include <CLI/CLI.hpp>

namespace ntm::config {

Result<CommandLine, int> parse_command_line(
    int argc, const char* const* argv, const DaemonInfo& info
) {
    CommandLine line{info.default_config, false, {}};
    CLI::App app{info.purpose, info.name};
    app.add_option("-c,--config", line.config_file, "configuration file (YAML)")
        ->capture_default_str();
    app.add_flag("--check-config", line.is_check_only, "check the configuration and stop");
    app.add_option(
        "--key-log",
        line.key_log_file,
        "add the secrets of all packets to this file: whoever reads it can read them all"
    );
    app.set_version_flag("--version", info.name + " " + NTM_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return Unexpected{app.exit(error) == 0 ? 0 : exit_bad_config};
    }
    return line;
}

}  // namespace ntm::config
