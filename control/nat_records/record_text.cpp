// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/record_text.hpp"

#include <array>

namespace ntm::control {

namespace {

using admin::Json;

// By Change.
using Names = std::array<std::string_view, 3>;
constexpr Names block_names{"block_taken", "block_kept", "block_given_back"};
constexpr Names session_names{"session_opened", "session_kept", "session_ended"};
constexpr Names address_names{"address_bound", "address_kept", "address_left"};

struct NameOf {
    Change change;

    [[nodiscard]] std::string_view of(const Names& names) const noexcept {
        return names[static_cast<std::size_t>(change)];
    }
    std::string_view operator()(const PublicBlock&) const noexcept { return of(block_names); }
    std::string_view operator()(const NatSession&) const noexcept { return of(session_names); }
    std::string_view operator()(const RealAddress&) const noexcept { return of(address_names); }
    std::string_view operator()(const Shortage&) const noexcept { return "shortage"; }
    std::string_view operator()(const RunBegan&) const noexcept { return "run_began"; }
    std::string_view operator()(const RecordsLost&) const noexcept { return "records_lost"; }
};

std::string name_of_protocol(std::uint8_t protocol) {
    switch (protocol) {
        case 6:
            return "tcp";
        case 17:
            return "udp";
        case 1:
        case 58:
            return "icmp";
        default:
            return std::to_string(protocol);
    }
}

std::string_view name_of(napt::Scarce scarce) noexcept {
    switch (scarce) {
        case napt::Scarce::subscriber_ports:
            return "subscriber_ports";
        case napt::Scarce::subscriber_sessions:
            return "subscriber_sessions";
        case napt::Scarce::address_ports:
            return "address_ports";
        case napt::Scarce::addresses:
            return "addresses";
        case napt::Scarce::mappings:
            return "mappings";
        case napt::Scarce::sessions:
            return "sessions";
        case napt::Scarce::subscribers:
            return "subscribers";
        case napt::Scarce::fragments:
            break;
    }
    return "fragments";
}

struct Details {
    Json& into;

    void operator()(const PublicBlock& block) const {
        into["address"] = block.address.text();
        into["first_port"] = block.first_port;
        into["last_port"] = block.last_port;
    }
    void operator()(const NatSession& session) const {
        into["address"] = session.outside.address.text();
        into["port"] = session.outside.port.number;
        into["protocol"] = name_of_protocol(session.protocol);
        into["inside"] = session.inside.text();
        into["remote"] = session.remote.text();
    }
    void operator()(const RealAddress& real) const { into["real"] = real.endpoint.text(); }
    void operator()(const Shortage& shortage) const {
        into["of"] = name_of(shortage.of);
        if (shortage.address) {
            into["address"] = shortage.address->text();
            into["protocol"] = name_of_protocol(shortage.protocol);
        } else if (shortage.of == napt::Scarce::addresses) {
            into["family"] = shortage.family == Family::ipv4 ? "ipv4" : "ipv6";
        } else {
            into["limit"] = shortage.limit;
        }
    }
    void operator()(const RunBegan&) const {}
    void operator()(const RecordsLost& lost) const { into["count"] = lost.count; }
};

void add_tenant(Json& json, const Tenant& tenant) {
    json["tenancy"] = tenant.tenancy;
    json["subscriber"] = tenant.fqdn;
    json["key"] = tenant.key.text();
    json["dc"] = tenant.dc.text();
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const IpAddress vip = tenant.vip(family);
        if (!vip.is_unspecified()) {
            json[family == Family::ipv4 ? "vipv4" : "vipv6"] = vip.text();
        }
    }
}

}  // namespace

std::string_view event_of(const NatRecord& record) noexcept {
    return std::visit(NameOf{record.change}, record.what);
}

std::string name_of_run(BootId boot_id, std::uint64_t process) {
    return process == 1 ? boot_id.text() : boot_id.text() + "-" + std::to_string(process);
}

Json record_json(const NatRecord& record, std::string_view run) {
    Json json{{"at", record.at.text()}, {"event", std::string{event_of(record)}}};
    if (record.since) {
        json["since"] = record.since->text();
    }
    std::visit(Details{json}, record.what);
    if (record.tenant) {
        add_tenant(json, *record.tenant);
    }
    json["run"] = run;
    return json;
}

std::string record_text(const NatRecord& record, std::string_view run) {
    return record_json(record, run).dump();
}

}  // namespace ntm::control
