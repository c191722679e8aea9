// SPDX-License-Identifier: BSD-3-Clause
// The inside of ControlThread: what it owns and its loop's handlers. Included by control_thread.cpp and
// by what has its members: control_wiring.cpp, control_state.cpp and control_log.cpp.
#pragma once

#include "common/admin/admin_server.hpp"
#include "common/admin/live_config.hpp"
#include "control/control_thread.hpp"
#include "control/hop_sweep.hpp"
#include "control/nat_desk.hpp"
#include "control/nat_recorder.hpp"
#include "control/network_mirror.hpp"
#include "control/rates.hpp"
#include "control/relay_director.hpp"
#include "control/table_keeper.hpp"
#include "control/tap_bridge.hpp"
#include "control/telemetry.hpp"
#include "control/udp_socket.hpp"
#include "control/watchdog.hpp"

#include <array>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace ntm::control {

// Everything that create() opens before the loop can run.
struct OpenedParts {
    std::vector<TapDevice> taps;
    std::vector<UdpSocket> sockets;  // at most one of each family
    NetlinkRequests netlink;
    NetlinkEvents events;
};

class ControlThread::State {
  public:
    State(
        const RelayConfig& config,
        Identity identity,
        DataPlane data_plane,
        OpenedParts parts,
        RandomSource& random
    );

    [[nodiscard]] Result<Nothing, std::string> open();
    void run();
    void stop();

  private:
    [[nodiscard]] static Instant now();
    [[nodiscard]] static NatRecorder::Moment moment();

    using Watched = asio::posix::stream_descriptor;

    // Calls `ready` each time that the descriptor has something to read.
    void watch(int descriptor, const std::function<void()>& ready);
    void await(const std::shared_ptr<Watched>& watched, const std::function<void()>& ready);

    void receive_datagrams(std::size_t socket);
    void move_kernel_frames(std::size_t port);
    void follow_network();
    void poll_punts();
    // Of an RS-N.
    [[nodiscard]] NatRecorder::Scarcities scarcities() const;
    void every_second();
    void look_at_health();
    void log_finding(const Watchdog::Finding& finding) const;
    void warn_of_kernel_ports() const;

    // Carries out all that the director wants, and arms its timer. At the end of each handler.
    void settle();
    void carry_out_commands();
    void send_datagrams();
    void log_events();
    void publish_settings();
    void arm_director_timer();
    void go_on_walking_routes();
    void go_on_sweeping();
    [[nodiscard]] HopSweep::Hooks sweep_hooks();
    void go_on();
    [[nodiscard]] Result<Nothing, std::string> open_records();
    void add_admin_handlers();
    void add_drain_handlers();
    void add_nat_handlers();
    [[nodiscard]] NatDesk::Sources nat_sources() const;
    [[nodiscard]] admin::Reload<RelayConfig> reload();
    [[nodiscard]] TelemetrySources sources() const;
    [[nodiscard]] DirectorSettings director_settings(Identity identity) const;

    RelayConfig config_;
    std::string key_log_file_;
    KeptState* kept_;                      // nothing, or what outlives this process
    std::optional<KeptState::Left> left_;  // by the process before, until open()
    admin::Json kept_json_;                // what became of that
    DataPlane data_plane_;
    Instant started_;
    asio::io_context loop_;
    NetlinkRequests netlink_;
    std::vector<UdpSocket> sockets_;
    TapBridge bridge_;
    NetworkMirror mirror_;
    TableKeeper keeper_;
    RelayDirector director_;
    NatDesk nat_;
    HopSweep sweep_;
    Rates rates_;
    Watchdog watchdog_;
    admin::LiveConfig live_config_;
    std::unique_ptr<NatRecorder> recorder_;  // where there are NAT records
    std::unique_ptr<admin::AdminServer> admin_;
    std::vector<std::shared_ptr<Watched>> watched_;
    asio::signal_set signals_;
    asio::steady_timer director_timer_;
    asio::steady_timer punt_timer_;
    asio::steady_timer second_timer_;
    asio::steady_timer watchdog_timer_;
    Instant director_wanted_ = Instant::never();
    std::size_t idle_polls_ = 0;
    SetSessions sessions_;
    SetTargets targets_;
    bool are_settings_changed_ = true;
    bool is_piece_posted_ = false;  // of the director's walk over all paths
};

}  // namespace ntm::control
