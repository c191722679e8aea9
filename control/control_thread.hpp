// SPDX-License-Identifier: BSD-3-Clause
// The relay's control thread (docs/architecture.md): one Asio loop on the main lcore that owns the
// UDP socket, the TAPs, the netlink mirror, the admin socket and the writers of the relay table and
// of the settings. It drives the RelayDirector, which decides, and carries its commands out.
// main() makes the data plane, then this, and runs it until SIGTERM or SIGINT; the workers are
// stopped after run() has returned.
//
// Time is steady_clock's (CLOCK_MONOTONIC) here and must be in the workers: tokens that a worker
// mints for COOKIE answers are compared with the times at which legs were bound.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/x25519.hpp"
#include "common/protocol/key_log.hpp"
#include "control/config.hpp"
#include "control/kept_state.hpp"
#include "rs-dataplane/relay/exception_path.hpp"
#include "rs-dataplane/relay/napt_events.hpp"
#include "rs-dataplane/relay/observation.hpp"
#include "rs-dataplane/relay/settings_box.hpp"
#include "rs-dataplane/relay/subscriber_orders.hpp"
#include "rs-dataplane/tables/grace_period.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ntm::control {

// Fresh at each start, unless the process before has left all that it had.
struct Identity {
    BootId boot_id;
    crypto::KeyPair key;
    Secret<16> token_key;  // the workers' TokenMints have the same
    protocol::KeyLog key_log{};
    std::string key_log_file{};  // where it writes to, empty if it is off
    KeptState* kept =
        nullptr;  // for the process that comes after this one; outlives the control thread
    std::optional<KeptState::Left> left{};
};

// The control thread's side of a running data plane; all of it outlives the control thread.
struct DataPlane {
    tables::RelayTable::Writer table;
    relay::SettingsBox::Writer settings;
    tables::GracePeriod& grace_period;
    relay::ExceptionPath& exception_path;
    const relay::Observation& observation;
    relay::SubscriberOrders* subscribers = nullptr;  // of an RS-N
    relay::NaptEvents* napt_events = nullptr;        // of one that keeps records
    napt::Adoption adoption{};                       // of one that keeps its state
};

// What the SettingsBox begins with: no next hops and no sessions yet. `macs`: of the ports, in the
// configuration's order.
[[nodiscard]] relay::Settings first_settings(
    const RelayConfig& config, BootId boot_id, const std::vector<MacAddress>& macs
);

// What of the configuration a worker goes by and may change while it runs.
void set_limits(const RelayConfig& config, relay::Settings& settings);

class ControlThread {
  public:
    // Opens sockets, makes the TAPs and sets their addresses. The error is a sentence.
    [[nodiscard]] static Result<std::unique_ptr<ControlThread>, std::string> create(
        const RelayConfig& config, Identity identity, DataPlane data_plane, RandomSource& random
    );
    ~ControlThread();
    ControlThread(const ControlThread&) = delete;
    ControlThread& operator=(const ControlThread&) = delete;

    // Returns after SIGTERM or SIGINT, or stop() from another thread.
    void run();
    void stop();

  private:
    class State;
    explicit ControlThread(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace ntm::control
