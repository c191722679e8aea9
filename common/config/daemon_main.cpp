// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/daemon_main.hpp"

#include <CLI/CLI.hpp>

#include <sys/resource.h>

namespace ntm::config {

Result<CommandLine, int> parse_command_line(
    int argc, const char* const* argv, const DaemonInfo& info
) {
    CommandLine line;
    line.config_file = info.default_config;
    CLI::App app{info.purpose, info.name};
    app.add_option("-c,--config", line.config_file, "configuration file (YAML)")
        ->capture_default_str();
    app.add_flag("--check-config", line.is_check_only, "check the configuration and stop");
    app.add_option(
        "--key-log",
        line.key_log_file,
        "add the secrets of all packets to this file: whoever reads it can read them all"
    );
    if (!info.plan_purpose.empty()) {
        CLI::Option* const plan = app.add_flag("--plan", line.is_plan_only, info.plan_purpose);
        app.add_flag("-j,--json", line.is_json, "print the plan as JSON")->needs(plan);
    }
    app.set_version_flag("--version", info.name + " " + NTM_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return Unexpected{app.exit(error) == 0 ? 0 : exit_bad_config};
    }
    return line;
}

int report_no_memory(const std::string& program) {
    rlimit limit{};
    const bool is_limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    const std::string fix = is_limited ? "the limit of its address space is " +
                                             std::to_string(limit.rlim_cur / 1024 / 1024) +
                                             " MiB (lift it: ulimit -v unlimited)"
                                       : "free some, or give the machine or its control group more";
    std::fprintf(stderr, "%s: there is not enough memory: %s\n", program.c_str(), fix.c_str());
    return exit_failed;
}

}  // namespace ntm::config
