// SPDX-License-Identifier: BSD-3-Clause
// What the control thread says while it runs.
#include "control/control_state.hpp"
#include "control/kernel_ports.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

namespace ntm::control {

void ControlThread::State::log_events() {
    for (const DirectorEvent& event : director_.take_events()) {
        switch (event.kind) {
            case DirectorEvent::Kind::dc_reached:
                spdlog::info("DC {} reached; it will direct {} paths again", event.dc, event.text);
                break;
            case DirectorEvent::Kind::dc_unreachable:
                spdlog::warn(
                    "DC {} does not answer; trying on, and relaying what is here", event.dc
                );
                break;
            case DirectorEvent::Kind::dc_refused:
                spdlog::error("DC {} refuses this relay: {}", event.dc, event.text);
                break;
            case DirectorEvent::Kind::dc_restarted:
                spdlog::info("DC {} has started anew", event.dc);
                break;
        }
    }
    for (const std::string& problem : mirror_.take_problems()) {
        spdlog::warn(problem);
    }
}

void ControlThread::State::log_finding(const Watchdog::Finding& finding) const {
    using Kind = Watchdog::Finding::Kind;
    switch (finding.kind) {
        case Kind::stuck:
            spdlog::error(
                "worker {} (lcore {}) is stuck: it does not come round, so its queues carry "
                "nothing, and paths can not be changed until it does",
                finding.worker,
                data_plane_.observation.worker(finding.worker).lcore
            );
            break;
        case Kind::goes_on:
            spdlog::warn("worker {} goes on", finding.worker);
            break;
        case Kind::buffers_scarce: {
            const relay::BufferView buffers = data_plane_.observation.buffers();
            spdlog::error(
                "packet buffers run out: {} of {} are free, and ports lose what finds none",
                buffers.free,
                buffers.total
            );
            break;
        }
        case Kind::buffers_enough:
            spdlog::warn("there are packet buffers again");
            break;
    }
}

void ControlThread::State::warn_of_kernel_ports() const {
    if (!config_.napt) {
        return;
    }
    const std::vector<IpAddress> own = config_.own_addresses();
    const bool has_own = std::ranges::any_of(config_.napt->addresses, [&](const IpAddress& one) {
        return std::ranges::find(own, one) != own.end();
    });
    if (!has_own) {
        return;
    }
    const std::uint16_t first = config_.napt->first_port;
    const std::uint16_t last = config_.napt->last_port();
    if (takes_any_of(read_kernel_ports(), first, last)) {
        spdlog::warn(
            "the kernel may take subscribers' ports for itself, and lose its connections: "
            "sysctl net.ipv4.ip_local_reserved_ports={}-{}",
            first,
            last
        );
    }
    const std::set<std::uint16_t> in_use = ports_in_use();
    const auto shadowed = in_use.lower_bound(first);
    if (shadowed != in_use.end() && *shadowed <= last) {
        spdlog::warn("a program of this host waits on port {}, which is subscribers'", *shadowed);
    }
}

}  // namespace ntm::control
