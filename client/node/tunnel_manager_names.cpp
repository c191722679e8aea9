// SPDX-License-Identifier: BSD-3-Clause
// Names and views of TunnelManager: queries in and out, and what ntmctl shows.
#include "client/node/tunnel_manager.hpp"
#include "common/base/names.hpp"

#include <algorithm>

namespace ntm::client {

namespace {

// A path that is not ready this long after it was directed will not become so by waiting.
constexpr Duration usual_set_up = std::chrono::seconds{2};

}  // namespace

bool TunnelManager::is_for_dc(const std::string& name, DnsWish wish) const {
    const std::string fqdn = normalized_name(name);
    return is_within(fqdn, settings_.zones) ||
           (wish == DnsWish::addresses && settings_.general_names.cover(fqdn));
}

void TunnelManager::handle_dns_query(
    std::uint64_t query, const std::string& name, DnsWish wish, Instant now
) {
    const std::string fqdn = normalized_name(name);
    if (!is_for_dc(fqdn, wish)) {
        answer_query(query, DnsOutcome::not_ours);
    } else if (shut_down_by_) {
        answer_query(query, DnsOutcome::failed);
    } else if (fqdn == settings_.fqdn && !own_vips_.empty()) {
        answer_own_name(query);
    } else if (std::ranges::find(settings_.zones, fqdn) != settings_.zones.end()) {
        // The apex is no node, but what lies below it would not exist if it did not.
        answer_query(query, DnsOutcome::addresses);
    } else {
        find_path(query, fqdn, wish, now);
    }
}

void TunnelManager::find_path(
    std::uint64_t query, const std::string& fqdn, DnsWish wish, Instant now
) {
    const Tunnel* tunnel = tunnels_.find_by_name(fqdn);
    const bool is_being_set_up = tunnel != nullptr && now - tunnel->since() < usual_set_up;
    const bool is_in_zones = is_within(fqdn, settings_.zones);
    const bool is_asked_already = queries_.has(fqdn);
    queries_.add({query, fqdn, wish, !is_in_zones && !is_being_set_up}, now);
    if (fqdn == settings_.fqdn) {
        return;  // waits for the registration
    }
    if (tunnel != nullptr && wish == DnsWish::existence) {
        confirm_name(fqdn);  // ready or not: the DC has named it
        return;
    }
    if (tunnel != nullptr && tunnel->is_ready()) {
        answer_queries(*tunnel);
        return;
    }
    if (!is_in_zones && silence_.is_silent()) {
        fail_queries(fqdn, DnsOutcome::not_ours);
        return;
    }
    if (!is_asked_already && !is_being_set_up) {
        ask_for({fqdn, {}, v1::DIRECTION_NEW, {}}, now);
    }
    settle(now);
}

void TunnelManager::ask_for(const DirectionWish& wish, Instant now) {
    if (shut_down_by_) {
        return;
    }
    const bool is_asked = directions_.ask(wish, now);
    if (!is_asked && !wish.is_exit && tunnels_.find_by_name(wish.fqdn) == nullptr) {
        fail_queries(wish.fqdn, outcome_of(wish.fqdn, v1::STATUS_BUSY));
    }
}

void TunnelManager::answer_query(std::uint64_t query, DnsOutcome outcome) {
    answers_.push_back({query, outcome, std::nullopt, std::nullopt});
}

void TunnelManager::answer_queries(const Tunnel& tunnel) {
    const RouteDirection& direction = tunnel.direction();
    for (const NameQuery& query : queries_.take(direction.peer_fqdn)) {
        answers_.push_back(
            {query.number, DnsOutcome::addresses, direction.peer_vipv4, direction.peer_vipv6}
        );
    }
}

void TunnelManager::fail_queries(const std::string& fqdn, DnsOutcome outcome) {
    for (const NameQuery& query : queries_.take(fqdn)) {
        answer_query(query.number, outcome);
    }
}

// A general node can be reached without a path too, where the DC does not know it, has no time or no
// relay for it. (Without a name it is a virtual address that is asked for, which no resolver knows.)
DnsOutcome TunnelManager::outcome_of(const std::string& fqdn, v1::Status refusal) const {
    const bool is_unknown = refusal == v1::STATUS_UNKNOWN_NAME;
    const bool leaves_it_to_others = is_unknown || refusal == v1::STATUS_BUSY ||
                                     (refusal == v1::STATUS_NO_RELAY && !fqdn.empty());
    if (leaves_it_to_others && !is_within(fqdn, settings_.zones)) {
        return DnsOutcome::not_ours;
    }
    return is_unknown ? DnsOutcome::no_such_name : DnsOutcome::failed;
}

void TunnelManager::judge_name(const std::string& fqdn, v1::Status status) {
    // The DC says these only of a name that it knows, whatever becomes of the path.
    if (status == v1::STATUS_OK || status == v1::STATUS_UNREACHABLE ||
        status == v1::STATUS_NO_RELAY) {
        confirm_name(fqdn);
    }
}

void TunnelManager::confirm_name(const std::string& fqdn) {
    queries_.note_known(fqdn);
    for (const NameQuery& query : queries_.take_for_existence(fqdn)) {
        answer_query(query.number, DnsOutcome::addresses);
    }
}

void TunnelManager::answer_own_name(std::uint64_t query) {
    DnsAnswer answer{query, DnsOutcome::addresses, std::nullopt, std::nullopt};
    if (network_.vipv4) {
        answer.vipv4 = network_.vipv4->address;
    }
    if (network_.vipv6) {
        answer.vipv6 = network_.vipv6->address;
    }
    answers_.push_back(answer);
}

Registration::RelayRtts TunnelManager::relay_rtts() const {
    Registration::RelayRtts rtts;
    if (registration_.grant()) {
        for (const RelayAddresses& relay : registration_.grant()->relays) {
            if (const auto rtt = relays_.rtt_of_relay(relay.name)) {
                rtts.emplace_back(relay.name, *rtt);
            }
        }
    }
    return rtts;
}

// From what the DC and the relays see: the same address as ours means no NAT; different ports for
// different observers mean one that maps by destination.
NatFinding TunnelManager::nat_finding() const {
    if (!registration_.grant() || !registration_.grant()->outside) {
        return NatFinding::unknown;
    }
    const Endpoint& outside = *registration_.grant()->outside;
    if (locals_.has(outside.address)) {
        return NatFinding::none;
    }
    for (const WayView& way : relays_.ways()) {
        if (way.outside && way.outside->address == outside.address &&
            way.outside->port != outside.port) {
            return NatFinding::symmetric;
        }
    }
    return outside.port == settings_.port ? NatFinding::port_preserving : NatFinding::behind_nat;
}

NodeStatus TunnelManager::status() const {
    NodeStatus status;
    status.fqdn = settings_.fqdn;
    status.boot_id = settings_.boot_id;
    // A DC that has forgotten the node says nothing, as one that is away.
    status.is_registered = registration_.grant() && !silence_.is_silent();
    status.is_dc_connected = signaling_.is_connected(settings_.dc_key);
    status.dc = signaling_.endpoint_of(settings_.dc_key);
    status.dc_rtt = signaling_.smoothed_rtt_of(settings_.dc_key);
    if (registration_.grant()) {
        status.outside = registration_.grant()->outside;
    }
    status.nat = nat_finding();
    status.network = network_;
    status.addresses = locals_.all();
    status.relays = relays_.ways();
    status.paths = tunnels_.all().size();
    status.general_trouble = general_trouble_;
    return status;
}

std::vector<PathView> TunnelManager::paths(Instant now) const {
    std::vector<PathView> views;
    for (const auto& [path_id, tunnel] : tunnels_.all()) {
        const RouteDirection& direction = tunnel->direction();
        PathView view;
        view.path_id = path_id;
        view.revision = direction.revision;
        view.role = direction.role;
        view.kind = direction.kind;
        view.is_exit = direction.is_exit;
        view.peer_fqdn = direction.peer_fqdn;
        view.peer_vipv4 = direction.peer_vipv4;
        view.peer_vipv6 = direction.peer_vipv6;
        view.is_ready = tunnel->is_ready();
        view.is_bound = tunnel->legs().is_bound();
        view.relay = direction.relay_name;
        view.way = tunnel->legs().wanted_way();
        view.outside = tunnel->legs().outside();
        view.sent = tunnel->sent();
        view.received = tunnel->received();
        view.rtt = tunnel->probe().rtt();
        view.loss_permille = tunnel->probe().loss_permille();
        view.suite = direction.suite;
        view.inner_mtu = direction.inner_mtu;
        view.age = now - tunnel->since();
        view.peer_key = direction.peer_key;
        view.peer_key_before = known_peers_.key_before(direction.peer_fqdn);
        view.epoch = tunnel->epochs().number();
        view.is_exchanged = view.epoch != 0 && tunnel->epochs().is_confirmed();
        views.push_back(std::move(view));
    }
    return views;
}

}  // namespace ntm::client
