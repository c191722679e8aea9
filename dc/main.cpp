// SPDX-License-Identifier: BSD-3-Clause
// ntm-dc: the coordinator of one or more name zones (docs/architecture.md).
#include "common/config/daemon_main.hpp"
#include "common/config/key_log_file.hpp"
#include "dc/config.hpp"
#include "dc/daemon.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace {

auto config_of(const std::string& file) {
    return ntm::dc::read_config(file, ntm::config::KeyFiles::must_be_good);
}

int run(const ntm::dc::DcConfig& config, const ntm::config::CommandLine& line) {
    spdlog::set_default_logger(spdlog::stderr_color_mt("ntm-dc"));
    spdlog::set_level(spdlog::level::from_str(config.log_level));
    auto key_log = ntm::config::open_key_log(line.key_log_file, [](const std::string& sentence) {
        spdlog::warn("{}", sentence);
    });
    if (!key_log) {
        spdlog::critical("{}", key_log.error());
        return ntm::config::exit_failed;
    }
    auto daemon = ntm::dc::Daemon::create(
        config, ntm::protocol::KeyLog{*std::move(key_log)}, line.key_log_file
    );
    if (!daemon) {
        spdlog::critical("{}", daemon.error());
        return ntm::config::exit_failed;
    }
    return (*daemon)->run();
}

}  // namespace

int main(int argc, char** argv) {
    const ntm::config::DaemonInfo info{
        "ntm-dc",
        "The NTMobile coordinator: registers nodes, decides routes, directs relays.",
        "/etc/ntm/dc.yaml"};
    return ntm::config::daemon_main(argc, argv, info, config_of, run);
}
