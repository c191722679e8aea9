// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/dc/dc_world.hpp"

#include "dc/directions.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ntm::dc::test {

v1::Signal direction_request(const std::string& fqdn) {
    v1::Signal request;
    request.mutable_direction_request()->set_fqdn(fqdn);
    return request;
}

v1::Signal route_response(const v1::Signal& request) {
    v1::Signal answer;
    v1::RouteResponse& response = *answer.mutable_route_response();
    response.set_path_id(request.route_direction().path_id());
    response.set_revision(request.route_direction().revision());
    return answer;
}

v1::Signal relay_responses(const v1::Signal& request, v1::Status status) {
    v1::Signal answer;
    for (const v1::RelayDirection& direction : request.relay_directions().directions()) {
        v1::RelayResponse& response = *answer.mutable_relay_responses()->add_responses();
        response.set_path_id(direction.path_id());
        response.set_revision(direction.revision());
        response.set_status(status);
    }
    return answer;
}

namespace {

std::optional<v1::Signal> respond_well(const v1::Signal& request) {
    if (request.has_route_direction()) {
        return route_response(request);
    }
    if (request.has_relay_directions()) {
        return relay_responses(request, v1::STATUS_OK);
    }
    v1::Signal answer;
    answer.mutable_path_release_ack();
    return answer;
}

}  // namespace

Peer::Peer(std::uint64_t seed, const PeerKey& dc, Endpoint at)
    : outside{at},
      respond{respond_well},
      random_{seed},
      keys_{crypto::KeyPair::generate(random_)},
      dc_{dc} {
    restart();
}

Peer::Peer(std::uint64_t seed, const Peer& original, Endpoint at)
    : outside{at},
      respond{respond_well},
      random_{seed},
      keys_{original.keys_.clone()},
      dc_{original.dc_} {
    restart();
}

void Peer::restart() {
    protocol::Signaling::Settings settings{
        keys_.clone(), BootId{random_.number()}, Secret<16>{random_.bytes<16>()}};
    signaling = std::make_unique<protocol::Signaling>(std::move(settings), random_);
    signaling->add_peer(dc_, protocol::PeerKind::dc);
    if (dc_at) {
        signaling->set_endpoints(dc_, {*dc_at});
    }
}

std::vector<v1::RouteDirection> Peer::routes() const {
    std::vector<v1::RouteDirection> routes;
    for (const v1::Signal& request : requests) {
        if (request.has_route_direction()) {
            routes.push_back(request.route_direction());
        }
    }
    return routes;
}

std::vector<v1::RelayDirection> Peer::directions() const {
    std::vector<v1::RelayDirection> directions;
    for (const v1::Signal& request : requests) {
        for (const v1::RelayDirection& direction : request.relay_directions().directions()) {
            directions.push_back(direction);
        }
    }
    return directions;
}

std::vector<v1::PathRelease> Peer::releases() const {
    std::vector<v1::PathRelease> releases;
    for (const v1::Signal& request : requests) {
        if (request.has_path_release()) {
            releases.push_back(request.path_release());
        }
    }
    return releases;
}

World::World() {
    settings.zones = {"a.ntm.test", "b.ntm.test"};
    settings.blocks = {*Prefix::parse("198.18.0.0/17"), *Prefix::parse("fd00:a::/64")};
    // A shared in-memory database lives as long as one of its connections.
    store = *SqliteStore::open(":memory:");
    if (!restart_dc()) {
        std::abort();
    }
}

bool World::restart_dc() {
    dc.reset();
    if (!store_file.empty()) {
        store.reset();
        auto opened = SqliteStore::open(store_file);
        if (!opened) {
            return false;
        }
        store = *std::move(opened);
    } else if (!store->commit()) {
        return false;
    }
    Coordinator::Identity identity{dc_keys.clone(), BootId{random.number()}};
    auto made = Coordinator::create(settings, std::move(identity), *store, random, now);
    if (!made) {
        return false;
    }
    dc = *std::move(made);
    return true;
}

Peer& World::add_peer(std::string_view outside) {
    const std::uint64_t seed = 100 + peers.size();
    return join(std::make_unique<Peer>(seed, dc_keys.public_key(), endpoint(outside)));
}

Peer& World::add_copy(const Peer& original, std::string_view outside) {
    const std::uint64_t seed = 100 + peers.size();
    return join(std::make_unique<Peer>(seed, original, endpoint(outside)));
}

Peer& World::join(std::unique_ptr<Peer> joining) {
    peers.push_back(std::move(joining));
    Peer& peer = *peers.back();
    peer.dc_at = peer.outside.address.is_ipv4() ? dc_at : dc_at_ipv6;
    peer.signaling->set_endpoints(dc_keys.public_key(), {*peer.dc_at});
    return peer;
}

Peer& World::add_node(const std::string& fqdn, std::string_view outside) {
    Peer& peer = add_peer(outside);
    if (!dc->add_node(fqdn, peer.key(), now)) {
        std::abort();
    }
    return peer;
}

Peer& World::add_relay(const std::string& name, std::string_view outside) {
    Peer& peer = add_peer(outside);
    if (!dc->add_relay(name, peer.key(), now)) {
        std::abort();
    }
    return peer;
}

bool World::hand_over(Peer& peer) {
    bool has_moved_any = false;
    for (const protocol::SignalingEvent& event : peer.signaling->take_events()) {
        if (const auto* asked = std::get_if<protocol::RequestReceived>(&event)) {
            peer.requests.push_back(asked->message);
            if (auto answer = peer.respond(asked->message)) {
                peer.signaling->send_answer(*asked, std::move(*answer), now);
            }
        }
        if (const auto* answered = std::get_if<protocol::AnswerReceived>(&event)) {
            peer.answers[answered->id] = answered->message;
        }
        if (const auto* failed = std::get_if<protocol::RequestFailed>(&event)) {
            peer.failed.push_back(failed->id);
        }
    }
    for (Datagram& datagram : peer.signaling->take_datagrams()) {
        if (!peer.is_reachable) {
            continue;
        }
        has_moved_any = true;
        dc->handle_datagram({*peer.dc_at, peer.outside, std::move(datagram.payload)}, now);
    }
    return has_moved_any;
}

void World::settle() {
    bool is_moving = true;
    while (is_moving) {
        is_moving = false;
        for (Datagram& datagram : dc->take_datagrams()) {
            const auto to = std::ranges::find_if(peers, [&](const auto& peer) {
                return peer->outside == datagram.remote && peer->is_reachable;
            });
            if (to == peers.end()) {
                stray.push_back(std::move(datagram));
                continue;
            }
            is_moving = true;
            const Datagram arrived{{}, *(*to)->dc_at, std::move(datagram.payload)};
            (*to)->signaling->handle_datagram(arrived, now);
        }
        for (const auto& peer : peers) {
            is_moving |= hand_over(*peer);
        }
        is_moving |= answer_questions();
    }
}

bool World::answer_questions() {
    const std::vector<NameQuestion> taken = dc->take_questions();
    for (const NameQuestion& question : taken) {
        questions.push_back(question.question);
        if (!is_dns_silent) {
            dc->handle_answer(question, resolve(question.question), now);
        }
    }
    return !taken.empty();
}

dns::Answer World::resolve(const dns::Question& question) const {
    dns::Answer answer;
    answer.kind = dns::Answer::Kind::exists;
    answer.ttl = 60s;
    const auto zone = zones.find(question.name);
    if (question.type == dns::RecordType::ns) {
        answer.has_name_servers = zone != zones.end();
    } else if (question.type == dns::RecordType::txt && zone != zones.end()) {
        answer.texts = zone->second;
    } else if (const auto host = hosts.find(question.name); host != hosts.end()) {
        const bool is_ipv4 = question.type == dns::RecordType::a;
        std::ranges::copy_if(
            host->second,
            std::back_inserter(answer.addresses),
            [&](const IpAddress& address) { return address.is_ipv4() == is_ipv4; }
        );
    } else {
        answer.kind = dns::Answer::Kind::no_such_name;
    }
    return answer;
}

void World::tell_statuses() {
    if (next_status_ > now) {
        return;
    }
    for (const auto& [relay, name] : relays) {
        v1::Signal status;
        *status.mutable_rs_status()->mutable_fence() = fence(*relay);
        status.mutable_rs_status()->set_is_draining(draining.contains(relay));
        if (const auto load = napt_loads.find(relay); load != napt_loads.end()) {
            *status.mutable_rs_status()->mutable_napt() = load->second;
        }
        relay->signaling->send_request(
            dc_keys.public_key(), std::move(status), protocol::OnNewBoot::fail, now
        );
    }
    next_status_ = now + 300ms;
}

void World::pass(Duration duration) {
    const Instant end = now + duration;
    while (now < end) {
        tell_statuses();
        settle();
        Instant next = dc->next_timeout();
        for (const auto& peer : peers) {
            next = std::min(next, peer->signaling->next_timeout());
        }
        if (!relays.empty()) {
            next = std::min(next, next_status_);
        }
        now = std::min(end, std::max(next, now + 1us));
        dc->handle_timeout(now);
        for (const auto& peer : peers) {
            peer->signaling->handle_timeout(now);
        }
        settle();
    }
}

v1::Signal World::ask(Peer& peer, v1::Signal request) {
    const std::uint64_t id = peer.signaling->send_request(
        dc_keys.public_key(), std::move(request), protocol::OnNewBoot::resend, now
    );
    settle();
    for (int i = 0; i < 12000 && !peer.answers.contains(id); ++i) {
        pass(1ms);
    }
    const auto at = peer.answers.find(id);
    if (at == peer.answers.end()) {
        v1::Signal silence;
        silence.set_status(v1::STATUS_INTERNAL);
        silence.set_text("no answer");
        return silence;
    }
    return at->second;
}

v1::Signal World::register_node(
    Peer& node, const std::string& fqdn, const std::vector<std::string>& addresses
) {
    v1::Signal request;
    v1::RegistrationRequest& body = *request.mutable_registration_request();
    body.set_fqdn(fqdn);
    body.set_port(9770);
    for (const v1::Suite suite : suites_of_nodes) {
        body.add_suites(suite);
    }
    for (const std::string& text : addresses) {
        const auto address = InterfaceAddress::parse(text).value();
        v1::NodeAddress& own = *body.add_addresses();
        own.set_ip(as_text(address.address.bytes()));
        own.set_prefix_length(address.prefix_length);
    }
    return ask(node, std::move(request));
}

v1::Signal World::register_relay(Peer& relay, const std::string& name) {
    v1::Signal request;
    v1::RsRegister& body = *request.mutable_rs_register();
    body.set_name(name);
    body.set_capacity_paths(1000);
    *body.add_addresses() = to_wire(endpoint("198.51.100.20:9770"));
    *body.add_addresses() = to_wire(endpoint("[2001:db8:1::20]:9770"));
    body.set_has_napt(relays_have_napt);
    for (const v1::Suite suite : suites_of_relays) {
        body.add_suites(suite);
    }
    const auto known = relays.find(&relay);
    body.set_dc_boot_id(known == relays.end() ? 0 : dc->context().signaling.boot_id().value);
    v1::Signal answer = ask(relay, std::move(request));
    relays[&relay] = name;
    return answer;
}

v1::Signal World::ask_direction(Peer& node, const std::string& fqdn) {
    return ask(node, direction_request(fqdn));
}

v1::Fence World::fence(const Peer& relay) const {
    return dc->context().fence_for(relay.boot_id());
}

const Path& World::only_path() const {
    const auto& all = dc->context().paths.all();
    if (all.size() != 1) {
        std::abort();
    }
    return *all.begin()->second;
}

}  // namespace ntm::dc::test
