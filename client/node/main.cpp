// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/config.hpp"
#include "client/node/known_peers_file.hpp"
#include "client/node/node_program.hpp"
#include "common/config/daemon_main.hpp"
#include "common/config/key_file.hpp"
#include "common/daemon/log.hpp"

namespace {

auto config_of(const std::string& file) {
    return ntm::client::read_config(file, ntm::config::KeyFiles::must_be_good);
}

int run(const ntm::client::NodeConfig& config, const ntm::config::CommandLine& line) {
    ntm::daemon::start_log("ntm-node", config.log_level);
    const auto key = ntm::config::read_key_file(config.key_file);
    if (!key) {
        return ntm::daemon::fail(key.error());
    }
    auto key_log = ntm::daemon::open_key_log(line.key_log_file);
    if (!key_log) {
        return ntm::daemon::fail(key_log.error());
    }
    auto known_peers = ntm::client::read_known_peers(config.known_peers_file);
    if (!known_peers) {
        return ntm::daemon::fail(known_peers.error());
    }
    ntm::client::NodeProgram program{
        config,
        ntm::crypto::KeyPair::from_private(*key),
        *std::move(key_log),
        line.key_log_file,
        *std::move(known_peers)};
    const auto done = program.run();
    return done ? 0 : ntm::daemon::fail(done.error());
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
