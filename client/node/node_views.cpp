// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/node_views.hpp"

#include "common/admin/path_show.hpp"

#include <algorithm>
#include <cmath>

namespace ntm::client {

namespace {

using admin::Json;

template <typename T>
Json text_or_null(const std::optional<T>& value) {
    return value ? Json(value->text()) : Json(nullptr);
}

Json milliseconds_or_null(const std::optional<Duration>& duration) {
    if (!duration) {
        return nullptr;
    }
    const double microseconds = std::round(static_cast<double>(duration->count()) / 1e3);
    return microseconds / 1e3;
}

std::string nat_text(NatFinding finding) {
    switch (finding) {
        case NatFinding::none:
            return "none";
        case NatFinding::port_preserving:
            return "port_preserving";
        case NatFinding::behind_nat:
            return "behind_nat";
        case NatFinding::symmetric:
            return "symmetric";
        case NatFinding::unknown:
            break;
    }
    return "unknown";
}

std::string kind_text(InterfaceKind kind) {
    switch (kind) {
        case InterfaceKind::wired:
            return "wired";
        case InterfaceKind::wireless:
            return "wireless";
        case InterfaceKind::cellular:
            return "cellular";
        case InterfaceKind::other:
            break;
    }
    return "other";
}

std::string kind_text(RouteKind kind) {
    switch (kind) {
        case RouteKind::direct:
            return "direct";
        case RouteKind::general:
            return "general";
        case RouteKind::relayed:
            break;
    }
    return "relayed";
}

Json path_json(const PathView& path) {
    Json leg = nullptr;
    if (path.way) {
        leg = {
            {"local", path.way->local.text()},
            {"remote", path.way->remote.text()},
            {"outside", text_or_null(path.outside)},
            {"bound", path.is_bound}};
    }
    return {
        {"path_id", path.path_id.text()},
        {"peer", path.peer_fqdn},
        {"peer_vipv4", text_or_null(path.peer_vipv4)},
        {"peer_vipv6", text_or_null(path.peer_vipv6)},
        {"kind", kind_text(path.kind)},
        {"exit", path.is_exit},
        {"role", path.role == Role::initiator ? "initiator" : "responder"},
        {"ready", path.is_ready},
        {"relay", path.kind == RouteKind::direct ? Json(nullptr) : Json(path.relay)},
        {"leg", leg},
        {"tx_packets", path.sent.packets},
        {"tx_bytes", path.sent.bytes},
        {"rx_packets", path.received.packets},
        {"rx_bytes", path.received.bytes},
        {"rtt_milliseconds", milliseconds_or_null(path.rtt)},
        {"loss_permille", path.loss_permille ? Json(*path.loss_permille) : Json(nullptr)},
        {"suite", text_of(path.suite)},
        {"peer_key", path.peer_key.text()},
        {"peer_key_before", text_or_null(path.peer_key_before)},
        {"epoch", path.epoch},
        {"exchanged", path.is_exchanged},
        {"revision", path.revision},
        {"inner_mtu_bytes", path.inner_mtu},
        {"age_seconds", std::chrono::duration_cast<std::chrono::seconds>(path.age).count()}};
}

}  // namespace

Json status_json(const NodeStatus& status) {
    Json addresses = Json::array();
    for (const LocalAddress& at : status.addresses) {
        addresses.push_back(
            {{"address", at.real.address.text()},
             {"interface_index", at.real.interface_index},
             {"kind", kind_text(at.real.kind)},
             {"routed", at.real.is_routed}}
        );
    }
    Json relays = Json::array();
    for (const WayView& way : status.relays) {
        relays.push_back(
            {{"relay", way.relay},
             {"local", way.way.local.text()},
             {"remote", way.way.remote.text()},
             {"rtt_milliseconds", milliseconds_or_null(way.rtt)},
             {"outside", text_or_null(way.outside)},
             {"answering", way.has_answered && !way.is_dead}}
        );
    }
    Json prefixes = Json::array();
    for (const Prefix& prefix : status.network.prefixes) {
        prefixes.push_back(prefix.text());
    }
    return {
        {"fqdn", status.fqdn},
        {"registered", status.is_registered},
        {"vipv4", text_or_null(status.network.vipv4)},
        {"vipv6", text_or_null(status.network.vipv6)},
        {"virtual_prefixes", prefixes},
        {"mtu_bytes", status.network.mtu},
        {"exit", status.network.is_exit},
        {"general_trouble",
         status.general_trouble.empty() ? Json(nullptr) : Json(status.general_trouble)},
        {"outside", text_or_null(status.outside)},
        {"nat", nat_text(status.nat)},
        {"dc_connected", status.is_dc_connected},
        {"dc", text_or_null(status.dc)},
        {"dc_rtt_milliseconds", milliseconds_or_null(status.dc_rtt)},
        {"boot_id", status.boot_id.text()},
        {"addresses", addresses},
        {"relays", relays},
        {"paths", status.paths}};
}

admin::Answer paths_json(const std::vector<PathView>& paths, const Json& args) {
    const auto one = [&](PathId id) -> std::optional<Json> {
        const auto path = std::ranges::find(paths, id, &PathView::path_id);
        return path == paths.end() ? std::nullopt : std::optional{path_json(*path)};
    };
    const auto first = [&](std::size_t limit) {
        Json shown = Json::array();
        for (std::size_t i = 0; i < std::min(limit, paths.size()); ++i) {
            shown.push_back(path_json(paths[i]));
        }
        return shown;
    };
    return admin::show_paths(args, {paths.size(), one, first});
}

Json counters_json(const NodeCounters& node, const protocol::SignalingCounters& signaling) {
    return {
        {"malformed_datagram", node.malformed_datagram},
        {"unknown_path", node.unknown_path},
        {"unknown_cookie", node.unknown_cookie},
        {"cookie_ask", node.cookie_ask},
        {"to_former_address", node.to_former_address},
        {"bad_tag", node.bad_tag},
        {"replayed", node.replayed},
        {"wrong_role", node.wrong_role},
        {"malformed_message", node.malformed_message},
        {"stale_key_message", node.stale_key_message},
        {"bad_key", node.bad_key},
        {"bad_inner_packet", node.bad_inner_packet},
        {"wrong_inner_source", node.wrong_inner_source},
        {"wrong_inner_destination", node.wrong_inner_destination},
        {"congestion_unheard", node.congestion_unheard},
        {"bad_packet_from_tun", node.bad_packet_from_tun},
        {"not_virtual", node.not_virtual},
        {"too_big", node.too_big},
        {"held_too_long", node.held_too_long},
        {"path_exhausted", node.path_exhausted},
        {"signal_bad_handshake", signaling.bad_handshake},
        {"signal_unknown_session", signaling.unknown_session},
        {"signal_bad_tag", signaling.bad_tag},
        {"signal_replayed", signaling.replayed},
        {"signal_malformed", signaling.malformed},
        {"signal_token_demanded", signaling.token_demanded},
        {"signal_handshake_limited", signaling.handshake_limited},
        {"signal_handshake_repeated", signaling.handshake_repeated},
        {"signal_past_run", signaling.past_run}};
}

Json resolver_json(const ResolverCounters& counters) {
    return {
        {"queries", counters.queries},
        {"malformed", counters.malformed},
        {"held", counters.held},
        {"passed", counters.passed},
        {"failed", counters.failed},
        {"refused", counters.refused}};
}

}  // namespace ntm::client
