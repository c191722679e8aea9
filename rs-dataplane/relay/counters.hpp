// SPDX-License-Identifier: BSD-3-Clause
// Counters and gauges. Each has one writer (a worker, or the exception path) and any number of relaxed
// readers. The balance of a worker, at rest: received + injected + made + taken over = transmitted +
// punted + dropped + held + handed over, and of all workers together without the last of both sides.
// RS-S makes nothing and holds nothing between bursts.
#pragma once

#include "common/base/time.hpp"
#include "common/packet/drop_reason.hpp"
#include "rs-dataplane/relay/punt_class.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace ntm::relay {

// A count with one writer: no locked instruction.
class Counter {
  public:
    void add(std::uint64_t more) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t value() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

  private:
    std::atomic<std::uint64_t> value_{0};
};

// What something is at the moment, of one writer.
class Gauge {
  public:
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

  private:
    std::atomic<std::uint64_t> value_{0};
};

// What an RS-N's NAPT holds, as its worker sets it in each round.
struct NaptGauges {
    // Of ports; those that are neither rest.
    struct Blocks {
        Gauge held;
        Gauge free;
    };
    Gauge subscribers;
    Gauge mappings;
    Gauge sessions;  // proven ones: others make room, and say nothing of how full it is
    std::array<Blocks, 2> blocks;  // IPv4, IPv6
};

struct alignas(64) WorkerCounters {
    Counter received;
    Counter injected;
    Counter made;
    Counter taken_over;  // from other workers
    Counter transmitted;
    Gauge held;           // fragments that wait; RS-S: always 0 between bursts
    Counter handed_over;  // to other workers
    std::array<Counter, punt_class_count> punted;
    std::array<Counter, drop_reason_count> dropped;  // by DropReason
    // Among the transmitted.
    Counter cookies_answered;
    std::array<Counter, drop_reason_count> icmp_errors;  // RS-N's own, by what is wrong
    Counter bursts;
    Counter busy_cycles;  // of rounds that had something to do
    Counter idle_cycles;  // of rounds that had not, and of sleep
    Counter sleeps;
    NaptGauges napt;
};

// As LegCounters keep it; 0 means never, so the clock's first second counts as 1.
[[nodiscard]] constexpr std::uint32_t whole_seconds(Instant now) noexcept {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.since_origin());
    return seconds.count() == 0 ? 1U : static_cast<std::uint32_t>(seconds.count());
}

// What came in from one leg of a path and was sent on; one worker's share. What turned round was sent on
// for its sender's leg even if nobody takes it.
struct LegCounters {
    Counter packets;  // what was put together of fragments is one
    // Of outer IP packets as received; what was put together has its own length, without a tunnel.
    Counter bytes;
    // Whole seconds of the monotonic clock; 0: never. Written at most once a second.
    std::atomic<std::uint32_t> last_seen_seconds{0};

    void count(std::uint64_t length, std::uint32_t now_seconds) noexcept {
        packets.add(1);
        bytes.add(length);
        note_seen(now_seconds);
    }
    void note_seen(std::uint32_t now_seconds) noexcept {
        if (last_seen_seconds.load(std::memory_order_relaxed) != now_seconds) {
            last_seen_seconds.store(now_seconds, std::memory_order_relaxed);
        }
    }
};

struct alignas(64) PathCounters {
    std::array<LegCounters, 2> legs;  // by the sender's Role
};
static_assert(sizeof(PathCounters) == 64);

}  // namespace ntm::relay
