// SPDX-License-Identifier: BSD-3-Clause
#include "tests/fuzz/coordinator_world.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace ntm::fuzz {

namespace {

using dc::test::endpoint;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration between_reports = milliseconds{500};
constexpr std::size_t paths_per_node = 2;
constexpr std::size_t most_sessions_of_a_peer = 8;
constexpr unsigned most_rounds = 1000;

const Endpoint dc_ipv4 = endpoint("203.0.113.10:9770");
const Endpoint dc_ipv6 = endpoint("[2001:db8::10]:9770");

// By the second letter of the name: 4, 6 and 2 have addresses of these families, s gets no answer,
// d lies in another DC's zone.
dns::Answer resolve(const dns::Question& question) {
    const bool is_ipv6 = question.type == dns::RecordType::aaaa;
    const char letter = question.name.size() < 2 ? '-' : question.name[1];
    const bool has_family = letter == '2' || letter == (is_ipv6 ? '6' : '4');
    dns::Answer answer;
    answer.kind = dns::Answer::Kind::exists;
    answer.ttl = seconds{10};
    if (question.type == dns::RecordType::txt) {
        answer.texts = {"v=ntm1"};
    } else if (question.type == dns::RecordType::ns) {
        answer.has_name_servers = letter == 'd';
    } else if (has_family) {
        answer.addresses = {*IpAddress::parse(is_ipv6 ? "2001:db8::80" : "198.51.100.80")};
    }
    return answer;
}

}  // namespace

CoordinatorWorld::CoordinatorWorld() {
    settings.zones = {"t"};
    settings.blocks = {*Prefix::parse("198.18.0.0/24"), *Prefix::parse("fd00:a::/64")};
    settings.general_blocks =
        dc::GeneralBlocks{*Prefix::parse("198.18.0.128/29"), *Prefix::parse("fd00:a::1:0:0/112")};
    settings.limits.paths_per_node = paths_per_node;
    settings.timing.registration_lifetime = seconds{20};
    settings.timing.path_lifetime = seconds{30};
    restart_dc();
    static const std::array cast{
        std::pair{"mn.t", endpoint("192.0.2.1:9770")},
        std::pair{"cn.t", endpoint("192.0.2.2:50000")},
        std::pair{"xn.t", endpoint("[2001:db8:6::1]:9770")},
        std::pair{"rs1", endpoint("198.51.100.20:9770")},
        std::pair{"rs2", endpoint("198.51.100.30:9770")},
        std::pair{"stranger", endpoint("203.0.113.66:666")}};
    std::uint64_t seed = 100;
    for (const auto& [name, outside] : cast) {
        Caller& caller = callers.emplace_back(name, ++seed, dc_keys.public_key(), outside);
        caller.peer.dc_at = outside.address.is_ipv4() ? dc_ipv4 : dc_ipv6;
        caller.peer.signaling->set_endpoints(dc_keys.public_key(), {*caller.peer.dc_at});
    }
    for (std::size_t i = 0; i < node_count + relay_count; ++i) {
        provision(callers[i]);
    }
    run();
}

std::string CoordinatorWorld::name_of(const dc::PeerKey& node) const {
    const auto at = std::ranges::find_if(callers, [&](const Caller& caller) {
        return caller.peer.key() == node;
    });
    return at == callers.end() ? "" : at->name;
}

bool CoordinatorWorld::is_node(const Caller& caller) const {
    return std::any_of(callers.begin(), callers.begin() + node_count, [&](const Caller& node) {
        return &node == &caller;
    });
}

void CoordinatorWorld::restart_dc() {
    dc.reset();
    dc::Coordinator::Identity identity{dc_keys.clone(), BootId{random.number()}};
    auto made = dc::Coordinator::create(settings, std::move(identity), store, random, now);
    demand(made.has_value(), "a DC starts on its own store");
    dc = *std::move(made);
}

void CoordinatorWorld::restart(Caller& caller) {
    caller.peer.restart();
    caller.peer.answers.clear();
    caller.revisions.clear();
    caller.known_when_asked.clear();
}

void CoordinatorWorld::provision(const Caller& caller) {
    if (is_node(caller)) {
        static_cast<void>(dc->add_node(caller.name, caller.peer.key(), now));
    } else {
        static_cast<void>(dc->add_relay(caller.name, caller.peer.key(), now));
    }
}

void CoordinatorWorld::remove(const Caller& caller) {
    static_cast<void>(
        is_node(caller) ? dc->remove_node(caller.name, now) : dc->remove_relay(caller.name, now)
    );
}

void CoordinatorWorld::arrive(const Endpoint& from, const Bytes& payload) {
    traffic_.came(from, payload);
    dc->handle_datagram({from.address.is_ipv4() ? dc_ipv4 : dc_ipv6, from, payload}, now);
    note_proven();
}

void CoordinatorWorld::note_proven() {
    for (const Caller& caller : callers) {
        if (const auto proven = dc->context().signaling.proven_endpoint_of(caller.peer.key())) {
            traffic_.prove(*proven);
        }
    }
}

void CoordinatorWorld::run() {
    unsigned rounds = 0;
    for (bool is_busy = true; is_busy;) {
        demand(++rounds < most_rounds, "everybody comes to rest");
        is_busy = false;
        for (const bool is_early : {true, false}) {
            for (const Datagram& datagram :
                 is_early ? dc->take_early_datagrams() : dc->take_datagrams()) {
                is_busy = true;
                deliver(datagram);
            }
        }
        traffic_.check();
        for (Caller& caller : callers) {
            is_busy = hand_over(caller) || is_busy;
        }
        is_busy = answer_questions() || is_busy;
    }
    static_cast<void>(dc->take_notices());
}

bool CoordinatorWorld::answer_questions() {
    bool has_answered = false;
    for (const dc::NameQuestion& question : dc->take_questions()) {
        if (question.question.name[1] != 's') {
            dc->handle_answer(question, resolve(question.question), now);
            has_answered = true;
        }
    }
    return has_answered;
}

void CoordinatorWorld::deliver(const Datagram& datagram) {
    traffic_.went(datagram.remote, datagram.payload);
    const auto to = std::ranges::find_if(callers, [&](const Caller& caller) {
        return caller.peer.outside == datagram.remote && caller.peer.is_reachable;
    });
    if (to != callers.end()) {
        to->peer.signaling->handle_datagram({{}, *to->peer.dc_at, datagram.payload}, now);
    }
}

bool CoordinatorWorld::hand_over(Caller& caller) {
    for (const protocol::SignalingEvent& event : caller.peer.signaling->take_events()) {
        hear(caller, event);
    }
    const std::vector<Datagram> datagrams = caller.peer.signaling->take_datagrams();
    for (const Datagram& datagram : datagrams) {
        if (caller.peer.is_reachable) {
            if (!dc->stall()) {
                seen.push_back(datagram.payload);
            }
            arrive(caller.peer.outside, datagram.payload);
        }
    }
    return !datagrams.empty();
}

void CoordinatorWorld::hear(Caller& caller, const protocol::SignalingEvent& event) {
    if (const auto* asked = std::get_if<protocol::RequestReceived>(&event)) {
        if (asked->message.has_route_direction()) {
            const v1::RouteDirection& route = asked->message.route_direction();
            note_route(caller, route, caller.revisions[PathId{route.path_id()}]);
        }
        if (auto answer = respond(caller.manner, asked->message)) {
            caller.peer.signaling->send_answer(*asked, *std::move(answer), now);
        }
    }
    if (const auto* answered = std::get_if<protocol::AnswerReceived>(&event)) {
        caller.peer.answers[answered->id] = answered->message;
        // One that was lost is repeated as it was.
        const v1::RouteDirection& route = answered->message.direction_response().route();
        if (route.path_id() != 0) {
            note_route(
                caller, route, caller.known_when_asked[answered->id][PathId{route.path_id()}]
            );
        }
    }
}

std::optional<v1::Signal> CoordinatorWorld::respond(
    const Manner& manner, const v1::Signal& request
) {
    if (manner.is_silent) {
        return std::nullopt;
    }
    if (manner.odd) {
        return manner.odd;
    }
    v1::Signal answer;
    if (request.has_relay_directions()) {
        answer = dc::test::relay_responses(request, manner.status);
        for (auto& one : *answer.mutable_relay_responses()->mutable_responses()) {
            one.set_revision(one.revision() + static_cast<std::uint32_t>(manner.revision_added));
        }
        return answer;
    }
    answer.set_status(manner.status);
    if (request.has_route_direction()) {
        const v1::RouteDirection& asked = request.route_direction();
        answer.mutable_route_response()->set_path_id(asked.path_id());
        answer.mutable_route_response()->set_revision(
            asked.revision() + static_cast<std::uint32_t>(manner.revision_added)
        );
        answer.mutable_route_response()->set_is_released(manner.is_released);
    } else {
        answer.mutable_path_release_ack();
    }
    return answer;
}

void CoordinatorWorld::note_route(
    Caller& caller, const v1::RouteDirection& route, std::uint32_t least
) {
    demand(
        route.node_boot_id() == caller.peer.boot_id().value, "a Direction is for the run it is for"
    );
    demand(least <= route.revision(), "no node is told of a lower revision");
    std::uint32_t& revision = caller.revisions[PathId{route.path_id()}];
    revision = std::max(revision, route.revision());
}

std::optional<v1::Signal> CoordinatorWorld::ask(Caller& caller, v1::Signal message) {
    const std::uint64_t id = caller.peer.signaling->send_request(
        dc_keys.public_key(), std::move(message), protocol::OnNewBoot::fail, now
    );
    caller.known_when_asked[id] = caller.revisions;
    run();
    const auto answer = caller.peer.answers.find(id);
    return answer == caller.peer.answers.end() ? std::nullopt : std::optional{answer->second};
}

v1::Fence CoordinatorWorld::fence(const Caller& relay) const {
    return dc->context().fence_for(relay.peer.boot_id());
}

void CoordinatorWorld::report() {
    if (next_report_ > now) {
        return;
    }
    next_report_ = now + between_reports;
    for (Caller& caller : callers) {
        if (caller.is_reporting) {
            v1::Signal status;
            *status.mutable_rs_status()->mutable_fence() = fence(caller);
            caller.peer.signaling->send_request(
                dc_keys.public_key(), std::move(status), protocol::OnNewBoot::fail, now
            );
        }
    }
}

void CoordinatorWorld::pass(Duration duration) {
    const Instant end = now + duration;
    while (now < end) {
        Instant next = std::min({end, dc->next_timeout(), std::max(next_report_, now)});
        for (const Caller& caller : callers) {
            next = std::min(next, caller.peer.signaling->next_timeout());
        }
        now = std::max(now, next);
        report();
        dc->handle_timeout(now);
        demand(dc->next_timeout() > now, "time-outs lie ahead");
        for (Caller& caller : callers) {
            caller.peer.signaling->handle_timeout(now);
        }
        run();
    }
}

void CoordinatorWorld::check() {
    const dc::Context& context = dc->context();
    const std::size_t paths = context.paths.all().size();
    const std::size_t most = node_count * (node_count - 1) / 2 + context.general.size();
    demand(paths <= most, "a pair has one path");
    for (std::size_t i = 0; i < node_count; ++i) {
        demand(
            context.paths.of_node(node(i).peer.key()).size() <= paths_per_node,
            "a node has no more paths than it may"
        );
    }
    demand(dc->path_timers() <= 3 * paths, "timers are those of paths");
    demand(
        context.signaling.session_ids().size() <= most_sessions_of_a_peer * callers.size(),
        "sessions are bounded"
    );
    for (const auto& [name, relay] : context.registry.relays()) {
        demand(relay->restored <= relay->to_restore, "no more is restored than there is");
    }
    demand(
        !store.is_committed() || store.knowledge() == knowledge(), "what is known is what is stored"
    );
    check_addresses();
    check_paths();
    check_general_nodes();
}

// What has been in the store once is given to nobody else.
void CoordinatorWorld::check_addresses() {
    for (const auto& [key, fqdn] : kept_nodes_) {
        removals_[fqdn] += store.nodes().contains(key) ? 0U : 1U;
    }
    kept_nodes_.clear();
    for (const auto& [key, record] : store.nodes()) {
        kept_nodes_[key] = record.fqdn;
        const std::pair owner{record.fqdn, removals_[record.fqdn]};
        demand(
            owners_.try_emplace(record.vipv4, owner).first->second == owner,
            "no virtual address is given twice"
        );
    }
}

void CoordinatorWorld::check_paths() {
    for (const auto& [id, path] : store.paths()) {
        std::uint32_t& revision = revisions_[id];
        demand(revision <= path.revision, "a revision never goes back");
        demand(
            !path.relay || path.relay_revision <= path.revision,
            "the relay's part is no newer than the path"
        );
        revision = path.revision;
        const std::pair runs{path.ends[0].boot_id, path.ends[1].boot_id};
        const std::string secret{as_text(path.path_secret.view())};
        demand(
            secrets_.try_emplace(secret, runs).first->second == runs,
            "a path secret is for one run of each end"
        );
    }
}

void CoordinatorWorld::check_general_nodes() {
    const auto& all = store.general_nodes();
    demand(
        !store.is_committed() || all.size() == dc->context().general.size(),
        "what is known is what is stored"
    );
    std::size_t reached = 0;
    for (const auto& [key, node] : all) {
        reached += node.path.is_zero() ? 0 : 1;
        const auto& [asker, vipv4] = key;
        const std::tuple seen_as{asker, removals_[name_of(asker)], vipv4};
        demand(
            meanings_.try_emplace(seen_as, node.fqdn).first->second == node.fqdn,
            "a virtual address means one thing"
        );
    }
    std::set<dc::PeerKey> with_exit;
    for (const auto& [id, path] : store.paths()) {
        demand(
            path.kind != dc::RouteKind::exit ||
                with_exit.insert(path.end(Role::initiator).node).second,
            "a node has one exit path"
        );
    }
    const auto is_general = [&](const auto& stored) {
        const auto& [id, path] = stored;
        return path.kind == dc::RouteKind::general;
    };
    demand(
        std::ranges::count_if(store.paths(), is_general) == static_cast<std::ptrdiff_t>(reached),
        "each path to a general node leads to one"
    );
}

}  // namespace ntm::fuzz
