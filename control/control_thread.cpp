// SPDX-License-Identifier: BSD-3-Clause
#include "control/control_thread.hpp"

#include "control/control_state.hpp"
#include "control/port_setup.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ntm::control {

namespace {

// The burst in proportion: it is filled in the same time at any rate.
Budget scaled(const Budget& budget, std::uint32_t per_second) noexcept {
    const std::uint64_t burst = std::uint64_t{budget.burst} * per_second / budget.per_second;
    return {per_second, static_cast<std::uint32_t>(std::max<std::uint64_t>(burst, 1))};
}

}  // namespace

relay::Settings first_settings(
    const RelayConfig& config, BootId boot_id, const std::vector<MacAddress>& macs
) {
    relay::Settings settings;
    settings.ntm_port = config.listen_port;
    settings.boot_id = boot_id;
    settings.own = tables::OwnAddresses{config.own_addresses()};
    if (config.napt) {
        settings.public_side = {
            tables::OwnAddresses{config.napt->addresses},
            config.napt->first_port,
            config.napt->last_port()};
    }
    for (const MacAddress& mac : macs) {
        settings.ports.push_back({mac});
    }
    set_limits(config, settings);
    return settings;
}

void set_limits(const RelayConfig& config, relay::Settings& settings) {
    settings.may_sleep = config.idle_sleep;
    const RelayLimits& limits = config.limits;
    const std::array<std::pair<relay::PuntClass, std::uint32_t>, 5> rates{{
        {relay::PuntClass::leg, limits.legs_per_second},
        {relay::PuntClass::signal, limits.signals_per_second},
        {relay::PuntClass::handshake, limits.handshakes_per_second},
        {relay::PuntClass::host, limits.host_packets_per_second},
        {relay::PuntClass::neighbour, limits.neighbour_packets_per_second},
    }};
    const relay::Settings first;
    for (const auto& [punt_class, per_second] : rates) {
        const auto at = static_cast<std::size_t>(punt_class);
        settings.punt_budgets[at] = scaled(first.punt_budgets[at], per_second);
    }
    settings.legs_per_path = scaled(first.legs_per_path, limits.path_legs_per_second);
    settings.cookies = scaled(first.cookies, limits.cookies_per_second);
}

namespace {

Result<OpenedParts, std::string> open_parts(
    const RelayConfig& config, const relay::Observation& observation
) {
    auto netlink = NetlinkRequests::open();
    if (!netlink) {
        return Unexpected{netlink.error()};
    }
    // Before anything is set, so that no change goes unseen.
    auto events = NetlinkEvents::open();
    if (!events) {
        return Unexpected{events.error()};
    }
    auto taps = set_up_taps(config, observation, *netlink);
    if (!taps) {
        return Unexpected{taps.error()};
    }
    auto sockets = open_sockets(config.own_addresses(), config.listen_port);
    if (!sockets) {
        return Unexpected{sockets.error()};
    }
    return OpenedParts{
        *std::move(taps), *std::move(sockets), *std::move(netlink), *std::move(events)};
}

}  // namespace

Result<std::unique_ptr<ControlThread>, std::string> ControlThread::create(
    const RelayConfig& config, Identity identity, DataPlane data_plane, RandomSource& random
) {
    auto parts = open_parts(config, data_plane.observation);
    if (!parts) {
        return Unexpected{parts.error()};
    }
    auto state =
        std::make_unique<State>(config, std::move(identity), data_plane, *std::move(parts), random);
    if (auto opened = state->open(); !opened) {
        return Unexpected{opened.error()};
    }
    return std::unique_ptr<ControlThread>{new ControlThread{std::move(state)}};
}

ControlThread::ControlThread(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
ControlThread::~ControlThread() = default;

void ControlThread::run() {
    state_->run();
}

void ControlThread::stop() {
    state_->stop();
}

}  // namespace ntm::control
