// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/config.hpp"
#include "client/node/node_program.hpp"
#include "common/config/daemon_main.hpp"
#include "common/config/key_file.hpp"
#include "common/config/key_log_file.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace {

auto config_of(const std::string& file) {
    return ntm::client::read_config(file, ntm::config::KeyFiles::must_be_good);
}

int run(const ntm::client::NodeConfig& config, const ntm::config::CommandLine& line) {
    spdlog::set_default_logger(spdlog::stderr_color_mt("ntm-node"));
    spdlog::set_level(spdlog::level::from_str(config.log_level));
    const auto key = ntm::config::read_key_file(config.key_file);
    if (!key) {
        spdlog::error("{}", key.error());
        return ntm::config::exit_failed;
    }
    auto key_log = ntm::config::open_key_log(line.key_log_file, [](const std::string& sentence) {
        spdlog::warn("{}", sentence);
    });
    if (!key_log) {
        spdlog::error("{}", key_log.error());
        return ntm::config::exit_failed;
    }
    ntm::client::NodeProgram program{
        config,
        ntm::crypto::KeyPair::from_private(*key),
        ntm::protocol::KeyLog{*std::move(key_log)},
        line.key_log_file};
    const auto done = program.run();
    if (!done) {
        spdlog::error("{}", done.error());
        return ntm::config::exit_failed;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return ntm::config::daemon_main(
        argc,
        argv,
        {"ntm-node",
         "A node of NTMobile: virtual addresses over real ones that change.",
         "/etc/ntm/node.yaml"},
        config_of,
        run
    );
}
