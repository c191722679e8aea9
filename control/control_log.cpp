// SPDX-License-Identifier: BSD-3-Clause
// What the control thread says while it runs.
#include "control/control_state.hpp"

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

}  // namespace ntm::control
