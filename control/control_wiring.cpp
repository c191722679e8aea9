// SPDX-License-Identifier: BSD-3-Clause
// How the control thread's parts are wired: made, opened, shown and reloaded.
#include "common/daemon/log.hpp"
#include "control/config_view.hpp"
#include "control/control_state.hpp"
#include "control/nat_records/record_text.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include <spdlog/spdlog.h>

namespace ntm::control {

namespace {

std::vector<MirroredPort> mirrored(
    const std::vector<TapDevice>& taps, const relay::Observation& observation
) {
    std::vector<MirroredPort> ports;
    for (std::size_t i = 0; i < taps.size(); ++i) {
        ports.push_back({taps[i].index(), observation.port(i).mac});
    }
    return ports;
}

std::vector<DirectorSettings::Dc> dcs_of(const RelayConfig& config) {
    std::vector<DirectorSettings::Dc> dcs;
    for (const DcConfig& dc : config.dcs) {
        dcs.push_back({dc.name, dc.key, dc.addresses});
    }
    return dcs;
}

// Of those that have gone under this boot id, from 1.
std::uint64_t process_after(const std::optional<KeptState::Left>& left) {
    return left ? left->run.processes : 1;
}

// What became of what the process before had.
admin::Json kept_state_json(
    const KeptState& kept,
    const std::optional<KeptState::Left>& left,
    const napt::Adoption& adoption
) {
    return {
        {"processes", process_after(left)},
        {"adopted_paths", left ? left->paths.size() : 0},
        {"given_up_paths", kept.given_up()},
        {"adopted_subscribers", adoption.subscribers},
        {"adopted_sessions", adoption.sessions},
        {"given_up_sessions", adoption.given_up}};
}

SubscriberOffice office_of(const RelayConfig& config, const DataPlane& data_plane) {
    SubscriberOffice office{data_plane.subscribers};
    if (config.napt) {
        const std::uint32_t new_ports = config.napt->subscriber_new_ports;
        office.limits.new_mappings = {new_ports, new_ports};
        office.limits.ports = config.napt->subscriber_ports;
        office.limits.sessions = config.napt->subscriber_sessions;
    }
    return office;
}

}  // namespace

Instant ControlThread::State::now() {
    return Instant{std::chrono::steady_clock::now().time_since_epoch()};
}

NatRecorder::Moment ControlThread::State::moment() {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return {now(), {std::chrono::duration_cast<std::chrono::microseconds>(wall)}};
}

ControlThread::State::State(
    const RelayConfig& config,
    Identity identity,
    DataPlane data_plane,
    OpenedParts parts,
    RandomSource& random
)
    : config_{config},
      key_log_file_{std::move(identity.key_log_file)},
      kept_{identity.kept},
      left_{std::move(identity.left)},
      data_plane_{data_plane},
      started_{now()},
      netlink_{std::move(parts.netlink)},
      sockets_{std::move(parts.sockets)},
      bridge_{std::move(parts.taps), data_plane.exception_path},
      mirror_{netlink_, std::move(parts.events), mirrored(bridge_.taps(), data_plane.observation)},
      keeper_{data_plane.table, data_plane.observation, office_of(config_, data_plane)},
      director_{
          director_settings(std::move(identity)),
          [this](const IpAddress& remote) { return mirror_.routes().resolve(remote); },
          random,
          started_},
      nat_{nat_sources(), data_plane.subscribers},
      sweep_{mirror_.routes().numbers(), sweep_hooks()},
      rates_{data_plane.observation},
      watchdog_{data_plane.observation},
      live_config_{loop_, admin::live_program(config_, reload()), daemon::log_reload},
      signals_{loop_, SIGTERM, SIGINT},
      director_timer_{loop_},
      punt_timer_{loop_},
      second_timer_{loop_},
      watchdog_timer_{loop_} {}

DirectorSettings ControlThread::State::director_settings(Identity identity) const {
    std::vector<Endpoint> addresses;
    for (const IpAddress& address : config_.own_addresses()) {
        const auto has_family = [&](const Endpoint& other) {
            return other.address.family() == address.family();
        };
        if (std::ranges::none_of(addresses, has_family)) {
            addresses.push_back({address, config_.listen_port});
        }
    }
    DirectorSettings settings{
        config_.name,
        std::move(identity.key),
        identity.boot_id,
        std::move(identity.token_key),
        std::move(addresses),
        config_.path_capacity,
        {},
        config_.own_addresses(),
        std::move(identity.key_log)};
    settings.dcs = dcs_of(config_);
    settings.kept = identity.kept;
    settings.process = process_after(left_);
    if (config_.napt) {
        settings.napt = DirectorSettings::Napt{
            config_.napt->addresses,
            config_.napt->allow,
            config_.napt->subscribers,
            config_.suites};
    }
    return settings;
}

admin::Reload<RelayConfig> ControlThread::State::reload() {
    return {
        [](const std::string& file) {
            return read_relay_config(file, config::KeyFiles::must_be_good);
        },
        config_json,
        take_over,
        clash_in,
        [this] {
            daemon::set_log_level(config_.log_level);
            director_.set_dcs(dcs_of(config_), now());
            are_settings_changed_ = true;
            settle();
        }};
}

Result<Nothing, std::string> ControlThread::State::open() {
    if (auto loaded = mirror_.load(); !loaded) {
        return loaded;
    }
    auto server = admin::AdminServer::create(loop_, config_.admin_socket);
    if (!server) {
        return Unexpected{server.error()};
    }
    admin_ = *std::move(server);
    add_admin_handlers();
    auto records = open_records();
    if (records) {
        go_on();
    }
    return records;
}

void ControlThread::State::go_on() {
    if (kept_ == nullptr) {
        return;
    }
    kept_json_ = kept_state_json(*kept_, left_, data_plane_.adoption);
    kept_json_["file"] = config_.state_file;
    const bool has_lost = kept_->given_up() + data_plane_.adoption.given_up != 0;
    spdlog::log(
        has_lost ? spdlog::level::warn : spdlog::level::info,
        "state of the process before: {}",
        kept_json_.dump()
    );
    director_.go_on(std::exchange(left_, std::nullopt), now());
}

Result<Nothing, std::string> ControlThread::State::open_records() {
    if (!config_.napt || !config_.napt->records || data_plane_.napt_events == nullptr) {
        return Nothing{};
    }
    const std::string run = name_of_run(director_.boot_id(), process_after(left_));
    auto sinks = RecordSinks::open(*config_.napt->records, {director_.name(), run}, loop_);
    if (!sinks) {
        return Unexpected{sinks.error()};
    }
    recorder_ = std::make_unique<NatRecorder>(
        *config_.napt, *data_plane_.napt_events, *std::move(sinks), moment()
    );
    return Nothing{};
}

void ControlThread::State::add_admin_handlers() {
    using admin::Answer;
    using admin::Json;
    admin_->handle("status", "show", [this](const Json&) -> Answer {
        Json status = status_json(sources(), started_, watchdog_.stuck(), now());
        if (recorder_) {
            status["nat_records"] = recorder_->counters();
        }
        if (!kept_json_.is_null()) {
            status["state"] = kept_json_;
        }
        if (!key_log_file_.empty()) {
            status["key_log"] = key_log_file_;
        }
        return status;
    });
    admin_->handle("path", "show", [this](const Json& args) {
        return path_json(sources(), args, now());
    });
    admin_->handle("worker", "show", [this](const Json&) -> Answer {
        return worker_json(sources());
    });
    admin_->handle("drop", "show", [this](const Json& args) -> Answer {
        return drop_json(sources(), args);
    });
    live_config_.serve(*admin_);
    admin_->handle("port", "show", [this](const Json&) -> Answer { return port_json(sources()); });
    add_drain_handlers();
    add_nat_handlers();
}

void ControlThread::State::add_drain_handlers() {
    using admin::Answer;
    using admin::Json;
    const auto show = [this](const Json&) -> Answer {
        return drain_json(director_);
    };
    const auto set = [this, show](bool is_draining) {
        return [this, show, is_draining](const Json& args) {
            director_.set_draining(is_draining);
            return show(args);
        };
    };
    admin_->handle("drain", "show", show);
    admin_->handle("drain", "start", set(true));
    admin_->handle("drain", "stop", set(false));
}

void ControlThread::State::add_nat_handlers() {
    using admin::Json;
    using admin::Reply;
    admin_->handle("nat", "pool", [this](const Json&) { return nat_.show_pool(); });
    admin_->handle_later("nat", "subscriber", [this](const Json& args, const Reply& reply) {
        nat_.show_subscribers(args, reply, now());
    });
    admin_->handle_later("nat", "session", [this](const Json& args, const Reply& reply) {
        nat_.show_sessions(args, reply, now());
    });
}

NatDesk::Sources ControlThread::State::nat_sources() const {
    AllNaptGauges gauges;
    for (std::size_t i = 0; i < data_plane_.observation.worker_count(); ++i) {
        gauges.push_back(&data_plane_.observation.worker(i).counters->napt);
    }
    return {
        config_.napt,
        director_.paths().all_subscribers(),
        std::move(gauges),
        [this](const crypto::PublicKey& key) {
            return name_of_dc(director_, key);
        }};
}

TelemetrySources ControlThread::State::sources() const {
    return {config_, director_, keeper_, data_plane_.observation, rates_, bridge_, sockets_};
}

HopSweep::Hooks ControlThread::State::sweep_hooks() {
    return {
        [this] { director_.handle_route_change(); },
        [this] {
            are_settings_changed_ = true;
            publish_settings();
        },
        [this] { return data_plane_.grace_period.start(); },
        [this](std::uint64_t token) { return data_plane_.grace_period.has_ended(token); },
        [this](const Neighbour& neighbour) {
            mirror_.forget(neighbour);
        }};
}

}  // namespace ntm::control
