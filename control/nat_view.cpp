// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_view.hpp"

#include "common/admin/texts.hpp"
#include "control/json_values.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace ntm::control {

namespace {

using admin::Json;

Json table_json(
    const char* of,
    const AllNaptGauges& gauges,
    relay::Gauge relay::NaptGauges::*used,
    std::uint32_t capacity
) {
    return {{"of", of}, {"used", sum_of(gauges, used)}, {"capacity", capacity}};
}

Json blocks_json(const NaptConfig& config, Family family, const AllNaptGauges& gauges) {
    const BlockSum sum = sum_blocks(config, family, gauges);
    return {
        {"family", family == Family::ipv4 ? "IPv4" : "IPv6"},
        {"addresses", sum.addresses},
        {"blocks", sum.all},
        {"held", sum.held},
        {"resting", sum.resting()},
        {"free", sum.free},
    };
}

// By napt::Protocol and napt::TcpState.
constexpr std::array protocol_names{"udp", "tcp", "icmp"};
constexpr std::array tcp_state_names{
    "opened inside",
    "opened outside",
    "established",
    "closed inside",
    "closed outside",
    "closed",
    "reset"};

// An echo has an identifier, which is the port of who asks.
std::string end_text(const IpAddress& address, std::uint16_t port, bool has_port = true) {
    return has_port ? Endpoint{address, Port{port}}.text() : address.text();
}

Json state_json(const napt::Session& session) {
    if (session.protocol != napt::Protocol::tcp) {
        return nullptr;
    }
    return tcp_state_names.at(static_cast<std::size_t>(session.tcp.state()));
}

}  // namespace

Json pool_view(const NaptConfig& config, const AllNaptGauges& gauges) {
    using Gauges = relay::NaptGauges;
    return {
        {"addresses", admin::texts_of(config.addresses)},
        {"first_port", config.first_port},
        {"last_port", config.last_port()},
        {"ports_of_a_block", config.block_size},
        {"blocks",
         Json::array(
             {blocks_json(config, Family::ipv4, gauges), blocks_json(config, Family::ipv6, gauges)}
         )},
        {"tables",
         Json::array(
             {table_json("subscribers", gauges, &Gauges::subscribers, config.subscribers),
              table_json("mappings", gauges, &Gauges::mappings, config.mappings),
              table_json("sessions", gauges, &Gauges::sessions, config.sessions)}
         )},
    };
}

Json subscriber_view(const Subscribers::Member& member, const std::string& dc) {
    return {
        {"number", member.number},
        {"fqdn", std::string{member.fqdn}},
        {"addresses", vips_json(member.vipv4, member.vipv6)},
        {"dc", dc},
        {"paths", member.paths},
    };
}

void add_usage(Json& subscriber, const relay::UsageInquiry::Usage& usage) {
    const auto number_or_null = [&usage](std::uint32_t number) {
        return usage.is_open ? Json(number) : Json();
    };
    subscriber["ports"] = number_or_null(usage.ports);
    subscriber["most_ports"] = number_or_null(usage.most_ports);
    subscriber["sessions"] = number_or_null(usage.sessions);
    subscriber["most_sessions"] = number_or_null(usage.most_sessions);
}

void add_blocks(Json& subscriber, const relay::UsageInquiry::Usage& usage) {
    Json blocks = Json::array();
    for (const relay::UsageInquiry::Block& block : usage.blocks) {
        blocks.push_back(
            {{"public_address", block.address.text()},
             {"first_port", block.first_port},
             {"last_port", block.last_port}}
        );
    }
    subscriber["blocks"] = std::move(blocks);
    subscriber["has_more_blocks"] = usage.has_more_blocks;
}

Json session_view(
    const relay::SessionInquiry::Found& found, const relay::SubscriberName& of, Instant now
) {
    const napt::Session& session = found.session;
    const bool is_ipv4 = session.family == Family::ipv4;
    const IpAddress vip = is_ipv4 ? IpAddress{of.vipv4} : IpAddress{of.vipv6};
    const bool is_echo = session.protocol == napt::Protocol::icmp;
    const std::int64_t left = std::int64_t{session.expires} - relay::whole_seconds(now);
    return {
        {"protocol", protocol_names.at(static_cast<std::size_t>(session.protocol))},
        {"inside", end_text(vip, session.inside_port)},
        {"public", end_text(found.public_address, session.public_port.port)},
        {"remote", end_text(session.remote.as(session.family), session.remote_port, !is_echo)},
        {"path_id", session.path.text()},
        {"state", state_json(session)},
        {"expires_seconds", std::max<std::int64_t>(0, left)},
    };
}

}  // namespace ntm::control
