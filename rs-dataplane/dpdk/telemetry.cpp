// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/telemetry.hpp"

#include <mutex>

#include <rte_telemetry.h>

namespace ntm::dpdk {

namespace {

std::mutex mutex;
const relay::Observation* observed = nullptr;  // under the mutex

rte_tel_data* balance_of(const relay::WorkerCounters& counters) {
    std::uint64_t punted = 0;
    for (const relay::Counter& of_class : counters.punted) {
        punted += of_class.value();
    }
    std::uint64_t dropped = 0;
    for (const relay::Counter& of_reason : counters.dropped) {
        dropped += of_reason.value();
    }
    rte_tel_data* balance = rte_tel_data_alloc();
    rte_tel_data_start_dict(balance);
    rte_tel_data_add_dict_u64(balance, "received", counters.received.value());
    rte_tel_data_add_dict_u64(balance, "injected", counters.injected.value());
    rte_tel_data_add_dict_u64(balance, "made", counters.made.value());
    rte_tel_data_add_dict_u64(balance, "transmitted", counters.transmitted.value());
    rte_tel_data_add_dict_u64(balance, "punted", punted);
    rte_tel_data_add_dict_u64(balance, "dropped", dropped);
    rte_tel_data_add_dict_u64(balance, "held", counters.held.value());
    rte_tel_data_add_dict_u64(balance, "busy_cycles", counters.busy_cycles.value());
    rte_tel_data_add_dict_u64(balance, "idle_cycles", counters.idle_cycles.value());
    return balance;
}

int give_stats(const char*, const char*, rte_tel_data* answer) {
    const std::scoped_lock lock{mutex};
    rte_tel_data_start_dict(answer);
    const std::size_t workers = observed == nullptr ? 0 : observed->worker_count();
    for (std::size_t number = 0; number < workers; ++number) {
        const std::string name = "worker" + std::to_string(number);
        rte_tel_data* balance = balance_of(*observed->worker(number).counters);
        rte_tel_data_add_dict_container(answer, name.c_str(), balance, 0);
    }
    return 0;
}

int give_drops(const char*, const char*, rte_tel_data* answer) {
    const std::scoped_lock lock{mutex};
    rte_tel_data_start_dict(answer);
    const std::size_t workers = observed == nullptr ? 0 : observed->worker_count();
    for (std::size_t reason = 1; reason < drop_reason_count; ++reason) {
        std::uint64_t sum = 0;
        for (std::size_t number = 0; number < workers; ++number) {
            sum += observed->worker(number).counters->dropped[reason].value();
        }
        const std::string name{describe(static_cast<DropReason>(reason)).name};
        rte_tel_data_add_dict_u64(answer, name.c_str(), sum);
    }
    return 0;
}

}  // namespace

Telemetry::Telemetry(const relay::Observation& observation) {
    {
        const std::scoped_lock lock{mutex};
        observed = &observation;
    }
    rte_telemetry_register_cmd(
        "/ntm/stats", give_stats, "The balance of each worker. Takes no parameters."
    );
    rte_telemetry_register_cmd(
        "/ntm/drops", give_drops, "Dropped packets by reason. Takes no parameters."
    );
}

Telemetry::~Telemetry() {
    const std::scoped_lock lock{mutex};
    observed = nullptr;
}

}  // namespace ntm::dpdk
