// SPDX-License-Identifier: BSD-3-Clause
#include "control/telemetry.hpp"

#include "common/admin/path_show.hpp"
#include "common/packet/drop_reason.hpp"
#include "control/json_values.hpp"
#include "control/path_view.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace ntm::control {

namespace {

using admin::Json;

// Finer than a microsecond is noise.
Json milliseconds_or_null(const std::optional<Duration>& duration) {
    if (!duration) {
        return nullptr;
    }
    return std::round(std::chrono::duration<double, std::micro>(*duration).count()) / 1e3;
}

Json id_or_null(BootId id) {
    return id.is_zero() ? Json() : Json(id.text());
}

Json dc_json(const TelemetrySources& from, const DcLink& dc, Instant now) {
    const protocol::Signaling& signaling = from.director.signaling();
    return {
        {"name", dc.name()},
        {"key", dc.key().text()},
        {"connected", signaling.is_connected(dc.key())},
        {"registered", dc.is_registered()},
        {"reachable", dc.is_reachable()},
        {"endpoint", endpoint_or_null(signaling.endpoint_of(dc.key()))},
        {"term", dc.term()},
        {"boot_id", id_or_null(dc.last_boot_id())},
        {"paths", from.director.paths().count_of(dc.key())},
        {"last_heard_seconds", seconds_of(now - dc.last_heard())},
        {"rtt_milliseconds", milliseconds_or_null(signaling.smoothed_rtt_of(dc.key()))},
    };
}

Json director_json(const DirectorCounters& counters) {
    return {
        {"tunnel_requests", counters.requests},
        {"legs_bound", counters.bound},
        {"legs_moved", counters.moved},
        {"requests_without_proof", counters.needs_token},
        {"requests_of_unknown_path", counters.unknown_path},
        {"requests_with_bad_tag", counters.bad_leg_tag},
        {"requests_too_short", counters.request_too_short},
        {"malformed", counters.malformed},
        {"foreign_address", counters.foreign_address},
        {"end_probes_answered", counters.end_probes},
        {"end_with_bad_tag", counters.bad_end_tag},
        {"end_of_foreign_source", counters.foreign_end_source},
        {"not_for_control", counters.not_for_control},
        {"directions_taken", counters.directions_taken},
        {"directions_refused", counters.directions_refused},
        {"paths_released", counters.paths_released},
        {"paths_expired", counters.paths_expired},
        {"paths_forbidden", counters.paths_forbidden},
    };
}

// The balance of all workers, and what was lost in front of them.
Json packets_json(const WorkerTotals& totals, const relay::Observation& observation) {
    std::uint64_t missed = 0;
    for (std::size_t i = 0; i < observation.port_count(); ++i) {
        missed += observation.port(i).missed;
    }
    Json json = balance_json(totals);
    json["missed"] = missed;
    return json;
}

Json one_path(const TelemetrySources& from, const RelayedPath& path, Instant now) {
    const relay::PathView seen = from.keeper.view(path.id).value_or(relay::PathView{});
    return path_view(path, name_of_dc(from.director, path.dc), seen, now);
}

}  // namespace

std::string name_of_dc(const RelayDirector& director, const crypto::PublicKey& key) {
    const auto dc = std::ranges::find(director.dcs(), key, &DcLink::key);
    return dc == director.dcs().end() ? key.text() : dc->name();
}

Json balance_json(const WorkerTotals& totals) {
    return {
        {"received", totals.received},
        {"injected", totals.injected},
        {"made", totals.made},
        {"transmitted", totals.transmitted},
        {"punted", totals.punted},
        {"dropped", totals.dropped},
        {"held", totals.held},
        {"imbalance", totals.imbalance()},
    };
}

Json signaling_json(const protocol::SignalingCounters& counters) {
    return {
        {"received", counters.received},
        {"bad_handshake", counters.bad_handshake},
        {"unknown_session", counters.unknown_session},
        {"bad_tag", counters.bad_tag},
        {"replayed", counters.replayed},
        {"malformed", counters.malformed},
        {"token_demanded", counters.token_demanded},
        {"handshake_limited", counters.handshake_limited},
        {"handshake_repeated", counters.handshake_repeated},
        {"past_run", counters.past_run},
    };
}

Json sockets_json(const std::vector<UdpSocket>& sockets) {
    UdpCounters sum;
    for (const UdpSocket& socket : sockets) {
        sum.received += socket.counters().received;
        sum.truncated += socket.counters().truncated;
        sum.sent += socket.counters().sent;
        sum.send_failed += socket.counters().send_failed;
    }
    return {
        {"received", sum.received},
        {"truncated", sum.truncated},
        {"sent", sum.sent},
        {"send_failed", sum.send_failed},
    };
}

Json status_json(
    const TelemetrySources& from, Instant started, std::optional<unsigned> stuck_worker, Instant now
) {
    Json addresses = Json::array();
    for (const IpAddress& address : from.config.own_addresses()) {
        addresses.push_back(Endpoint{address, from.config.listen_port}.text());
    }
    Json dcs = Json::array();
    for (const DcLink& dc : from.director.dcs()) {
        dcs.push_back(dc_json(from, dc, now));
    }
    const DirectorLoad& load = from.rates.load();
    const relay::BufferView buffers = from.observation.buffers();
    return {
        {"name", from.director.name()},
        {"key", from.director.signaling().own_key().text()},
        {"boot_id", from.director.boot_id().text()},
        {"uptime_seconds", seconds_of(now - started)},
        {"addresses", addresses},
        {"is_draining", from.director.is_draining()},
        {"paths", from.director.paths().size()},
        {"path_capacity", from.director.paths().capacity()},
        {"subscribers", from.director.paths().subscribers()},
        {"table_backlog", from.keeper.backlog()},
        {"table_foreign_refused", from.keeper.foreign_refused()},
        {"workers", from.observation.worker_count()},
        {"stuck_worker", stuck_worker ? Json(*stuck_worker) : Json()},
        {"buffers", buffers.total},
        {"buffers_free", buffers.free},
        {"packets_per_second", load.packets_per_second},
        {"bits_per_second", load.bits_per_second},
        {"busiest_worker_permille", load.busiest_worker_permille},
        {"dcs", dcs},
        {"control", director_json(from.director.counters())},
        {"signaling", signaling_json(from.director.signaling().counters())},
        {"sockets", sockets_json(from.sockets)},
        {"packets", packets_json(read_totals(from.observation), from.observation)},
    };
}

admin::Answer path_json(const TelemetrySources& from, const Json& args, Instant now) {
    const PathBook& book = from.director.paths();
    const auto one = [&](PathId id) -> std::optional<Json> {
        const RelayedPath* const path = book.find(id);
        return path == nullptr ? std::nullopt : std::optional{one_path(from, *path, now)};
    };
    const auto first = [&](std::size_t limit) {
        Json paths = Json::array();
        for (const auto& [id, path] : book.all()) {
            if (paths.size() >= limit) {
                break;
            }
            paths.push_back(one_path(from, path, now));
        }
        return paths;
    };
    return admin::show_paths(args, {book.size(), one, first});
}

Json worker_json(const TelemetrySources& from) {
    Json workers = Json::array();
    for (std::size_t i = 0; i < from.observation.worker_count(); ++i) {
        const relay::WorkerView view = from.observation.worker(i);
        const WorkerTotals totals = read_totals(*view.counters);
        const auto& rates = from.rates.workers();
        const WorkerRate rate = i < rates.size() ? rates[i] : WorkerRate{};
        Json punted;
        for (std::size_t j = 0; j < totals.punted_by_class.size(); ++j) {
            punted[std::string{relay::punt_class_names[j]}] = totals.punted_by_class[j];
        }
        workers.push_back(
            {{"worker", i},
             {"lcore", view.lcore},
             {"asleep", view.is_asleep},
             {"packets_per_second", rate.packets_per_second},
             {"busy_permille", rate.busy_permille},
             {"packets", balance_json(totals)},
             {"handed_over", totals.handed_over},
             {"taken_over", totals.taken_over},
             {"punted_by_class", punted},
             {"cookies_answered", totals.cookies_answered},
             {"icmp_errors", totals.icmp_errors},
             {"busy_cycles", totals.busy_cycles},
             {"idle_cycles", totals.idle_cycles},
             {"sleeps", totals.sleeps}}
        );
    }
    return {{"cycles_per_second", from.observation.cycles_per_second()}, {"workers", workers}};
}

Json drop_json(const TelemetrySources& from, const Json& args) {
    const bool shows_all = args.value("all", false);
    const WorkerTotals totals = read_totals(from.observation);
    Json drops = Json::array();
    for (std::size_t i = 1; i < drop_reason_count; ++i) {
        if (totals.dropped_by_reason[i] == 0 && !shows_all) {
            continue;
        }
        const DropReasonText& text = describe(static_cast<DropReason>(i));
        drops.push_back(
            {{"name", std::string{text.name}},
             {"packets", totals.dropped_by_reason[i]},
             {"meaning", std::string{text.sentence}}}
        );
    }
    return {{"drops", drops}, {"packets", packets_json(totals, from.observation)}};
}

Json port_json(const TelemetrySources& from) {
    Json ports = Json::array();
    for (std::size_t i = 0; i < from.observation.port_count(); ++i) {
        const relay::PortView view = from.observation.port(i);
        const PortConfig& config = from.config.ports[i];
        const TapCounters& tap = from.bridge.counters(i);
        Json addresses = Json::array();
        for (const InterfaceAddress& address : config.addresses) {
            addresses.push_back(address.text());
        }
        ports.push_back(
            {{"port", i},
             {"name", view.name},
             {"driver", view.driver},
             {"mac", view.mac.text()},
             {"up", view.is_up},
             {"mtu_bytes", view.mtu},
             {"received", view.received},
             {"transmitted", view.transmitted},
             {"transmitted_bytes", view.transmitted_bytes},
             {"missed", view.missed},
             {"errors", view.errors},
             {"no_buffer", view.no_buffer},
             {"transmit_errors", view.tx_errors},
             {"tap", config.tap},
             {"addresses", addresses},
             {"tap_to_kernel", tap.to_kernel},
             {"tap_kernel_refused", tap.kernel_refused},
             {"tap_from_kernel", tap.from_kernel},
             {"tap_not_injected", tap.not_injected}}
        );
    }
    return {{"ports", ports}};
}

Json drain_json(const RelayDirector& director) {
    return {
        {"is_draining", director.is_draining()},
        {"paths", director.paths().size()},
        {"subscribers", director.paths().subscribers()}};
}

}  // namespace ntm::control
