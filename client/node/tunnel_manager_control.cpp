// SPDX-License-Identifier: BSD-3-Clause
// The control side of TunnelManager: what the DC says, and what follows from it for tunnels.
#include "client/node/tunnel_manager.hpp"

#include <algorithm>
#include <limits>

namespace ntm::client {

namespace {

constexpr std::size_t most_unanswered_releases = 1024;
constexpr std::uint16_t default_mtu = 1400;

}  // namespace

void TunnelManager::settle(Instant now) {
    relays_.handle_timeout(now);
    do {
        run_tunnels(now);
    } while (settle_once(now));
    update_uses();
}

bool TunnelManager::settle_once(Instant now) {
    const auto signals = signaling_.take_events();
    for (const protocol::SignalingEvent& event : signals) {
        handle_signaling_event(event, now);
    }
    const auto relay_events = relays_.take_events();
    for (const RelayEvent& event : relay_events) {
        if (const auto* restarted = std::get_if<RelayRestarted>(&event)) {
            log("relay " + restarted->relay + " has restarted");
        } else if (const auto* died = std::get_if<WayDied>(&event)) {
            log("relay " + died->relay + " does not answer at " + died->way.remote.text());
        } else if (std::holds_alternative<OutsideChanged>(event)) {
            registration_.outside_changed(now);
        }
        for (const auto& [path_id, tunnel] : tunnels_.all()) {
            tunnel->handle_relay_event(event, now);
        }
    }
    const auto news = std::exchange(out_.events, {});
    for (const TunnelEvent& event : news) {
        handle_tunnel_event(event, now);
    }
    return !signals.empty() || !relay_events.empty() || !news.empty();
}

void TunnelManager::handle_signaling_event(const protocol::SignalingEvent& event, Instant now) {
    if (const auto* connected = std::get_if<protocol::PeerConnected>(&event)) {
        hear_dc(now);
        log("connected to the DC");
        registration_.handle_connected(*connected, now);
    } else if (const auto* request = std::get_if<protocol::RequestReceived>(&event)) {
        hear_dc(now);
        handle_request(*request, now);
    } else if (const auto* answer = std::get_if<protocol::AnswerReceived>(&event)) {
        hear_dc(now);
        handle_answer(*answer, now);
    } else if (const auto* failed = std::get_if<protocol::RequestFailed>(&event)) {
        handle_failure(failed->id, now);
    }
}

void TunnelManager::handle_answer(const protocol::AnswerReceived& answer, Instant now) {
    if (releases_.erase(answer.id) > 0) {
        return;
    }
    switch (registration_.handle_answer(answer, now)) {
        case Registration::Outcome::granted:
            granted(now);
            break;
        case Registration::Outcome::refused:
            if (registration_.refusal() != last_refusal_) {
                last_refusal_ = registration_.refusal();
                warn("the DC refuses this node: " + last_refusal_);
            }
            return;
        case Registration::Outcome::no_change:
            break;
        case Registration::Outcome::not_mine:
            if (auto settled = directions_.handle_answer(answer, now)) {
                direction_settled(std::move(*settled), now);
            }
            return;
    }
    // A NAT has forgotten the DC's hole, and so perhaps those of the relays.
    if (const auto family = registration_.take_changed_family()) {
        relays_.doubt(*family, now);
    }
}

void TunnelManager::handle_failure(std::uint64_t request, Instant now) {
    if (const auto release = releases_.extract(request)) {
        if (unanswered_releases_.size() == most_unanswered_releases) {
            unanswered_releases_.pop_front();
        }
        unanswered_releases_.push_back(std::move(release.mapped()));
        return;
    }
    if (registration_.handle_failure(request, now) != Registration::Outcome::not_mine) {
        return;
    }
    if (auto settled = directions_.handle_failure(request, now)) {
        direction_settled(std::move(*settled), now);
    }
}

void TunnelManager::hear_dc(Instant now) {
    if (silence_.heard(now)) {
        log("the DC answers again");
    }
    for (const v1::PathRelease& release : std::exchange(unanswered_releases_, {})) {
        send_release(release, now);
    }
}

// Without a real address there is nobody to ask.
std::optional<Instant> TunnelManager::waits_for_dc_since() const {
    if (locals_.is_empty()) {
        return std::nullopt;
    }
    const auto standing = registration_.waits_since();
    const auto directions = directions_.waits_since();
    if (standing && directions) {
        return std::min(*standing, *directions);
    }
    return standing ? standing : directions;
}

void TunnelManager::granted(Instant now) {
    const Grant& grant = *registration_.grant();
    last_refusal_.clear();
    own_vips_.clear();
    for (const auto& vip : {grant.vipv4, grant.vipv6}) {
        if (vip) {
            own_vips_.push_back(vip->address);
        }
    }
    const VirtualNetwork before = network_;
    update_network();
    if (before.vipv4 != network_.vipv4 || before.vipv6 != network_.vipv6) {
        log("registered as " + settings_.fqdn);
        // Removed and provisioned anew: the DC, which has ended the paths, could not say so, and what
        // it said of them before may still be on its way.
        while (!tunnels_.all().empty()) {
            const PathId path_id = tunnels_.all().begin()->first;
            tombstones_.bury(path_id, std::numeric_limits<std::uint32_t>::max(), now);
            remove(path_id, now);
        }
    }
    relays_.set_candidates(grant.relays, now);
    relays_.handle_timeout(now);
    directions_.open(now);
    for (const std::uint64_t query : queries_.take(settings_.fqdn)) {
        answer_own_name(query);
    }
}

void TunnelManager::handle_request(const protocol::RequestReceived& request, Instant now) {
    if (request.message.has_route_direction()) {
        answer_direction(request, install(request.message.route_direction(), now), now);
        return;
    }
    if (request.message.has_path_release()) {
        released(request, now);
        return;
    }
    v1::Signal answer;
    answer.set_status(v1::STATUS_BAD_REQUEST);
    answer.set_text("not a request that a node takes");
    signaling_.send_answer(request, std::move(answer), now);
}

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
    judge_name(settled.wish.fqdn, settled.answer.status());
    std::string trouble;
    if (settled.answer.status() != v1::STATUS_OK) {
        trouble = settled.answer.text().empty()
                      ? "status " + std::to_string(settled.answer.status())
                      : settled.answer.text();
    } else if (const auto refusal = install(settled.answer.direction_response().route(), now);
               refusal && !is_overtaken(settled.answer, *refusal)) {
        if (refusal->status == v1::STATUS_STALE && !shut_down_by_) {
            let_go_again(std::move(settled), now);
            return;
        }
        trouble = "unusable Route Direction: " + refusal->text;
    }
    const std::string& fqdn = settled.wish.fqdn;
    if (!trouble.empty()) {
        const bool is_unknown = settled.answer.status() == v1::STATUS_UNKNOWN_NAME;
        if (!is_unknown) {
            warn("no path to " + (fqdn.empty() ? settled.wish.vip->text() : fqdn) + ": " + trouble);
        }
        // A path that stands already goes on standing, whatever became of a complaint about it.
        const Tunnel* standing = tunnels_.find_by_name(fqdn);
        if (standing == nullptr) {
            fail_queries(fqdn, is_unknown ? DnsOutcome::no_such_name : DnsOutcome::failed);
        }
        return;
    }
    Tunnel* tunnel = tunnels_.find(PathId{settled.answer.direction_response().route().path_id()});
    tunnel->take_over(std::move(settled.held), now);
}

void TunnelManager::let_go_again(DirectionRequests::Settled settled, Instant now) {
    const v1::RouteDirection& route = settled.answer.direction_response().route();
    v1::PathRelease release;
    release.set_path_id(route.path_id());
    release.set_revision(route.revision());
    release.set_reason(v1::RELEASE_REPLACED);
    send_release(release, now);
    const DirectionWish anew{settled.wish.fqdn, settled.wish.vip, v1::DIRECTION_NEW, {}};
    ask_for(anew, now);
    for (Bytes& packet : settled.held.take(now)) {
        if (!directions_.ask_and_hold(anew, std::move(packet), now)) {
            ++counters_.held_too_long;
        }
    }
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
    if (direction.is_relayed()) {
        relays_.add_relay({direction.relay_name, direction.relay}, now);
    }
    std::vector<IpAddress> vips;
    for (const auto& vip : {direction.peer_vipv4, direction.peer_vipv6}) {
        if (vip) {
            vips.push_back(*vip);
            names_.remember(*vip, direction.peer_fqdn);
        }
    }
    const std::string fqdn = direction.peer_fqdn;
    auto keys = shelf_.take(direction);
    Tunnel& tunnel =
        tunnels_.add(std::make_unique<Tunnel>(std::move(direction), std::move(keys), context_, now)
        );
    tunnel.take_over(directions_.take_held(fqdn, vips), now);
    confirm_name(fqdn);
    update_network();
}

void TunnelManager::replace(Tunnel& tunnel, RouteDirection direction, Instant now) {
    log_secrets(direction);
    if (direction.is_relayed()) {
        relays_.add_relay({direction.relay_name, direction.relay}, now);
    }
    // The shelf gives the same keys back if the secret is the same: counters never start anew.
    shelf_.lay_aside(tunnel.take_keys());
    auto keys = shelf_.take(direction);
    tunnel.replace(std::move(direction), std::move(keys), now);
    tunnels_.reindex();
    for (const auto& vip : {tunnel.direction().peer_vipv4, tunnel.direction().peer_vipv6}) {
        if (vip) {
            names_.remember(*vip, tunnel.direction().peer_fqdn);
        }
    }
    update_network();
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
            log("path to " + tunnel->direction().peer_fqdn + " released by the DC");
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
    v1::PathRelease release;
    release.set_path_id(path_id.value);
    release.set_revision(tunnel->direction().revision);
    release.set_reason(reason);
    tombstones_.bury(path_id, tunnel->direction().revision, now);
    send_release(release, now);
    remove(path_id, now);
}

void TunnelManager::send_release(const v1::PathRelease& release, Instant now) {
    v1::Signal message;
    *message.mutable_path_release() = release;
    const std::uint64_t request = signaling_.send_request(
        settings_.dc_key, std::move(message), protocol::OnNewBoot::resend, now
    );
    releases_.emplace(request, release);
}

void TunnelManager::remove(PathId path_id, Instant /*now*/) {
    if (auto tunnel = tunnels_.remove(path_id)) {
        shelf_.lay_aside(tunnel->take_keys());
    }
    update_network();
}

void TunnelManager::handle_tunnel_event(const TunnelEvent& event, Instant now) {
    Tunnel* tunnel = tunnels_.find(event.path_id);
    if (tunnel == nullptr) {
        return;
    }
    const RouteDirection& direction = tunnel->direction();
    switch (event.news) {
        case TunnelNews::ready:
            log("path to " + direction.peer_fqdn + " is ready");
            answer_queries(*tunnel);
            return;
        case TunnelNews::failed:
            log("path to " + direction.peer_fqdn + " is down");
            ask_for({direction.peer_fqdn, {}, v1::DIRECTION_FAILED, event.path_id}, now);
            return;
        case TunnelNews::idle:
            release(event.path_id, v1::RELEASE_IDLE, now);
            return;
        case TunnelNews::expired:
            release(event.path_id, v1::RELEASE_EXPIRED, now);
            return;
    }
}

void TunnelManager::update_network() {
    const auto& grant = registration_.grant();
    if (!grant) {
        return;
    }
    network_.vipv4 = grant->vipv4;
    network_.vipv6 = grant->vipv6;
    network_.prefixes = grant->virtual_prefixes;
    network_.mtu = default_mtu;
    for (const auto& [path_id, tunnel] : tunnels_.all()) {
        network_.mtu = std::min(network_.mtu, tunnel->direction().inner_mtu);
    }
}

void TunnelManager::update_uses() {
    std::vector<RelayUse> uses;
    for (const auto& [path_id, tunnel] : tunnels_.all()) {
        if (tunnel->direction().is_relayed()) {
            uses.push_back({tunnel->direction().relay_name, tunnel->legs().wanted_way()});
        }
    }
    relays_.set_uses(uses);
}

}  // namespace ntm::client
