// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/model.hpp"

#include "common/protocol/ntm_header.hpp"

#include <algorithm>

namespace ntm::simulation {

namespace {

constexpr std::size_t salt_size = 16;

Prefix prefix(const char* text) {
    return *Prefix::parse(text);
}

}  // namespace

Model::Model(World& world)
    : world_{world},
      nodes_{world.nodes()},
      relays_{world.relays()},
      inhabited_{
          prefix("203.0.113.0/24"),
          prefix("198.51.100.0/24"),
          prefix("10.0.0.0/16"),
          prefix("2001:db8::/64"),
          prefix("2001:db8:6::/64")} {
    for (const World::NamedNode& node : nodes_) {
        provisioned_.insert(node.fqdn);
    }
    world.network.add_observer([this](const WirePacket& packet) { see(packet); });
    world.network.add_arrival_observer([this](const WirePacket& packet) {
        stranger_balance_[packet.datagram.local.address] +=
            static_cast<std::int64_t>(packet.datagram.payload.size());
    });
}

void Model::tell(const std::string& sentence) {
    const auto at = world_.events.now().since_origin();
    story_.push_back(
        std::to_string(
            std::chrono::duration_cast<std::chrono::milliseconds>(at).count() - 3'600'000
        ) +
        " ms: " + sentence
    );
}

std::size_t Model::begin(Ill ill) {
    ill.from = world_.events.now();
    tell(ill.name + " begins");
    ills_.push_back(std::move(ill));
    return ills_.size() - 1;
}

void Model::end(std::size_t ill, Unaware unaware) {
    ills_[ill].until = world_.events.now();
    ills_[ill].unaware = std::move(unaware);
    tell(ills_[ill].name + " ends");
}

void Model::removed(const std::string& fqdn) {
    provisioned_.erase(fqdn);
    ever_removed_.insert(fqdn);
    vips_.erase(fqdn);
}

void Model::provisioned(const std::string& fqdn) {
    provisioned_.insert(fqdn);
}

std::optional<Instant> Model::healed_at() const {
    Instant last{};
    for (const Ill& ill : ills_) {
        if (!ill.until) {
            return std::nullopt;
        }
        last = std::max(last, felt_until(ill));
        for (const auto& [host, told_at] : ill.unaware.told_at) {
            last = std::max(last, felt_until(ill, host));
        }
    }
    return last;
}

Instant Model::felt_until(const Ill& ill, HostNumber host) {
    const auto told_at = ill.unaware.told_at.find(host);
    if (told_at == ill.unaware.told_at.end()) {
        return felt_until(ill);
    }
    return told_at->second.value_or(*ill.until + keep_alive_pause) + ill.heals;
}

void Model::owe(bool holds, std::string_view name, const std::string& sentence) {
    const auto counted = compared_.find(name);
    ++(counted == compared_.end() ? compared_[std::string{name}] : counted->second);
    if (!holds) {
        breaches_.push_back(std::string{name} + ": " + sentence);
        tell("BREACH " + breaches_.back());
    }
}

const Ill* Model::find_excuse(const std::set<HostNumber>& hosts, Instant from, Instant until)
    const {
    const auto ill = std::ranges::find_if(ills_.rbegin(), ills_.rend(), [&](const Ill& one) {
        return excuses(one, hosts, from, until);
    });
    return ill == ills_.rend() ? nullptr : &*ill;
}

bool Model::excuses(
    const Ill& ill, const std::set<HostNumber>& hosts, Instant from, Instant until
) {
    if (ill.from > until) {
        return false;
    }
    const bool hits = ill.hosts.empty() || std::ranges::any_of(hosts, [&](HostNumber host) {
                          return ill.hosts.contains(host);
                      });
    if (hits && (!ill.until || from <= felt_until(ill))) {
        return true;
    }
    return ill.until && std::ranges::any_of(hosts, [&](HostNumber host) {
               return from <= felt_until(ill, host);
           });
}

std::string Model::name_of(const dc::PeerKey& key) const {
    for (const World::NamedNode& node : nodes_) {
        if (node.key == key) {
            return node.fqdn;
        }
    }
    return {};
}

std::optional<HostNumber> Model::host_of(const dc::PeerKey& key) const {
    for (const World::NamedNode& node : nodes_) {
        if (node.key == key) {
            return node.node->host();
        }
    }
    return std::nullopt;
}

void Model::see(const WirePacket& packet) {
    const Datagram& datagram = packet.datagram;
    held_[packet.from][datagram.local] = world_.events.now();
    const IpAddress& to = datagram.remote.address;
    if (std::ranges::none_of(inhabited_, [&](const Prefix& one) { return one.contains(to); })) {
        stranger_balance_[to] -= static_cast<std::int64_t>(datagram.payload.size());
    }
    const auto header = protocol::NtmHeader::parse(datagram.payload);
    if (!header) {
        owe(false, "what is sent", "no NTM packet");
        return;
    }
    owe(datagram.payload.size() <= 1500, "what is sent", "a datagram is too long");
    const bool is_for_peer =
        header->type == protocol::PacketType::data || header->type == protocol::PacketType::end;
    if (!is_for_peer) {
        see_question(packet);
    }
    if (header->type == protocol::PacketType::signal) {
        see_signal(datagram.payload);
    }
    if (header->type == protocol::PacketType::leg || header->type == protocol::PacketType::end) {
        // A relay passes END on as it is.
        const bool is_relays = std::ranges::any_of(relays_, [&](const auto& relay) {
            return relay.relay->host() == packet.from;
        });
        if (header->type == protocol::PacketType::leg || !is_relays) {
            see_salt(datagram.payload);
        }
    }
}

void Model::see_question(const WirePacket& packet) {
    for (Ill& ill : ills_) {
        const auto told_at = ill.unaware.told_at.find(packet.from);
        if (told_at != ill.unaware.told_at.end() && !told_at->second &&
            held_[ill.unaware.until_sent_to].contains(packet.datagram.remote)) {
            told_at->second = world_.events.now();
        }
    }
}

// S-10: the receiver has drawn the session id, so no other session has it.
void Model::see_signal(ByteView payload) {
    const auto header = protocol::NtmHeader::parse(payload);
    const bool is_new = signal_nonces_.emplace(header->id, header->counter).second;
    owe(is_new, "nonce of SIGNAL", "counter " + std::to_string(header->counter) + " comes again");
    owe(payload.size() <= 1200, "length of SIGNAL", "a datagram is too long");
}

void Model::see_salt(ByteView payload) {
    const ByteView salt = payload.subspan(protocol::NtmHeader::size, salt_size);
    const bool is_new = salts_.emplace(salt.begin(), salt.end()).second;
    owe(is_new, "salt of LEG and END", "comes again");
}

void Model::check() {
    if (world_.dc.is_running()) {
        check_addresses();
        check_dc();
    }
    for (const World::NamedRelay& relay : relays_) {
        if (relay.relay->is_running()) {
            check_relay(relay);
        }
    }
    for (const World::NamedNode& node : nodes_) {
        if (node.node->is_running()) {
            check_node(node);
        }
    }
    check_probes();
    check_queries();
    check_strangers();
}

// One virtual address has one owner, for ever in these runs, and a node keeps its own.
void Model::check_addresses() {
    const dc::Registry& registry = world_.dc.coordinator().context().registry;
    owe(registry.nodes().size() == provisioned_.size(), "nodes of the DC", "not those provisioned");
    for (const auto& [fqdn, node] : registry.nodes()) {
        const dc::VirtualAddresses given{node->record.vipv4, node->record.vipv6};
        const auto known = vips_.emplace(fqdn, given).first;
        owe(known->second == given, "VIP is kept", fqdn + " has another one");
        for (const IpAddress& vip : {IpAddress{given.ipv4}, IpAddress{given.ipv6}}) {
            const auto owner = owners_.emplace(vip, fqdn).first;
            owe(owner->second == fqdn, "VIP has one owner", vip.text() + " was " + owner->second);
        }
    }
}

void Model::check_dc() {
    const dc::Context& context = world_.dc.coordinator().context();
    owe(context.term >= term_, "term grows", std::to_string(context.term));
    term_ = context.term;
    std::set<std::set<dc::PeerKey>> pairs;
    for (const auto& [id, path] : context.paths.all()) {
        const auto& ends = path->record.ends;
        const bool is_of_known = provisioned_.contains(name_of(ends[0].node)) &&
                                 provisioned_.contains(name_of(ends[1].node));
        owe(is_of_known, "ends of a path", id.text() + " has one that is not provisioned");
        const bool is_only = pairs.insert({ends[0].node, ends[1].node}).second;
        owe(is_only && ends[0].node != ends[1].node, "one path for a pair", id.text());
        std::uint32_t& revision = dc_revisions_[id];
        owe(path->record.revision >= revision, "revision at the DC grows", id.text());
        revision = path->record.revision;
        if (path->record.relay) {
            owe(path->record.relay_revision <= revision, "relay revision", id.text());
        }
    }
    for (const auto& [id, made] : world_.history.paths()) {
        owe(!made.has_other_ends, "path keeps its ends", id.text());
        owe(!made.has_lower_revision, "stored revision grows", id.text());
    }
    const std::size_t paths = context.paths.all().size();
    // A renewal for each path, and at most one wait and one resend.
    const std::size_t timers = world_.dc.coordinator().path_timers();
    owe(timers >= paths && timers <= 3 * paths, "timers of the DC", std::to_string(timers));
    const std::size_t sessions = context.signaling.session_ids().size();
    owe(sessions <= sessions_of_a_peer * (nodes_.size() + relays_.size()),
        "sessions of the DC",
        std::to_string(sessions));
    owe(world_.dc.coordinator().pending_releases() <= 3 * world_.history.paths().size(),
        "releases of the DC",
        "more than there were paths");
}

void Model::check_relay(const World::NamedRelay& relay) {
    const control::RelayDirector& director = relay.relay->director();
    const std::string& name = relay.relay->name();
    owe(relay.relay->table_size() == director.paths().size(),
        "relay table",
        name + " holds " + std::to_string(relay.relay->table_size()) + " entries for " +
            std::to_string(director.paths().size()) + " paths");
    owe(director.signaling().session_ids().size() <= sessions_of_a_peer, "sessions of a relay", name
    );
    for (const auto& [id, path] : director.paths().all()) {
        const PathHistory::Made* made = world_.history.find(id);
        owe(made != nullptr && made->relays.contains(relay.key), "relay's paths", id.text());
        if (made == nullptr) {
            continue;
        }
        owe(path.revision <= made->highest_revision, "relay's revision", id.text() + " is ahead");
        std::uint32_t& held = held_revisions_[{name, director.boot_id(), id}];
        owe(path.revision >= held, "revision at a relay grows", id.text());
        held = path.revision;
        check_leg(path, Role::initiator);
        check_leg(path, Role::responder);
    }
    if (const auto imbalance = relay.relay->plane().find_imbalance()) {
        owe(false, "balance of a relay", *imbalance);
    } else {
        owe(true, "balance of a relay", {});
    }
}

// S-4, F-5: only to where its own node was, whoever replayed what.
void Model::check_leg(const control::RelayedPath& path, Role role) {
    const PathHistory::Made& made = *world_.history.find(path.id);
    const auto index = static_cast<std::size_t>(role);
    const control::Leg& leg = path.legs[index];
    std::array<std::uint8_t, 32> secret{};
    std::ranges::copy(leg.secret.view(), secret.begin());
    owe(made.leg_secrets[index].contains(secret), "leg secret", path.id.text());
    if (leg.binding) {
        const auto host = host_of(made.nodes[index]);
        owe(host && held_[*host].contains(leg.binding->outer.remote),
            "leg is bound where its node was",
            path.id.text() + " to " + leg.binding->outer.remote.text());
    }
}

void Model::check_node(const World::NamedNode& node) {
    const client::TunnelManager& manager = node.node->manager();
    const client::NodeStatus status = manager.status();
    const auto paths = manager.paths(world_.events.now());
    const auto vip = status.network.vipv4;
    if (vip) {
        const auto owner = owners_.find(vip->address);
        owe(owner != owners_.end() && owner->second == node.fqdn, "node's VIP", node.fqdn);
    }
    if (vip && !ever_removed_.contains(node.fqdn) && vips_.contains(node.fqdn)) {
        owe(vip->address == IpAddress{vips_.at(node.fqdn).ipv4}, "node keeps its VIP", node.fqdn);
    }
    owe(paths.size() == status.paths && paths.size() <= world_.history.paths().size(),
        "paths of a node",
        node.fqdn);
    for (const client::PathView& view : paths) {
        const PathHistory::Made* made = world_.history.find(view.path_id);
        const auto index = static_cast<std::size_t>(view.role);
        owe(made != nullptr && made->nodes[index] == node.key &&
                name_of(made->nodes[1 - index]) == view.peer_fqdn,
            "node's paths",
            node.fqdn + " holds " + view.path_id.text());
        if (made == nullptr) {
            continue;
        }
        owe(view.revision <= made->highest_revision, "node's revision", "is ahead");
        std::uint32_t& held = held_revisions_[{node.fqdn, status.boot_id, view.path_id}];
        owe(view.revision >= held, "revision at a node grows", view.path_id.text());
        held = view.revision;
    }
}

// Nobody gets more than came from there.
void Model::check_strangers() {
    for (const auto& [address, balance] : stranger_balance_) {
        owe(balance >= 0, "bytes to strangers", address.text() + " got more than it sent");
    }
}

}  // namespace ntm::simulation
