// SPDX-License-Identifier: BSD-3-Clause
// The brain with its body: sockets, TUN device, address watch, stub resolver and admin socket around
// one TunnelManager, on one Asio loop and one thread.
#pragma once

#include "client/node/address_watch.hpp"
#include "client/node/config.hpp"
#include "client/node/fast_links.hpp"
#include "client/node/resolver.hpp"
#include "client/node/tun_device.hpp"
#include "client/node/tunnel_manager.hpp"
#include "client/node/udp_sockets.hpp"
#include "common/admin/admin_server.hpp"
#include "common/admin/live_config.hpp"
#include "common/crypto/system_random.hpp"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <optional>

namespace ntm::client {

class NodeProgram {
  public:
    // `key_log_file`: where `key_log` writes to, empty if it is off.
    NodeProgram(
        const NodeConfig& config,
        crypto::KeyPair key,
        protocol::KeyLog key_log,
        std::string key_log_file,
        std::vector<KnownPeer> known_peers
    );
    // Runs until SIGTERM or SIGINT; the error is a sentence.
    [[nodiscard]] Result<Nothing, std::string> run();

  private:
    [[nodiscard]] Result<Nothing, std::string> open();
    [[nodiscard]] Result<Nothing, std::string> open_resolver();
    [[nodiscard]] Result<Nothing, std::string> open_admin();
    [[nodiscard]] admin::Reload<NodeConfig> reload();
    void follow_config();
    void wait_for_signal();
    void wait_for_datagrams(Family family);
    void wait_for_packets();
    // False if there will be no more: the program ends.
    [[nodiscard]] bool read_packets();
    // Takes what the brain has to give, and asks for the time when it wants to be called.
    void pump();
    void keep_known_peers();
    void arm_timer();
    void finish_if_done();
    [[nodiscard]] static Instant now();

    NodeConfig config_;
    const std::string key_log_file_;
    const protocol::KeyLog key_log_;
    asio::io_context loop_{1};
    crypto::SystemRandom random_;
    const BootId boot_id_;
    TunnelManager manager_;
    asio::steady_timer timer_{loop_};
    asio::signal_set signals_{loop_};
    std::optional<UdpSockets> sockets_;
    std::optional<TunDevice> tun_;
    std::optional<FastLinks> fast_links_;
    std::unique_ptr<AddressWatch> watch_;
    std::unique_ptr<Resolver> resolver_;
    std::unique_ptr<admin::LiveConfig> live_config_;
    std::unique_ptr<admin::AdminServer> admin_;
    std::unique_ptr<asio::posix::stream_descriptor> ipv4_;
    std::unique_ptr<asio::posix::stream_descriptor> ipv6_;
    std::unique_ptr<asio::posix::stream_descriptor> packets_;
    std::optional<Instant> timer_at_;
    std::optional<std::string> failure_;  // why the loop was stopped
};

}  // namespace ntm::client
