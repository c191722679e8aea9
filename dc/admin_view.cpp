// SPDX-License-Identifier: BSD-3-Clause
#include "dc/admin_view.hpp"

#include "common/admin/path_show.hpp"
#include "dc/reachability.hpp"
#include "dc/record_text.hpp"

#include <algorithm>
#include <chrono>

namespace ntm::dc {

namespace {

using admin::Json;

std::int64_t in_seconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

Json text_or_null(const std::optional<Endpoint>& endpoint) {
    return endpoint ? Json(endpoint->text()) : Json();
}

// Of a run that was never seen.
Json text_or_null(BootId boot_id) {
    return boot_id.is_zero() ? Json() : Json(boot_id.text());
}

std::string restored_text(const Relay& relay) {
    return "restored " + std::to_string(relay.restored) + " of " + std::to_string(relay.to_restore);
}

const char* state_of(const Relay& relay) {
    if (relay.is_alive) {
        return relay.is_draining ? "draining" : "alive";
    }
    return relay.is_expected ? "expected" : "silent";
}

const char* state_of(const Context& context, const Path& path) {
    if (path.stands()) {
        return path.is_known_to_all() ? "established" : "directing";
    }
    if (path.is_restoring) {
        return "restoring";
    }
    const Relay* relay =
        path.record.relay ? context.registry.find_relay(*path.record.relay) : nullptr;
    return relay != nullptr && relay->is_alive ? "asking_relay" : "waiting_for_relay";
}

Json show_node(const Context& context, const Node& node, Instant now) {
    const NodeRecord& record = node.record;
    const Reachability reachability = find_reachability(record);
    const Duration lifetime = context.settings.timing.registration_lifetime;
    Json json;
    json["fqdn"] = record.fqdn;
    json["key"] = record.key.text();
    json["vipv4"] = IpAddress{record.vipv4}.text();
    json["vipv6"] = IpAddress{record.vipv6}.text();
    json["is_registered"] = node.is_registered(now, lifetime);
    json["is_connected"] = context.signaling.is_connected(record.key);
    json["outside"] = text_or_null(record.outside);
    json["ipv4"] = text_of(reachability.ipv4);
    json["ipv6"] = text_of(reachability.ipv6);
    json["addresses"] = write_addresses(record.addresses);
    json["paths"] = context.paths.of_node(record.key).size();
    json["boot_id"] = text_or_null(record.boot_id);
    json["last_heard_seconds"] =
        node.last_heard ? Json(in_seconds(now - *node.last_heard)) : Json();
    return json;
}

Json show_napt(const v1::NaptLoad& load) {
    const auto row = [](const char* of, const v1::NaptLoad::Fill& fill) {
        return Json{{"of", of}, {"used", fill.used()}, {"capacity", fill.capacity()}};
    };
    return Json::array(
        {row("ports IPv4", load.ports_ipv4()),
         row("ports IPv6", load.ports_ipv6()),
         row("mappings", load.mappings()),
         row("sessions", load.sessions())}
    );
}

Json show_relay(const Context& context, const Relay& relay, Instant now) {
    Json json;
    json["name"] = relay.record.name;
    json["key"] = relay.record.key.text();
    json["state"] = state_of(relay);
    json["addresses"] = write_endpoints(relay.record.addresses);
    json["has_napt"] = relay.has_napt;
    json["suites"] = write_suites(relay.suites);
    json["capacity_paths"] = relay.record.capacity_paths;
    json["paths"] = context.paths.of_relay(relay.record.key).size();
    json["paths_reported"] = relay.load.paths;
    json["ends_leave_seconds"] =
        relay.keeps_ends ? Json(in_seconds(relay.ends_leave_at - now)) : Json();
    json["packets_per_second"] = relay.load.packets_per_second;
    json["bits_per_second"] = relay.load.bits_per_second;
    json["busiest_worker_permille"] = relay.load.busiest_worker_permille;
    if (relay.load.napt) {
        json["napt"] = show_napt(*relay.load.napt);
    }
    json["restored_paths"] = relay.restored;
    json["to_restore_paths"] = relay.to_restore;
    json["restore"] = restored_text(relay);
    json["boot_id"] = text_or_null(relay.record.boot_id);
    json["last_heard_seconds"] = relay.is_alive ? Json(in_seconds(now - relay.last_heard)) : Json();
    return json;
}

void show_general_node(const GeneralNodeRecord& node, Json& path) {
    path["responder"] = node.fqdn;
    path["responder_vips"] = Json::array();
    path["responder_addresses"] = Json::array();
    const auto show = [&](const IpAddress& vip, const IpAddress& real) {
        path["responder_vips"].push_back(vip.text());
        path["responder_addresses"].push_back(real.text());
    };
    if (node.real_ipv4) {
        show(node.vipv4, *node.real_ipv4);
    }
    if (node.real_ipv6) {
        show(node.vipv6, *node.real_ipv6);
    }
}

Json show_path(const Context& context, const Path& path, Instant now) {
    const PathRecord& record = path.record;
    const std::int64_t unix_now =
        context.settings.unix_seconds_at_origin + in_seconds(now.since_origin());
    Json json;
    json["path_id"] = record.id.text();
    json["initiator"] = context.name_of(record.end(Role::initiator).node);
    if (const GeneralNodeRecord* general = context.general.find_of(record.id)) {
        show_general_node(*general, json);
    } else if (record.kind == RouteKind::exit) {
        json["responder"] = "all general nodes";
    } else {
        json["responder"] = context.name_of(record.end(Role::responder).node);
    }
    json["kind"] = text_of(record.kind);
    // Of its kind and relay: what the ends have become since then does not change it.
    json["reason_when_chosen"] = text_of(record.reason);
    json["relay"] = record.relay ? Json(context.name_of(*record.relay)) : Json();
    json["revision"] = record.revision;
    json["state"] = state_of(context, path);
    json["suite"] = text_of(record.suite);
    json["age_seconds"] = std::max<std::int64_t>(0, unix_now - record.created_unix_seconds);
    return json;
}

Json show_counters(const CoordinatorCounters& counters) {
    Json json;
    json["received"] = counters.signaling.received;
    json["bad_header"] = counters.bad_header;
    json["not_for_a_dc"] = counters.not_for_a_dc;
    json["bad_handshake"] = counters.signaling.bad_handshake;
    json["unknown_session"] = counters.signaling.unknown_session;
    json["bad_tag"] = counters.signaling.bad_tag;
    json["replayed"] = counters.signaling.replayed;
    json["malformed"] = counters.signaling.malformed;
    json["token_demanded"] = counters.signaling.token_demanded;
    json["handshake_limited"] = counters.signaling.handshake_limited;
    json["handshake_repeated"] = counters.signaling.handshake_repeated;
    json["past_run"] = counters.signaling.past_run;
    json["cookies_answered"] = counters.cookies_answered;
    json["cookies_limited"] = counters.cookies_limited;
    json["cookies_malformed"] = counters.cookies_malformed;
    json["while_stalled"] = counters.while_stalled;
    return json;
}

Json count_nodes(const Context& context, Instant now) {
    const Duration lifetime = context.settings.timing.registration_lifetime;
    std::size_t registered = 0;
    for (const auto& [name, node] : context.registry.nodes()) {
        registered += node->is_registered(now, lifetime) ? 1 : 0;
    }
    return {{"provisioned", context.registry.nodes().size()}, {"registered", registered}};
}

}  // namespace

Json show_status(const Coordinator& coordinator, Instant now) {
    const Context& context = coordinator.context();
    Json json;
    json["zones"] = context.settings.zones;
    json["key"] = context.signaling.own_key().text();
    json["term"] = context.term;
    json["boot_id"] = context.signaling.boot_id().text();
    json["virtual_ipv4"] = context.settings.blocks.ipv4.text();
    json["virtual_ipv6"] = context.settings.blocks.ipv6.text();
    json["nodes"] = count_nodes(context, now);
    json["relays"] = Json::array();
    for (const auto& [name, relay] : context.registry.relays()) {
        json["relays"].push_back(
            {{"name", name}, {"state", state_of(*relay)}, {"restore", restored_text(*relay)}}
        );
    }
    json["paths"] = context.paths.all().size();
    json["general_nodes"] = context.general.size();
    json["store"] = {
        {"state", text_of(context.store.health())},
        {"failed_commits", context.store.failed_commits()}};
    json["releases_pending"] = coordinator.pending_releases();
    json["counters"] = show_counters(coordinator.counters());
    return json;
}

Json show_nodes(const Coordinator& coordinator, Instant now) {
    Json nodes = Json::array();
    for (const auto& [name, node] : coordinator.context().registry.nodes()) {
        nodes.push_back(show_node(coordinator.context(), *node, now));
    }
    return {{"nodes", nodes}};
}

Json show_relays(const Coordinator& coordinator, Instant now) {
    Json relays = Json::array();
    for (const auto& [name, relay] : coordinator.context().registry.relays()) {
        relays.push_back(show_relay(coordinator.context(), *relay, now));
    }
    return {{"relays", relays}};
}

admin::Answer show_paths(const Coordinator& coordinator, const Json& args, Instant now) {
    const Context& context = coordinator.context();
    const auto& all = context.paths.all();
    const auto one = [&](PathId id) -> std::optional<Json> {
        const auto path = all.find(id);
        return path == all.end() ? std::nullopt
                                 : std::optional{show_path(context, *path->second, now)};
    };
    const auto first = [&](std::size_t limit) {
        Json paths = Json::array();
        for (const auto& [id, path] : all) {
            if (paths.size() >= limit) {
                break;
            }
            paths.push_back(show_path(context, *path, now));
        }
        return paths;
    };
    return admin::show_paths(args, {all.size(), one, first});
}

}  // namespace ntm::dc
