// SPDX-License-Identifier: BSD-3-Clause
#include "control/path_view.hpp"

#include "control/json_values.hpp"

#include <algorithm>
#include <cstdint>

namespace ntm::control {

namespace {

using admin::Json;

constexpr const char* text_of(Role role) noexcept {
    return role == Role::initiator ? "initiator" : "responder";
}

Json leg_json(const Leg& leg, const relay::LegView& seen, Role role, Instant now) {
    Json json{
        {"role", text_of(role)},
        {"bound", leg.is_bound()},
        {"outer_address", nullptr},
        {"relay_address", nullptr},
        {"proven_address", endpoint_or_null(leg.proven)},
        {"has_route", leg.next_hop != tables::no_next_hop},
        {"packets_received", seen.packets},
        {"bytes_received", seen.bytes},
        {"idle_seconds", nullptr},
    };
    if (leg.binding) {
        json["outer_address"] = leg.binding->outer.remote.text();
        json["relay_address"] = leg.binding->outer.local.text();
        json["bound_seconds"] = seconds_of(now - leg.binding->since);
    }
    if (leg.previous) {
        json["previous_outer_address"] = leg.previous->outer.remote.text();
    }
    if (seen.last_seen_seconds != 0) {
        const std::int64_t now_seconds = relay::whole_seconds(now);
        json["idle_seconds"] = std::max<std::int64_t>(0, now_seconds - seen.last_seen_seconds);
    }
    return json;
}

Json legs_json(const RelayedPath& path, const relay::PathView& seen, Instant now) {
    Json legs = Json::array();
    for (const Role role : {Role::initiator, Role::responder}) {
        if (path.has_leg(role)) {
            const relay::LegView& came = seen[static_cast<std::size_t>(role)];
            legs.push_back(leg_json(path.leg(role), came, role, now));
        }
    }
    return legs;
}

Json general_nodes_json(const RelayEnd& end) {
    Json nodes = Json::array();
    for (const tables::PathEnd::GeneralNode& node : end.general_nodes) {
        nodes.push_back(
            {{"virtual_address", node.virtual_address.text()},
             {"real_address", node.real_address.text()},
             {"has_route", node.next_hop != tables::no_next_hop}}
        );
    }
    return nodes;
}

void add_end(Json& json, const RelayEnd& end, const relay::LegView& came) {
    json["subscriber"] = end.subscriber.fqdn;
    json["subscriber_number"] = end.number;
    json["subscriber_addresses"] = vips_json(end.subscriber.vipv4, end.subscriber.vipv6);
    json["suite"] = text_of(end.keys->opening.key.suite);
    json["exit"] = end.is_exit();
    if (end.is_exit()) {
        json["exit_has_route"] = {
            {"ipv4", end.exit_hops[0] != tables::no_next_hop},
            {"ipv6", end.exit_hops[1] != tables::no_next_hop}};
    }
    json["general_nodes"] = general_nodes_json(end);
    json["packets_from_general_nodes"] = came.packets;
    json["bytes_from_general_nodes"] = came.bytes;
}

}  // namespace

Json path_view(
    const RelayedPath& path, const std::string& dc, const relay::PathView& seen, Instant now
) {
    Json json{
        {"path_id", path.id.text()},
        {"dc", dc},
        {"kind", path.end ? "general" : "relayed"},
        {"revision", path.revision},
        {"open", path.is_open()},
        {"age_seconds", seconds_of(now - path.directed)},
        {"expires_seconds", seconds_of(path.expires - now)}};
    if (path.end) {
        add_end(json, *path.end, seen[static_cast<std::size_t>(Role::responder)]);
    }
    json["legs"] = legs_json(path, seen, now);
    return json;
}

}  // namespace ntm::control
