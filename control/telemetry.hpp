// SPDX-License-Identifier: BSD-3-Clause
// What the relay tells over its admin socket: status, path, worker, drop, port, drain. Functions of what
// they are given; keys are snake_case with their units.
#pragma once

#include "common/admin/message.hpp"
#include "common/base/time.hpp"
#include "control/config.hpp"
#include "control/rates.hpp"
#include "control/relay_director.hpp"
#include "control/table_keeper.hpp"
#include "control/tap_bridge.hpp"
#include "control/udp_socket.hpp"
#include "rs-dataplane/relay/observation.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ntm::control {

struct TelemetrySources {
    const RelayConfig& config;
    const RelayDirector& director;
    const TableKeeper& keeper;
    const relay::Observation& observation;
    const Rates& rates;
    const TapBridge& bridge;
    const std::vector<UdpSocket>& sockets;
};

// As the configuration has it; its key, if it has it no more.
[[nodiscard]] std::string name_of_dc(const RelayDirector& director, const crypto::PublicKey& key);

// Counters and their balance (docs/architecture.md): at rest, imbalance is 0.
[[nodiscard]] admin::Json balance_json(const WorkerTotals& totals);

// What signalling refused, by reason.
[[nodiscard]] admin::Json signaling_json(const protocol::SignalingCounters& counters);
// Sums over the control thread's sockets.
[[nodiscard]] admin::Json sockets_json(const std::vector<UdpSocket>& sockets);

[[nodiscard]] admin::Json status_json(
    const TelemetrySources& from, Instant started, std::optional<unsigned> stuck_worker, Instant now
);
// args: as in common/admin/path_show.hpp.
[[nodiscard]] admin::Answer path_json(
    const TelemetrySources& from, const admin::Json& args, Instant now
);
[[nodiscard]] admin::Json worker_json(const TelemetrySources& from);
// args: {"all": true} shows reasons that have not occurred too.
[[nodiscard]] admin::Json drop_json(const TelemetrySources& from, const admin::Json& args);
[[nodiscard]] admin::Json port_json(const TelemetrySources& from);
// And what is still here.
[[nodiscard]] admin::Json drain_json(const RelayDirector& director);

}  // namespace ntm::control
