// SPDX-License-Identifier: BSD-3-Clause
#include "tests/fuzz/watched_node.hpp"

#include "client/node/inner_packet.hpp"
#include "client/node/tombstones.hpp"

#include <algorithm>
#include <utility>

namespace ntm::fuzz {

using client::PathView;
using client::WayView;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr unsigned most_unproven_requests = 3;
constexpr Duration query_limit = milliseconds{4500};
constexpr std::size_t most_ways = 512;
// From when the DC first sends a request to when the node takes it.
constexpr Duration most_late = seconds{10};

std::string text_of(const std::optional<client::Way>& way) {
    return way ? way->local.text() + ">" + way->remote.text() : "-";
}

std::string text_of(const std::optional<Endpoint>& endpoint) {
    return endpoint ? endpoint->text() : "-";
}

}  // namespace

WatchedNode::WatchedNode() {
    node->set_names({"a.ntm.test", "b.ntm.test"}, {false, {"example.org", "example.test"}});
    dc.grant.set_lifetime_seconds(20);
    note_named(dc.grant);
    for (const Endpoint& endpoint : {client::testing::dc_v4, client::testing::dc_v6()}) {
        traffic_.prove(endpoint);
    }
    v1::Signal usual;
    *usual.mutable_direction_response()->mutable_route() = dc.relayed_direction();
    answer_directions_with(usual);
    move_to({client::testing::real("192.168.1.2/24")});
    run_for(milliseconds{100});
}

void WatchedNode::note_named(const v1::RouteDirection& direction) {
    const PathId path{direction.path_id()};
    ++directed_[path];
    for (const std::string* secret : {&direction.leg_secret(), &direction.path_secret()}) {
        if (secret->size() == Secret32::size) {
            secrets_.insert(*secret);
        }
    }
    for (const v1::Address& address : direction.relay()) {
        name_relay(address);
    }
    for (const v1::Candidate& candidate : direction.candidates()) {
        if (const auto endpoint = client::usable_endpoint(candidate.address())) {
            traffic_.prove(*endpoint);
            asked_[{path, *endpoint}].allowed += most_unproven_requests;
            if (candidate.is_proven()) {
                proven_.insert({path, *endpoint});
            }
        }
    }
}

void WatchedNode::note_named(const v1::RegistrationResponse& granted) {
    for (const v1::RelayCandidate& candidate : granted.relays()) {
        for (const v1::Address& address : candidate.addresses()) {
            name_relay(address);
        }
    }
}

void WatchedNode::name_relay(const v1::Address& address) {
    if (const auto endpoint = client::usable_endpoint(address)) {
        traffic_.prove(*endpoint);
        relays_.insert(*endpoint);
    }
}

void WatchedNode::answer_directions_with(const v1::Signal& answer) {
    dc.on_direction_request = [this, answer](const v1::DirectionRequest&) {
        note_named(answer.direction_response().route());
        return answer;
    };
}

void WatchedNode::say(const v1::Signal& message) {
    if (message.has_route_direction()) {
        note_named(message.route_direction());
    }
    const std::uint64_t id = dc_sends(message);
    if (message.has_path_release()) {
        releases_[id] = {message.path_release(), now};
    }
    run_for(2 * dc_delay);
}

void WatchedNode::arrive(const Endpoint& from, const Bytes& payload) {
    traffic_.came(from, payload);
    answered_.insert(from);
    node->handle_datagram({local_, from, payload}, now);
    drain();
}

void WatchedNode::arrive_forged(const Endpoint& from, const Bytes& payload) {
    const std::string before = state();
    const std::size_t sent_before = sent.size();
    const std::size_t delivered_before = delivered.size();
    traffic_.came(from, payload);
    node->handle_datagram({local_, from, payload}, now);
    drain();
    demand(state() == before, "a forged packet changes nothing");
    demand(delivered.size() == delivered_before, "a forged packet is not delivered");
    demand(sent.size() <= sent_before + 1, "a forged packet gets one answer at most");
    demand(
        sent.size() == sent_before || sent.back().second.payload.size() <= payload.size(),
        "a challenge is no longer than what it answers"
    );
}

void WatchedNode::move_to(const std::vector<client::RealAddress>& addresses) {
    if (!addresses.empty()) {
        local_ = {addresses.front().address.address, Port{9770}};
    }
    set_addresses(addresses);
}

void WatchedNode::ask(const std::string& name, client::DnsWish wish) {
    queries_[++last_query_] = now;
    query(last_query_, name, wish);
}

std::string WatchedNode::state() const {
    const client::NodeStatus status = node->status();
    std::string text = std::string{status.is_registered ? "registered " : ""} +
                       (status.is_dc_connected ? "connected " : "") + text_of(status.dc) +
                       text_of(status.outside) +
                       (status.network.vipv4 ? status.network.vipv4->address.text() : "");
    for (const WayView& way : status.relays) {
        text += "\n" + way.relay + text_of(way.way) + text_of(way.outside) +
                (way.has_answered ? " answered" : "") + (way.is_dead ? " dead" : "");
    }
    for (const PathView& path : node->paths(now)) {
        text += "\n" + path.path_id.text() + " " + std::to_string(path.revision) + path.peer_fqdn +
                (path.is_ready ? " ready" : "") + (path.is_bound ? " bound" : "") +
                text_of(path.way) + text_of(path.outside) + std::to_string(path.sent.packets) +
                " " + std::to_string(path.received.packets);
    }
    return text;
}

std::optional<v1::Leg> WatchedNode::open_leg(ByteView payload) const {
    for (const std::string& known : secrets_) {
        const Secret32 secret{as_bytes(known).first<Secret32::size>()};
        if (auto message = protocol::open_leg(secret, payload)) {
            return *std::move(message);
        }
    }
    return std::nullopt;
}

std::optional<std::string> WatchedNode::nonce_asked(PathId path, const Endpoint& at) const {
    const auto asked = asked_.find({path, at});
    return asked == asked_.end() || asked->second.requests == 0
               ? std::nullopt
               : std::optional{asked->second.nonce};
}

void WatchedNode::check() {
    for (; arrived_seen_ < arrived.size(); ++arrived_seen_) {
        const Datagram& datagram = arrived[arrived_seen_];
        traffic_.came(datagram.remote, datagram.payload);
        answered_.insert(datagram.remote);
    }
    check_sent();
    check_delivered();
    check_paths();
    check_answers();
}

void WatchedNode::check_sent() {
    for (const auto& [when, datagram] : sent) {
        traffic_.went(datagram.remote, datagram.payload);
        check_leg(datagram);
    }
    sent.clear();
    traffic_.check();
}

void WatchedNode::check_leg(const Datagram& datagram) {
    const auto header = protocol::NtmHeader::parse(datagram.payload);
    if (header->type != protocol::PacketType::leg) {
        return;
    }
    const auto message = open_leg(datagram.payload);
    demand(message && message->has_response() == header->is_answer(), "LEG is what it says");
    if (message->response().bound()) {
        traffic_.prove(datagram.remote);
    }
    if (message->has_request()) {
        check_request(header->path_id(), datagram.remote, message->request());
    }
}

void WatchedNode::check_request(PathId path, const Endpoint& to, const v1::TunnelRequest& request) {
    Asked& asked = asked_[{path, to}];
    asked.nonce = request.nonce();
    ++asked.requests;
    // Whoever names a relay says for all paths where it is.
    const unsigned allowed =
        relays_.contains(to) ? most_unproven_requests * directed_[path] : asked.allowed;
    demand(
        answered_.contains(to) || proven_.contains({path, to}) || asked.requests <= allowed,
        "to an address that has neither been proven nor answered go three Requests for a Direction"
    );
}

void WatchedNode::check_delivered() {
    std::set<IpAddress> own;
    const client::VirtualNetwork& network = node->virtual_network();
    for (const auto& vip : {network.vipv4, network.vipv6}) {
        if (vip) {
            own.insert(vip->address);
        }
    }
    std::set<IpAddress> peers;
    for (const PathView& path : node->paths(now)) {
        for (const auto& vip : {path.peer_vipv4, path.peer_vipv6}) {
            if (vip) {
                peers.insert(*vip);
            }
        }
    }
    const std::set<IpAddress> peers_before = std::exchange(peers_, peers);
    for (const auto& [when, packet] : delivered) {
        const auto head = client::InnerPacket::parse(packet);
        demand(head.has_value(), "what is delivered is one packet");
        demand(
            peers.contains(head->source) || peers_before.contains(head->source),
            "what is delivered comes from a peer"
        );
        demand(own.contains(head->destination), "what is delivered is for this node");
    }
    delivered.clear();
}

void WatchedNode::check_paths() {
    // A node with another virtual address is another node: its paths are over.
    const client::VirtualNetwork& network = node->virtual_network();
    const std::pair vips{network.vipv4, network.vipv6};
    if (std::exchange(vips_, vips) != vips) {
        revisions_.clear();
    }
    for (auto at = releases_.begin(); at != releases_.end();) {
        const auto answer = dc.answers.find(at->first);
        if (answer == dc.answers.end()) {
            ++at;
            continue;
        }
        if (answer->second.status() == v1::STATUS_OK) {
            const auto& [release, sent_at] = at->second;
            Released& released = released_[PathId{release.path_id()}];
            const bool is_young = sent_at - released.at < client::Tombstones::kept - most_late;
            released = {std::max(is_young ? released.revision : 0, release.revision()), sent_at};
        }
        at = releases_.erase(at);
    }
    std::map<PathId, std::uint32_t> held;
    for (const PathView& path : node->paths(now)) {
        held[path.path_id] = path.revision;
        demand(directed_.contains(path.path_id), "a path is one that was directed");
        const auto before = revisions_.find(path.path_id);
        demand(before == revisions_.end() || before->second <= path.revision, "revisions grow");
        const auto released = released_.find(path.path_id);
        demand(
            before != revisions_.end() || released == released_.end() ||
                released->second.revision < path.revision ||
                now - released->second.at >= client::Tombstones::kept,
            "what was released does not come back"
        );
    }
    revisions_ = std::move(held);
    demand(node->status().relays.size() <= most_ways, "the ways to relays are bounded");
}

void WatchedNode::check_answers() {
    for (const auto& [when, answer] : dns_answers) {
        demand(queries_.erase(answer.query) == 1, "a query is answered once");
    }
    dns_answers.clear();
    for (const auto& [number, since] : queries_) {
        demand(now - since <= query_limit, "a query is answered in time");
    }
}

}  // namespace ntm::fuzz
