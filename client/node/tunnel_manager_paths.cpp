// SPDX-License-Identifier: BSD-3-Clause
// The paths of TunnelManager: how Directions make and change them, and how they end.
#include "client/node/tunnel_manager.hpp"

#include <utility>

namespace ntm::client {

namespace {

// Any program may ask for names, and a web page have it do so.
constexpr Budget refusal_lines{1, 10};

v1::PathRelease release_of(PathId path_id, std::uint32_t revision, v1::ReleaseReason reason) {
    v1::PathRelease release;
    release.set_path_id(path_id.value);
    release.set_revision(revision);
    release.set_reason(reason);
    return release;
}

}  // namespace

void TunnelManager::answer_direction(
    const protocol::RequestReceived& request,
    const std::optional<DirectionRefusal>& refusal,
    Instant now
) {
    const v1::RouteDirection& direction = request.message.route_direction();
    const PathId path_id{direction.path_id()};
    v1::Signal answer;
    v1::RouteResponse& response = *answer.mutable_route_response();
    response.set_path_id(direction.path_id());
    if (refusal) {
        answer.set_status(refusal->status);
        answer.set_text(refusal->text);
    }
    if (const Tunnel* tunnel = tunnels_.find(path_id)) {
        response.set_revision(tunnel->direction().revision);
    } else if (const auto buried = tombstones_.revision_of(path_id, now)) {
        response.set_revision(*buried);
        response.set_is_released(
            answer.status() == v1::STATUS_STALE && direction.revision() <= *buried
        );
    }
    signaling_.send_answer(request, std::move(answer), now);
}

void TunnelManager::direction_settled(DirectionRequests::Settled settled, Instant now) {
    const std::string& fqdn = settled.wish.fqdn;
    if (!settled.wish.is_exit) {
        judge_name(fqdn, settled.answer.status());
    }
    std::string trouble;
    if (settled.answer.status() != v1::STATUS_OK) {
        trouble = settled.answer.text().empty()
                      ? "status " + std::to_string(settled.answer.status())
                      : settled.answer.text();
    } else if (const auto refusal = install(settled.answer.direction_response().route(), now);
               refusal && !is_overtaken(settled.answer, *refusal)) {
        if (refusal->status == v1::STATUS_STALE && let_go_again(settled, now)) {
            return;
        }
        trouble = "unusable Route Direction: " + refusal->text;
    }
    if (settled.wish.is_exit) {
        exit_settled(trouble, now);
        return;
    }
    if (!trouble.empty()) {
        path_refused(settled, trouble, now);
        return;
    }
    Tunnel* tunnel = tunnels_.find(PathId{settled.answer.direction_response().route().path_id()});
    if (tunnel->direction().kind == RouteKind::general) {
        end_general_trouble();
    }
    tunnel->take_over(std::move(settled.held), now);
}

void TunnelManager::path_refused(
    const DirectionRequests::Settled& settled, const std::string& trouble, Instant now
) {
    const std::string& fqdn = settled.wish.fqdn;
    const v1::Status status = settled.answer.status();
    const DnsOutcome outcome = outcome_of(fqdn, status);
    if (outcome == DnsOutcome::failed && refusal_lines_.take(refusal_lines, now)) {
        warn("no path to " + (fqdn.empty() ? settled.wish.vip->text() : fqdn) + ": " + trouble);
    }
    if (outcome == DnsOutcome::not_ours && status == v1::STATUS_NO_RELAY) {
        note_general_trouble(trouble, now);
    }
    // A path that stands already goes on standing, whatever became of a complaint about it.
    if (tunnels_.find_by_name(fqdn) == nullptr) {
        fail_queries(fqdn, outcome);
    }
}

void TunnelManager::note_general_trouble(std::string trouble, Instant now) {
    if (!is_general_trouble_told_ && refusal_lines_.take(refusal_lines, now)) {
        is_general_trouble_told_ = true;
        warn(
            "no path to general nodes: " + trouble +
            "; their names go to the system's resolvers, and connections made by these "
            "end when this node moves"
        );
    }
    general_trouble_ = std::move(trouble);
}

void TunnelManager::end_general_trouble() {
    general_trouble_.clear();
    if (std::exchange(is_general_trouble_told_, false)) {
        log("general nodes are reached by paths again");
    }
}

void TunnelManager::exit_settled(const std::string& trouble, Instant now) {
    // A path that stands already goes on standing, whatever became of a complaint about it.
    if (trouble.empty() || tunnels_.find_exit() != nullptr) {
        exit_wish_.fulfilled();
        last_exit_trouble_.clear();
        return;
    }
    exit_wish_.refused(now);
    if (trouble != last_exit_trouble_) {
        last_exit_trouble_ = trouble;
        warn("no exit path: " + trouble + "; trying on");
    }
}

bool TunnelManager::let_go_again(DirectionRequests::Settled& settled, Instant now) {
    const v1::RouteDirection& route = settled.answer.direction_response().route();
    const PathId path_id{route.path_id()};
    for (auto& [request, release] : releases_) {
        if (release.message.path_id() == route.path_id() && release.then) {
            release.then->held.take_over(std::move(settled.held));
            return true;
        }
    }
    if (shut_down_by_ || !tombstones_.may_release_again(path_id)) {
        return false;
    }
    const auto release = release_of(path_id, route.revision(), v1::RELEASE_REPLACED);
    const DirectionWish& wish = settled.wish;
    const bool is_waited_for = wish.is_exit || !settled.held.is_empty() || queries_.has(wish.fqdn);
    send_release(release, is_waited_for ? std::optional{std::move(settled)} : std::nullopt, now);
    return true;
}

void TunnelManager::ask_anew(DirectionRequests::Settled settled, Instant now) {
    const DirectionWish& wish = settled.wish;
    const DirectionWish anew{wish.fqdn, wish.vip, v1::DIRECTION_NEW, {}, 0, wish.is_exit};
    if (!shut_down_by_ && directions_.ask_and_hold(anew, settled.held, now)) {
        return;
    }
    if (wish.is_exit) {
        exit_wish_.refused(now);
        return;
    }
    counters_.held_too_long += settled.held.drop();
    fail_queries(anew.fqdn, outcome_of(anew.fqdn, v1::STATUS_BUSY));
}

// An answer that was lost and asked for again says what was true then: the path has been drawn anew.
bool TunnelManager::is_overtaken(const v1::Signal& answer, const DirectionRefusal& refusal) {
    return refusal.status == v1::STATUS_STALE &&
           tunnels_.find(PathId{answer.direction_response().route().path_id()}) != nullptr;
}

std::optional<DirectionRefusal> TunnelManager::install(
    const v1::RouteDirection& message, Instant now
) {
    auto direction = parse_direction(
        message, {settings_.boot_id, settings_.suites, network_.prefixes, own_vips_}
    );
    if (!direction) {
        return direction.error();
    }
    if (direction->is_exit && !settings_.wants_exit) {
        // Of a run before this one, which did. The DC releases what is buried.
        tombstones_.bury(direction->path_id, direction->revision, now);
    }
    const auto buried = tombstones_.revision_of(direction->path_id, now);
    if (shut_down_by_ || (buried && direction->revision <= *buried)) {
        return DirectionRefusal{v1::STATUS_STALE, "this path has been released"};
    }
    Tunnel* known = tunnels_.find(direction->path_id);
    if (known == nullptr) {
        if (tunnels_.is_full()) {
            return DirectionRefusal{v1::STATUS_FULL, "this node holds 1024 paths"};
        }
        install_new(*std::move(direction), now);
        return std::nullopt;
    }
    const std::uint32_t held = known->direction().revision;
    if (direction->revision < held) {
        return DirectionRefusal{
            v1::STATUS_STALE, "revision " + std::to_string(held) + " is held here"};
    }
    if (direction->revision == held) {
        known->renew(now);
        return std::nullopt;
    }
    replace(*known, *std::move(direction), now);
    return std::nullopt;
}

void TunnelManager::install_new(RouteDirection direction, Instant now) {
    log_secrets(direction);
    if (direction.is_by_relay()) {
        relays_.add_relay({direction.relay_name, direction.relay}, now);
    }
    std::vector<IpAddress> vips;
    for (const auto& vip : {direction.peer_vipv4, direction.peer_vipv6}) {
        if (vip) {
            vips.push_back(*vip);
        }
    }
    remember_name(direction);
    const std::string fqdn = direction.peer_fqdn;
    auto keys = shelf_.take(direction);
    Tunnel& tunnel =
        tunnels_.add(std::make_unique<Tunnel>(std::move(direction), std::move(keys), context_, now)
        );
    if (!tunnel.direction().is_exit) {
        tunnel.take_over(directions_.take_held(fqdn, vips), now);
        confirm_name(fqdn);
    }
    update_network();
}

void TunnelManager::replace(Tunnel& tunnel, RouteDirection direction, Instant now) {
    log_secrets(direction);
    if (direction.is_by_relay()) {
        relays_.add_relay({direction.relay_name, direction.relay}, now);
    }
    // The shelf gives the same keys back if the secret is the same: counters never start anew.
    shelf_.lay_aside(tunnel.take_keys());
    auto keys = shelf_.take(direction);
    tunnel.replace(std::move(direction), std::move(keys), now);
    tunnels_.reindex();
    remember_name(tunnel.direction());
    update_network();
}

// The path to a general node is made again by its virtual address, as its name may lead elsewhere by then.
void TunnelManager::remember_name(const RouteDirection& direction) {
    if (direction.kind == RouteKind::general) {
        return;
    }
    for (const auto& vip : {direction.peer_vipv4, direction.peer_vipv6}) {
        if (vip) {
            names_.remember(*vip, direction.peer_fqdn);
        }
    }
    if (const auto before = known_peers_.meet(direction.peer_fqdn, direction.peer_key)) {
        warn(
            "the key of " + direction.peer_fqdn +
            " is another than before: " + direction.peer_key.text() + ", and was " + before->text()
        );
    }
}

void TunnelManager::released(const protocol::RequestReceived& request, Instant now) {
    const v1::PathRelease& release = request.message.path_release();
    const PathId path_id{release.path_id()};
    v1::Signal answer;
    const Tunnel* tunnel = tunnels_.find(path_id);
    if (tunnel != nullptr && tunnel->direction().revision > release.revision()) {
        answer.set_status(v1::STATUS_STALE);
        answer.set_text("a higher revision is held here");
    } else {
        if (tunnel != nullptr) {
            log("path to " + tunnel->direction().peer_name() + " released by the DC");
            remove(path_id, now);
        }
        tombstones_.bury(path_id, release.revision(), now);
    }
    answer.mutable_path_release_ack();
    signaling_.send_answer(request, std::move(answer), now);
}

void TunnelManager::release(PathId path_id, v1::ReleaseReason reason, Instant now) {
    const Tunnel* tunnel = tunnels_.find(path_id);
    if (tunnel == nullptr) {
        return;
    }
    const std::uint32_t revision = tunnel->direction().revision;
    tombstones_.bury(path_id, revision, now);
    send_release(release_of(path_id, revision, reason), {}, now);
    remove(path_id, now);
}

void TunnelManager::send_release(
    const v1::PathRelease& release, std::optional<DirectionRequests::Settled> then, Instant now
) {
    v1::Signal message;
    *message.mutable_path_release() = release;
    const std::uint64_t request = signaling_.send_request(
        settings_.dc_key, std::move(message), protocol::OnNewBoot::resend, now
    );
    releases_.insert_or_assign(request, Release{release, std::move(then)});
}

void TunnelManager::remove(PathId path_id, Instant now) {
    if (auto tunnel = tunnels_.remove(path_id)) {
        shelf_.lay_aside(tunnel->take_keys());
    }
    if (tunnels_.find_exit() == nullptr && !shut_down_by_) {
        exit_wish_.miss(now);
    }
    update_network();
}

}  // namespace ntm::client
