// SPDX-License-Identifier: BSD-3-Clause
// What the model owes to packets and queries in time, and to all when every ill has healed.
#include "tests/simulation/model.hpp"

#include <algorithm>

namespace ntm::simulation {

void Model::check_probes() {
    const Instant now = world_.events.now();
    std::erase_if(probes_, [&](std::uint64_t number) {
        const Ledger::Entry& entry = world_.ledger.entry(number);
        const bool has_echo = entry.echoed && *entry.echoed <= entry.sent + probe_limit;
        if (!has_echo && now <= entry.sent + probe_limit) {
            return false;
        }
        if (has_echo) {
            ++compared_["probe is answered in time"];
            return true;
        }
        const Ill* ill =
            find_excuse({entry.sender, entry.addressee}, entry.sent, entry.sent + probe_limit);
        owe(ill != nullptr,
            "late probe has an excuse",
            "packet " + std::to_string(number) + " of host " + std::to_string(entry.sender) +
                " to " + std::to_string(entry.addressee));
        ++excuses_[ill == nullptr ? "none" : ill->name];
        return true;
    });
}

void Model::check_queries() {
    const Instant now = world_.events.now();
    std::erase_if(queries_, [&](const Asked& one) {
        const auto node = std::ranges::find(nodes_, one.node, [](const World::NamedNode& named) {
            return named.node->host();
        });
        const SimNode::Query& query = node->node->query(one.query);
        if (!query.was_taken) {
            return true;
        }
        if (!query.answered && now <= query.asked + query_limit + std::chrono::milliseconds{1}) {
            return false;
        }
        check_query(one, query);
        return true;
    });
}

void Model::check_query(const Asked& asked, const SimNode::Query& query) {
    const Instant by = query.asked + query_limit;
    const bool is_in_time = query.answered && *query.answered <= by;
    const Ill* stopped = nullptr;
    for (const Ill& ill : ills_) {
        const bool stops = ill.name == "node killed" || ill.name == "node frozen";
        if (stops && ill.hosts.contains(asked.node) && ill.from <= by &&
            (!ill.until || *ill.until >= query.asked)) {
            stopped = &ill;
        }
    }
    owe(is_in_time || stopped != nullptr, "query is answered in 4.5 s", "it was not");
    if (!query.answered) {
        return;
    }
    switch (query.answer.outcome) {
        case client::DnsOutcome::addresses: {
            const auto vip = query.answer.vipv4;
            owe(vip && owners_.contains(*vip), "answer is a VIP that was given", "it is none");
            return;
        }
        case client::DnsOutcome::no_such_name:
            owe(!ever_removed_.empty(), "name is denied", "though all are provisioned");
            return;
        case client::DnsOutcome::failed:
            owe(find_excuse({asked.node, asked.about}, query.asked, by) != nullptr,
                "SERVFAIL has an excuse",
                "host " + std::to_string(asked.node));
            return;
        case client::DnsOutcome::not_ours:
            owe(false, "answer is for this node", "not ours");
            return;
    }
}

void Model::check_rest() {
    check();
    const dc::Coordinator& coordinator = world_.dc.coordinator();
    const dc::Context& context = coordinator.context();
    for (const World::NamedNode& node : nodes_) {
        const client::NodeStatus status = node.node->manager().status();
        owe(status.is_registered, "at rest all are registered", node.fqdn);
        owe(status.network.vipv4 &&
                status.network.vipv4->address == IpAddress{vips_.at(node.fqdn).ipv4},
            "at rest each has its VIP",
            node.fqdn);
        owe(status.paths == context.paths.of_node(node.key).size(),
            "at rest a node holds what the DC knows",
            node.fqdn + " holds " + std::to_string(status.paths));
    }
    for (const World::NamedRelay& relay : relays_) {
        const auto& held = relay.relay->director().paths();
        owe(held.size() == context.paths.of_relay(relay.key).size(),
            "at rest a relay holds what the DC knows",
            relay.relay->name() + " holds " + std::to_string(held.size()));
    }
    for (const auto& [id, path] : context.paths.all()) {
        check_path_at_rest(*path);
    }
    owe(coordinator.pending_releases() == 0, "at rest nothing is to be released", "something is");
    owe(coordinator.path_timers() == context.paths.all().size(), "at rest a timer a path", "");
}

void Model::check_path_at_rest(const dc::Path& path) {
    const std::string text = path.record.id.text();
    owe(path.is_known_to_all(), "at rest both ends know the path", text);
    for (const World::NamedNode& node : nodes_) {
        for (const client::PathView& view : node.node->manager().paths(world_.events.now())) {
            if (view.path_id == path.record.id) {
                owe(view.revision == path.record.revision, "at rest a node's revision", text);
                owe((view.kind == client::RouteKind::relayed) == path.is_relayed(),
                    "at rest a path is of one kind",
                    text);
            }
        }
    }
    for (const World::NamedRelay& relay : relays_) {
        const control::RelayedPath* held = relay.relay->director().paths().find(path.record.id);
        owe((held != nullptr) == (path.record.relay == relay.key), "at rest one relay", text);
        if (held == nullptr) {
            continue;
        }
        owe(held->revision >= path.record.relay_revision, "at rest a relay's revision", text);
        for (std::size_t i = 0; i < 2; ++i) {
            const auto& binding = held->legs[i].binding;
            const auto& used = held_[*host_of(path.record.ends[i].node)];
            // F-31: it has converged to the address that the node uses.
            owe(binding &&
                    world_.events.now() - used.at(binding->outer.remote) < std::chrono::seconds{5},
                "at rest a leg is bound where its node is",
                text);
        }
    }
}

}  // namespace ntm::simulation
