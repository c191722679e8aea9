// SPDX-License-Identifier: BSD-3-Clause
#include "control/rates.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace ntm::control {

namespace {

std::uint64_t a_second(std::uint64_t more, Duration passed) noexcept {
    const double seconds = std::chrono::duration<double>(passed).count();
    return static_cast<std::uint64_t>(std::llround(static_cast<double>(more) / seconds));
}

std::uint32_t permille(std::uint64_t busy, std::uint64_t idle) noexcept {
    const std::uint64_t all = busy + idle;
    return all == 0 ? 0 : static_cast<std::uint32_t>(busy * 1000 / all);
}

std::uint64_t transmitted_bytes(const relay::Observation& observation) {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < observation.port_count(); ++i) {
        bytes += observation.port(i).transmitted_bytes;
    }
    return bytes;
}

}  // namespace

std::int64_t WorkerTotals::imbalance() const noexcept {
    const std::uint64_t in = received + injected + made + taken_over;
    const std::uint64_t out = transmitted + punted + dropped + held + handed_over;
    return static_cast<std::int64_t>(in - out);
}

WorkerTotals& WorkerTotals::operator+=(const WorkerTotals& other) noexcept {
    received += other.received;
    injected += other.injected;
    made += other.made;
    taken_over += other.taken_over;
    transmitted += other.transmitted;
    held += other.held;
    handed_over += other.handed_over;
    punted += other.punted;
    dropped += other.dropped;
    for (std::size_t i = 0; i < punted_by_class.size(); ++i) {
        punted_by_class[i] += other.punted_by_class[i];
    }
    for (std::size_t i = 0; i < dropped_by_reason.size(); ++i) {
        dropped_by_reason[i] += other.dropped_by_reason[i];
    }
    cookies_answered += other.cookies_answered;
    icmp_errors += other.icmp_errors;
    busy_cycles += other.busy_cycles;
    idle_cycles += other.idle_cycles;
    sleeps += other.sleeps;
    return *this;
}

WorkerTotals read_totals(const relay::WorkerCounters& counters) noexcept {
    WorkerTotals totals;
    // What went out before what came in: a packet that moves in between then shows as one more in.
    for (std::size_t i = 0; i < counters.punted.size(); ++i) {
        totals.punted_by_class[i] = counters.punted[i].value();
        totals.punted += totals.punted_by_class[i];
    }
    for (std::size_t i = 0; i < counters.dropped.size(); ++i) {
        totals.dropped_by_reason[i] = counters.dropped[i].value();
        totals.dropped += totals.dropped_by_reason[i];
    }
    totals.transmitted = counters.transmitted.value();
    totals.held = counters.held.value();
    totals.handed_over = counters.handed_over.value();
    totals.taken_over = counters.taken_over.value();
    totals.made = counters.made.value();
    totals.injected = counters.injected.value();
    totals.received = counters.received.value();
    totals.cookies_answered = counters.cookies_answered.value();
    for (const relay::Counter& sent : counters.icmp_errors) {
        totals.icmp_errors += sent.value();
    }
    totals.busy_cycles = counters.busy_cycles.value();
    totals.idle_cycles = counters.idle_cycles.value();
    totals.sleeps = counters.sleeps.value();
    return totals;
}

WorkerTotals read_totals(const relay::Observation& observation) {
    WorkerTotals sum;
    for (std::size_t i = 0; i < observation.worker_count(); ++i) {
        sum += read_totals(*observation.worker(i).counters);
    }
    return sum;
}

void Rates::sample(Instant now) {
    const bool is_first = last_.empty();
    const Duration passed = now - sampled_;
    const std::uint64_t bytes = transmitted_bytes(*observation_);
    std::vector<WorkerTotals> totals;
    for (std::size_t i = 0; i < observation_->worker_count(); ++i) {
        totals.push_back(read_totals(*observation_->worker(i).counters));
    }
    if (!is_first && passed > Duration{0}) {
        rates_.assign(totals.size(), {});
        load_ = {};
        for (std::size_t i = 0; i < totals.size(); ++i) {
            rates_[i].packets_per_second = a_second(totals[i].received - last_[i].received, passed);
            rates_[i].busy_permille = permille(
                totals[i].busy_cycles - last_[i].busy_cycles,
                totals[i].idle_cycles - last_[i].idle_cycles
            );
            load_.packets_per_second += rates_[i].packets_per_second;
            load_.busiest_worker_permille =
                std::max(load_.busiest_worker_permille, rates_[i].busy_permille);
        }
        load_.bits_per_second = a_second((bytes - last_bytes_) * 8, passed);
    }
    last_ = std::move(totals);
    last_bytes_ = bytes;
    sampled_ = now;
}

}  // namespace ntm::control
