// SPDX-License-Identifier: BSD-3-Clause
// The control side of TunnelManager: what the DC says, and what follows from it for tunnels.
#include "client/node/tunnel_manager.hpp"

#include <algorithm>
#include <limits>

namespace ntm::client {

namespace {

constexpr std::size_t most_unanswered_releases = 1024;
constexpr std::uint16_t default_mtu = 1400;
// A question that waits so long has met a way that does not work, at one end of it or the other.
constexpr Duration long_for_an_answer = std::chrono::seconds{1};

// Of a general node by its virtual address, which stays one place's; its name may lead elsewhere by now.
DirectionWish complaint_about(const RouteDirection& direction) {
    DirectionWish wish{
        direction.peer_fqdn,
        {},
        v1::DIRECTION_FAILED,
        direction.path_id,
        direction.revision,
        direction.is_exit};
    if (direction.kind == RouteKind::general && !direction.is_exit) {
        wish.fqdn.clear();
        wish.vip = direction.peer_vipv4 ? direction.peer_vipv4 : direction.peer_vipv6;
    }
    return wish;
}

}  // namespace

void TunnelManager::settle(Instant now) {
    relays_.handle_timeout(now);
    do {
        run_tunnels(now);
    } while (settle_once(now));
    keep_exit_path(now);
    update_uses();
}

void TunnelManager::keep_exit_path(Instant now) {
    if (now < exit_wish_.next_timeout()) {
        return;
    }
    if (tunnels_.find_exit() != nullptr || shut_down_by_) {
        exit_wish_.fulfilled();
        return;
    }
    exit_wish_.asked();
    DirectionWish wish;
    wish.is_exit = true;
    if (!directions_.ask(wish, now)) {
        exit_wish_.refused(now);
    }
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
    } else if (const auto* probed = std::get_if<protocol::AddressProbed>(&event)) {
        hear_dc(now);
        doubt_ways(probed->source.address.family(), now);
    } else if (const auto* failed = std::get_if<protocol::RequestFailed>(&event)) {
        handle_failure(failed->id, now);
    }
}

void TunnelManager::handle_answer(const protocol::AnswerReceived& answer, Instant now) {
    if (auto release = releases_.extract(answer.id)) {
        if (release.mapped().then) {
            ask_anew(*std::move(release.mapped().then), now);
        }
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
    if (const auto family = registration_.take_changed_family()) {
        doubt_ways(*family, now);
    }
}

// The DC sees this node elsewhere: it has moved, or a NAT has forgotten the DC's hole, and perhaps
// those of the relays and peers.
void TunnelManager::doubt_ways(Family family, Instant now) {
    relays_.doubt(family, now);
    for (const auto& [path_id, tunnel] : tunnels_.all()) {
        tunnel->doubt(family, now);
    }
}

void TunnelManager::handle_failure(std::uint64_t request, Instant now) {
    if (auto release = releases_.extract(request)) {
        if (release.mapped().then) {
            counters_.held_too_long += release.mapped().then->held.drop();
            if (release.mapped().then->wish.is_exit) {
                exit_wish_.refused(now);
            }
        }
        if (unanswered_releases_.size() == most_unanswered_releases) {
            unanswered_releases_.pop_front();
        }
        unanswered_releases_.push_back(std::move(release.mapped().message));
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
    const auto waiting_since = waits_for_dc_since();
    if (waiting_since && now - *waiting_since >= long_for_an_answer) {
        context_.dc_back = now;
    }
    context_.dc_heard = now;
    if (silence_.heard(now)) {
        log("the DC answers again");
    }
    for (const v1::PathRelease& release : std::exchange(unanswered_releases_, {})) {
        send_release(release, {}, now);
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
    if (tunnels_.find_exit() == nullptr) {
        exit_wish_.miss(now);
    }
    for (const NameQuery& query : queries_.take(settings_.fqdn)) {
        answer_own_name(query.number);
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

void TunnelManager::handle_tunnel_event(const TunnelEvent& event, Instant now) {
    Tunnel* tunnel = tunnels_.find(event.path_id);
    if (tunnel == nullptr) {
        return;
    }
    const RouteDirection& direction = tunnel->direction();
    switch (event.news) {
        case TunnelNews::ready:
            log("path to " + direction.peer_name() + " is ready");
            if (direction.is_exit) {
                network_.is_exit = true;
            } else {
                answer_queries(*tunnel);
            }
            return;
        case TunnelNews::failed:
            log("path to " + direction.peer_name() +
                (tunnel->has_been_ready() ? " is down" : " does not come about"));
            ask_for(complaint_about(direction), now);
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
    network_.is_exit = network_.is_exit && tunnels_.find_exit() != nullptr;
    for (const auto& [path_id, tunnel] : tunnels_.all()) {
        network_.mtu = std::min(network_.mtu, tunnel->direction().inner_mtu);
    }
}

void TunnelManager::update_uses() {
    std::vector<RelayUse> uses;
    for (const auto& [path_id, tunnel] : tunnels_.all()) {
        if (tunnel->direction().is_by_relay()) {
            uses.push_back({tunnel->direction().relay_name, tunnel->legs().wanted_way()});
        }
    }
    relays_.set_uses(uses);
}

}  // namespace ntm::client
