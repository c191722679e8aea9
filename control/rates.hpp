// SPDX-License-Identifier: BSD-3-Clause
// Sums of the workers' counters, their balance, and what happened a second. Pure but for reading
// the counters.
#pragma once

#include "common/base/time.hpp"
#include "control/relay_director.hpp"
#include "rs-dataplane/relay/observation.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace ntm::control {

// One worker's counters at a moment, or the sum of all.
struct WorkerTotals {
    std::uint64_t received = 0;
    std::uint64_t injected = 0;
    std::uint64_t made = 0;
    std::uint64_t taken_over = 0;
    std::uint64_t transmitted = 0;
    std::uint64_t held = 0;
    std::uint64_t handed_over = 0;
    std::uint64_t punted = 0;
    std::uint64_t dropped = 0;
    std::array<std::uint64_t, relay::punt_class_count> punted_by_class{};
    std::array<std::uint64_t, drop_reason_count> dropped_by_reason{};
    std::uint64_t cookies_answered = 0;
    std::uint64_t icmp_errors = 0;
    std::uint64_t busy_cycles = 0;
    std::uint64_t idle_cycles = 0;
    std::uint64_t sleeps = 0;

    // received + injected + made + taken over less transmitted + punted + dropped + held + handed over:
    // zero at rest; while packets move, those that the counters have seen on one side only.
    [[nodiscard]] std::int64_t imbalance() const noexcept;
    WorkerTotals& operator+=(const WorkerTotals& other) noexcept;
};

[[nodiscard]] WorkerTotals read_totals(const relay::WorkerCounters& counters) noexcept;
[[nodiscard]] WorkerTotals read_totals(const relay::Observation& observation);

struct WorkerRate {
    std::uint64_t packets_per_second = 0;  // received
    std::uint32_t busy_permille = 0;
};

class Rates {
  public:
    explicit Rates(const relay::Observation& observation) : observation_{&observation} {}

    // To be called about once a second.
    void sample(Instant now);
    [[nodiscard]] const std::vector<WorkerRate>& workers() const noexcept { return rates_; }
    [[nodiscard]] const DirectorLoad& load() const noexcept { return load_; }

  private:
    const relay::Observation* observation_;
    Instant sampled_;
    std::vector<WorkerTotals> last_;
    std::uint64_t last_bytes_ = 0;
    std::vector<WorkerRate> rates_;
    DirectorLoad load_;
};

}  // namespace ntm::control
