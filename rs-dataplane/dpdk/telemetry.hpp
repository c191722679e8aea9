// SPDX-License-Identifier: BSD-3-Clause
// Our commands on DPDK's telemetry socket: /ntm/stats (the balance of each worker) and /ntm/drops
// (drops by reason). They read counters only and disturb no worker.
#pragma once

#include "rs-dataplane/relay/observation.hpp"

namespace ntm::dpdk {

// One at a time in a process: DPDK gives such commands no argument to find it by, and can not take
// them back. While there is none they answer with nothing.
class Telemetry {
  public:
    explicit Telemetry(const relay::Observation& observation);
    ~Telemetry();
    Telemetry(const Telemetry&) = delete;
    Telemetry& operator=(const Telemetry&) = delete;
};

}  // namespace ntm::dpdk
