// SPDX-License-Identifier: BSD-3-Clause
// What a path should be: route, relay, secrets and revision.
#include "dc/path_director.hpp"
#include "dc/reachability.hpp"
#include "dc/suite_choice.hpp"

#include <algorithm>
#include <chrono>

namespace ntm::dc {

namespace {

bool have_same_endpoints(const std::vector<Candidate>& a, const std::vector<Candidate>& b) {
    return std::ranges::equal(a, b, {}, &Candidate::endpoint, &Candidate::endpoint);
}

Families families_of(const std::vector<Endpoint>& addresses) {
    Families families;
    for (const Endpoint& endpoint : addresses) {
        families.ipv4 |= endpoint.address.is_ipv4();
        families.ipv6 |= endpoint.address.is_ipv6();
    }
    return families;
}

std::optional<Duration> rtt_to(const Node& node, const std::string& relay) {
    const auto at = node.relay_rtts.find(relay);
    return at == node.relay_rtts.end() ? std::nullopt : std::optional{at->second};
}

bool is_among(const std::vector<PeerKey>& keys, const PeerKey& key) {
    return std::ranges::find(keys, key) != keys.end();
}

}  // namespace

Path& PathDirector::create(const Order& order, Instant now) {
    PathRecord record = begin_record(order.asker, order.suite, now);
    record.end(Role::responder).node = order.peer.record.key;
    record.end(Role::responder).boot_id = order.peer.record.boot_id;
    return add(std::move(record), now);
}

Path& PathDirector::create(const GeneralOrder& order, Instant now) {
    PathRecord record = begin_record(order.asker, order.suite, now);
    record.kind = RouteKind::general;
    record.reason = RouteReason::no_node_there;
    context_.general.begin_path(order.peer, record.id);
    return add(std::move(record), now);
}

Path& PathDirector::create(const ExitOrder& order, Instant now) {
    PathRecord record = begin_record(order.asker, order.suite, now);
    record.kind = RouteKind::exit;
    record.reason = RouteReason::no_node_there;
    return add(std::move(record), now);
}

PathRecord PathDirector::begin_record(const Node& asker, crypto::Suite suite, Instant now) {
    PathRecord record;
    record.id = draw_id();
    record.revision = 0;  // the first plan makes it 1
    record.suite = suite;
    context_.random.fill(record.path_secret.mutable_view());
    record.end(Role::initiator).node = asker.record.key;
    record.end(Role::initiator).boot_id = asker.record.boot_id;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.since_origin());
    record.created_unix_seconds = context_.settings.unix_seconds_at_origin + seconds.count();
    return record;
}

Path& PathDirector::add(PathRecord record, Instant now) {
    Path& path = context_.paths.add(std::move(record));
    set_renewal(path, now + context_.settings.timing.path_lifetime / 2);
    return path;
}

PathId PathDirector::draw_id() {
    while (true) {
        const PathId id{context_.random.number()};
        if (!id.is_zero() && context_.paths.find(id) == nullptr) {
            return id;
        }
    }
}

void PathDirector::plan(Path& path, Instant now) {
    PathRecord& record = path.record;
    if (record.kind == RouteKind::general) {
        plan_general(path, now);
        return;
    }
    if (record.kind == RouteKind::exit) {
        plan_exit(path, now);
        return;
    }
    const Node* initiator = context_.registry.find_node(record.end(Role::initiator).node);
    const Node* responder = context_.registry.find_node(record.end(Role::responder).node);
    if (initiator == nullptr || responder == nullptr) {
        return;
    }
    const RouteDecision decision = decide_route(
        find_reachability(initiator->record),
        find_reachability(responder->record),
        record.is_direct_allowed
    );
    // A path that its nodes know as relayed stays so: it works, and to change it is optimisation.
    const bool may_be_direct = !record.is_directed || record.kind == RouteKind::direct;
    if (decision.kind == RouteKind::direct && may_be_direct) {
        plan_direct(path, decision.family);
        return;
    }
    plan_relayed(path, decision.reason, now);
}

void PathDirector::plan_direct(Path& path, Family family) {
    PathRecord& record = path.record;
    std::array<std::vector<Candidate>, 2> candidates;
    bool is_same = record.kind == RouteKind::direct;
    for (const Role role : {Role::initiator, Role::responder}) {
        const PeerKey& peer = record.end(other(role)).node;
        const auto proven = context_.signaling.proven_endpoint_of(peer);
        auto& found = candidates[static_cast<std::size_t>(role)];
        found = find_candidates(context_.registry.find_node(peer)->record, family, proven);
        is_same = is_same && have_same_endpoints(record.end(role).candidates, found);
    }
    if (is_same) {
        return;
    }
    leave(path);
    record.kind = RouteKind::direct;
    record.reason = RouteReason::reachable;
    for (const Role role : {Role::initiator, Role::responder}) {
        record.end(role).candidates = std::move(candidates[static_cast<std::size_t>(role)]);
    }
    parked_.erase(record.id);
    raise_revision(path);
}

void PathDirector::plan_relayed(Path& path, RouteReason reason, Instant now) {
    const auto families = [&](Role role) {
        const Node* node = context_.registry.find_node(path.record.end(role).node);
        return families_of(find_reachability(node->record));
    };
    const Families initiator = families(Role::initiator);
    choose_relay(path, {RouteKind::relayed, reason, initiator, families(Role::responder)}, now);
}

// The relay is to reach the general node too.
void PathDirector::plan_general(Path& path, Instant now) {
    const Node* node = context_.registry.find_node(path.record.end(Role::initiator).node);
    const GeneralNodeRecord* peer = context_.general.find_of(path.record.id);
    if (node == nullptr || peer == nullptr) {
        return;
    }
    const Families initiator = families_of(find_reachability(node->record));
    choose_relay(
        path, {RouteKind::general, RouteReason::no_node_there, initiator, families_of(*peer)}, now
    );
}

// One family of general nodes is better than none.
void PathDirector::plan_exit(Path& path, Instant now) {
    const Node* node = context_.registry.find_node(path.record.end(Role::initiator).node);
    if (node == nullptr) {
        return;
    }
    const Families initiator = families_of(find_reachability(node->record));
    const Families any{true, true};
    choose_relay(path, {RouteKind::exit, RouteReason::no_node_there, initiator, any}, now);
}

void PathDirector::choose_relay(Path& path, const Wish& wish, Instant now) {
    PathRecord& record = path.record;
    const std::vector<RelayOption> options = list_relays(path, wish);
    const Relay* present = record.relay ? context_.registry.find_relay(*record.relay) : nullptr;
    for (const RelayOption& option : options) {
        const bool is_present = present != nullptr && option.name == present->record.name;
        const bool can_stay = can_serve(option, wish.initiator, wish.responder);
        if (is_present && (can_stay || present->is_expected)) {
            return;
        }
    }
    const auto best = select_relay(options, wish.initiator, wish.responder);
    if (best) {
        const Relay* relay = context_.registry.find_relay_by_name(options[*best].name);
        record.kind = wish.kind;
        record.reason = wish.reason;
        move_to(path, relay->record.key);
        return;
    }
    if (present != nullptr) {
        return;  // it may come back
    }
    record.kind = wish.kind;
    record.reason = wish.reason;
    context_.store.put_path(record);
    wait_for_relay(path, now);
}

std::vector<RelayOption> PathDirector::list_relays(const Path& path, const Wish& wish) const {
    const PathRecord& record = path.record;
    const Node* initiator = context_.registry.find_node(record.end(Role::initiator).node);
    const Node* responder = context_.registry.find_node(record.end(Role::responder).node);
    // Nobody measures the way from a relay to a general node.
    const bool is_end = path.ends_at_relay();
    std::vector<RelayOption> options;
    for (const auto& [name, relay] : context_.registry.relays()) {
        RelayOption option;
        option.name = name;
        option.is_alive = relay->is_alive;
        const bool is_kept = is_end && relay->keeps_ends && record.relay == relay->record.key;
        option.is_draining = relay->is_draining && !is_kept;
        const bool has_refused = is_among(path.refused_by, relay->record.key);
        const bool can_end = relay->has_napt && suite_of_end(path, *relay).has_value();
        option.is_excluded = has_refused || (is_end && !can_end);
        option.families = families_of(relay->record.addresses);
        // A path that is on the relay takes no room besides.
        const std::uint64_t own = record.relay == relay->record.key ? 1 : 0;
        const std::uint64_t directed = context_.paths.of_relay(relay->record.key).size();
        const std::uint64_t paths = std::max<std::uint64_t>(relay->load.paths, directed);
        option.paths = paths - std::min(paths, own);
        option.capacity_paths = relay->record.capacity_paths;
        option.busiest_worker_permille = relay->load.busiest_worker_permille;
        if (is_end && relay->load.napt) {
            option.napt_permille = fill_permille(*relay->load.napt, wish.responder);
        }
        option.initiator_rtt = rtt_to(*initiator, name);
        option.responder_rtt = is_end ? Duration{0} : rtt_to(*responder, name);
        options.push_back(std::move(option));
    }
    return options;
}

void PathDirector::move_to(Path& path, const PeerKey& relay) {
    leave(path);
    couriers_.releases.withdraw(relay, path.record.id);
    std::erase(path.left_relays, relay);
    context_.paths.set_relay(path, relay);
    for (PathEnd& end : path.record.ends) {
        end.candidates.clear();
    }
    draw_relay_secrets(path);
    parked_.erase(path.record.id);
    set_wait(path, std::nullopt);
    raise_relay_revision(path);
}

// A leg secret is known to one relay and one node, a path secret that a relay has to one run of it.
void PathDirector::draw_relay_secrets(Path& path) {
    PathRecord& record = path.record;
    if (!path.ends_at_relay()) {
        for (PathEnd& end : record.ends) {
            context_.random.fill(end.leg_secret.mutable_view());
        }
        return;
    }
    const Relay* relay = record.relay ? context_.registry.find_relay(*record.relay) : nullptr;
    record.end(Role::responder).boot_id = relay == nullptr ? BootId{} : relay->record.boot_id;
    if (relay != nullptr) {
        record.suite = suite_of_end(path, *relay).value_or(record.suite);
    }
    context_.random.fill(record.path_secret.mutable_view());
}

// By which the path could end at this relay.
std::optional<crypto::Suite> PathDirector::suite_of_end(const Path& path, const Relay& relay)
    const {
    const Node* node = context_.registry.find_node(path.record.end(Role::initiator).node);
    return choose_suite(node->record.suites, relay.suites, context_.settings.suites);
}

// The nodes may have come back with others.
void PathDirector::choose_suite_anew(PathRecord& record) {
    const Node* initiator = context_.registry.find_node(record.end(Role::initiator).node);
    const Node* responder = context_.registry.find_node(record.end(Role::responder).node);
    if (initiator != nullptr && responder != nullptr) {
        const auto& allowed = context_.settings.suites;
        record.suite = choose_suite(initiator->record.suites, responder->record.suites, allowed)
                           .value_or(record.suite);
    }
}

// An end runs anew, or has used the secret in a later state than the store's.
void PathDirector::renew_path_secret(Path& path) {
    if (path.ends_at_relay()) {
        draw_relay_secrets(path);
        raise_relay_revision(path);
        return;
    }
    choose_suite_anew(path.record);
    context_.random.fill(path.record.path_secret.mutable_view());
    raise_revision(path);
}

// Takes the path off its relay, if it has one, which goes on until both ends have changed over. The
// caller raises the revision to that of the
// release; a return to this relay comes with a higher one, above its tombstone.
void PathDirector::leave(Path& path) {
    PathRecord& record = path.record;
    if (!record.relay) {
        return;
    }
    give_up_restoring(path);
    couriers_.releases.hold({*record.relay, record.id, record.revision + 1, v1::RELEASE_REPLACED});
    path.left_relays.push_back(*record.relay);
    context_.paths.set_relay(path, std::nullopt);
    path.is_accepted = false;
}

void PathDirector::raise_revision(Path& path) {
    ++path.record.revision;
    context_.store.put_path(path.record);
}

// The relay has something new to accept, too.
void PathDirector::raise_relay_revision(Path& path) {
    path.record.relay_revision = path.record.revision + 1;
    path.is_accepted = false;
    raise_revision(path);
}

// An end finds nothing coming back: a relay takes the place of a direct tunnel, another relay that
// of the present one; where there is none, the present one is directed once more.
void PathDirector::complain(Path& path) {
    PathRecord& record = path.record;
    if (record.kind == RouteKind::direct) {
        record.is_direct_allowed = false;
        context_.store.put_path(record);
        return;
    }
    if (record.relay && path.is_accepted) {
        path.refused_by.push_back(*record.relay);
        path.is_accepted = false;
    }
}

// The relay holds this Path ID for somebody else's path, or, as an end, may have used its secret.
void PathDirector::redraw(Path& path, Instant now) {
    Node* initiator = context_.registry.find_node(path.record.end(Role::initiator).node);
    Node* responder = context_.registry.find_node(path.record.end(Role::responder).node);
    const GeneralNodeRecord* general = context_.general.find_of(path.record.id);
    const bool is_exit = path.record.kind == RouteKind::exit;
    if (initiator == nullptr || (responder == nullptr && general == nullptr && !is_exit)) {
        return release(path, v1::RELEASE_REVOKED, std::nullopt, now);
    }
    std::vector<Waiter> waiters = std::exchange(path.waiters, {});
    const crypto::Suite suite = path.record.suite;
    const std::uint32_t draws = path.draws + 1;
    if (!path.ends_at_relay()) {
        context_.paths.set_relay(path, std::nullopt);  // nothing of ours is there to release
    }
    release(path, v1::RELEASE_REPLACED, std::nullopt, now);
    const auto create_again = [&]() -> Path& {
        if (is_exit) {
            return create(ExitOrder{*initiator, suite}, now);
        }
        return general != nullptr ? create(GeneralOrder{*initiator, *general, suite}, now)
                                  : create(Order{*initiator, *responder, suite}, now);
    };
    Path& fresh = create_again();
    fresh.waiters = std::move(waiters);
    fresh.draws = draws;
    plan(fresh, now);
    proceed(fresh, Urgency::at_once, now);
}

}  // namespace ntm::dc
