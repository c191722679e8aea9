// SPDX-License-Identifier: BSD-3-Clause
// ntm-dc: the coordinator of one or more name zones (docs/architecture.md).
#include "common/config/daemon_main.hpp"
#include "common/daemon/log.hpp"
#include "dc/config.hpp"
#include "dc/daemon.hpp"

namespace {

auto config_of(const std::string& file) {
    return ntm::dc::read_config(file, ntm::config::KeyFiles::must_be_good);
}

int run(const ntm::dc::DcConfig& config, const ntm::config::CommandLine& line) {
    ntm::daemon::start_log("ntm-dc", config.log_level);
    auto key_log = ntm::daemon::open_key_log(line.key_log_file);
    if (!key_log) {
        return ntm::daemon::fail(key_log.error());
    }
    auto daemon = ntm::dc::Daemon::create(config, *std::move(key_log), line.key_log_file);
    return daemon ? (*daemon)->run() : ntm::daemon::fail(daemon.error());
}

}  // namespace

int main(int argc, char** argv) {
    const ntm::config::DaemonInfo info{
        "ntm-dc",
        "The NTMobile coordinator: registers nodes, decides routes, directs relays.",
        "/etc/ntm/dc.yaml"};
    return ntm::config::daemon_main(argc, argv, info, config_of, run);
}
