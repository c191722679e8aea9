// SPDX-License-Identifier: BSD-3-Clause
// What the control thread can see of a running data plane, for telemetry, ageing and the watchdog.
// Implemented by dpdk/; a simulation implements it over its own worker.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace ntm::relay {

struct WorkerView {
    unsigned lcore = 0;
    bool is_asleep = false;
    const WorkerCounters* counters = nullptr;
};

struct PortView {
    std::string name;    // netdev, PCI address or vdev, as configured
    std::string driver;  // DPDK's name of it
    MacAddress mac;
    bool is_up = false;
    std::uint16_t mtu = 0;
    std::uint64_t received = 0;           // frames, by the port's own count
    std::uint64_t transmitted = 0;        // likewise
    std::uint64_t transmitted_bytes = 0;  // likewise
    std::uint64_t missed = 0;             // lost before a worker saw them: rx queue full
    std::uint64_t errors = 0;             // received and broken
    std::uint64_t no_buffer = 0;          // found no buffer, by the driver's count
    std::uint64_t tx_errors = 0;
};

// Packet buffers of the data plane; those in use are in queues and rings, and under way.
struct BufferView {
    std::uint64_t total = 0;
    std::uint64_t free = 0;
};

// Sums over all workers since the start, not since the path's: a slot is used again, so whoever
// shows a path keeps the values found at its insertion and subtracts them.
struct LegView {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint32_t last_seen_seconds = 0;  // of the monotonic clock; 0: never
};
using PathView = std::array<LegView, 2>;  // by the sender's Role

class Observation {
  public:
    virtual ~Observation() = default;
    [[nodiscard]] virtual std::size_t worker_count() const = 0;
    [[nodiscard]] virtual WorkerView worker(std::size_t number) const = 0;
    [[nodiscard]] virtual std::size_t port_count() const = 0;
    [[nodiscard]] virtual PortView port(std::size_t number) const = 0;
    [[nodiscard]] virtual BufferView buffers() const = 0;
    [[nodiscard]] virtual PathView path(tables::Slot slot) const = 0;
    [[nodiscard]] virtual double cycles_per_second() const = 0;
};

}  // namespace ntm::relay
