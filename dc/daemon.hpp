// SPDX-License-Identifier: BSD-3-Clause
// The ntm-dc process around its coordinator: sockets, clock, timer, admin socket, log, signals.
// What has come is sorted and taken in; each turn feeds some of it to the brain, then stores and sends once.
#pragma once

#include "common/admin/admin_server.hpp"
#include "common/admin/live_config.hpp"
#include "common/crypto/system_random.hpp"
#include "common/protocol/key_log.hpp"
#include "dc/config.hpp"
#include "dc/coordinator.hpp"
#include "dc/intake.hpp"
#include "dc/name_lookup.hpp"
#include "dc/sqlite_store.hpp"
#include "dc/udp_sockets.hpp"

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ntm::dc {

class Daemon {
  public:
    // The error is a sentence.
    // `key_log_file`: where `key_log` writes to, empty if it is off.
    [[nodiscard]] static Result<std::unique_ptr<Daemon>, std::string> create(
        const DcConfig& config, protocol::KeyLog key_log, std::string key_log_file
    );
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    // Until a signal ends it (0) or the store fails for good (1).
    [[nodiscard]] int run();

  private:
    Daemon(protocol::KeyLog key_log, std::string key_log_file);
    [[nodiscard]] std::optional<std::string> open(const DcConfig& config);
    [[nodiscard]] std::optional<std::string> open_coordinator(const DcConfig& config);
    [[nodiscard]] std::optional<std::string> open_admin(const DcConfig& config);
    [[nodiscard]] static Instant now();
    // False while no more is to be read.
    [[nodiscard]] bool take_in(std::vector<Datagram> batch);
    void serve_soon();
    void serve();
    // Stores, sends, logs and sets the timer. Why it could not store, if so: the loop then ends,
    // unless the store may recover.
    std::optional<std::string> settle();
    void set_timer();
    void handle_timeout();
    void log_notices();
    [[nodiscard]] admin::Reload<DcConfig> reload();

    DcConfig config_;

    protocol::KeyLog key_log_;
    std::string key_log_file_;
    asio::io_context loop_;
    asio::signal_set signals_{loop_};
    asio::steady_timer timer_{loop_};
    crypto::SystemRandom random_;
    std::unique_ptr<SqliteStore> store_;
    std::unique_ptr<Coordinator> coordinator_;
    std::unique_ptr<UdpSockets> sockets_;
    std::optional<NameLookup> names_;
    Intake intake_;
    bool is_to_serve_ = false;
    std::unique_ptr<admin::LiveConfig> live_config_;
    std::unique_ptr<admin::AdminServer> admin_;
    int exit_code_ = 0;
};

}  // namespace ntm::dc
