// SPDX-License-Identifier: BSD-3-Clause
#include "dc/release_outbox.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace ntm::dc {

namespace {
constexpr std::size_t most_under_way = 32;  // to one peer
constexpr Duration sweep_pause = std::chrono::minutes{1};
}  // namespace

void ReleaseOutbox::add(const ReleaseRecord& release) {
    context_.store.put_release(release);
    adopt(release);
}

void ReleaseOutbox::hold(const ReleaseRecord& release) {
    context_.store.put_release(release);
    Lane& lane = lanes_[release.peer];
    lane.releases.insert_or_assign(release.path_id, release);
    lane.drop_at.erase(release.path_id);
    lane.held.insert(release.path_id);
}

std::vector<PeerKey> ReleaseOutbox::hold_all_of(PathId id) {
    std::vector<PeerKey> relays;
    for (const auto& [name, relay] : context_.registry.relays()) {
        const auto at = lanes_.find(relay->record.key);
        if (at != lanes_.end() && at->second.releases.contains(id)) {
            at->second.waiting.erase(id);
            at->second.held.insert(id);
            relays.push_back(at->first);
        }
    }
    return relays;
}

void ReleaseOutbox::let_go(const PeerKey& peer, PathId id) {
    const auto at = lanes_.find(peer);
    if (at != lanes_.end() && at->second.held.erase(id) != 0) {
        at->second.waiting.insert(id);
        to_pump_.insert(peer);
    }
}

void ReleaseOutbox::adopt(const ReleaseRecord& release) {
    Lane& lane = lanes_[release.peer];
    lane.releases.insert_or_assign(release.path_id, release);
    lane.drop_at.erase(release.path_id);
    lane.held.erase(release.path_id);
    lane.waiting.insert(release.path_id);
    to_pump_.insert(release.peer);
}

void ReleaseOutbox::resume(const PeerKey& peer) {
    const auto at = lanes_.find(peer);
    if (at == lanes_.end()) {
        return;
    }
    std::set<PathId> stays = at->second.held;
    for (const auto& [request, id] : at->second.under_way) {
        stays.insert(id);
    }
    for (const auto& [id, release] : at->second.releases) {
        if (!stays.contains(id)) {
            at->second.waiting.insert(id);
        }
    }
    to_pump_.insert(peer);
}

void ReleaseOutbox::drop(const PeerKey& peer) {
    const auto at = lanes_.find(peer);
    if (at == lanes_.end()) {
        return;
    }
    for (const auto& [request, id] : at->second.under_way) {
        context_.signaling.cancel_request(peer, request);
    }
    for (const auto& [id, release] : at->second.releases) {
        context_.store.remove_release(peer, id);
    }
    lanes_.erase(at);
}

void ReleaseOutbox::withdraw(const PeerKey& peer, PathId id) {
    const auto at = lanes_.find(peer);
    if (at == lanes_.end() || at->second.releases.erase(id) == 0) {
        return;
    }
    context_.store.remove_release(peer, id);
    at->second.held.erase(id);
    at->second.waiting.erase(id);
    at->second.drop_at.erase(id);
    std::erase_if(at->second.under_way, [&](const auto& sent) {
        if (sent.second == id) {
            context_.signaling.cancel_request(peer, sent.first);
        }
        return sent.second == id;
    });
}

bool ReleaseOutbox::take_answer(const protocol::AnswerReceived& answer) {
    const auto id = take(answer.peer, answer.id);
    if (!id) {
        return false;
    }
    const v1::Status status = answer.message.status();
    // A relay that refuses the fence registers anew, and busy passes: the release stays.
    const bool is_relay = context_.registry.find_relay(answer.peer) != nullptr;
    if (status == v1::STATUS_BUSY || (status == v1::STATUS_STALE && is_relay)) {
        return true;
    }
    withdraw(answer.peer, *id);
    return true;
}

bool ReleaseOutbox::take_failure(const protocol::RequestFailed& failure) {
    return take(failure.peer, failure.id).has_value();
}

void ReleaseOutbox::sweep(Instant now) {
    sweep_at_ = now + sweep_pause;
    std::vector<std::pair<PeerKey, PathId>> too_old;
    for (auto& [peer, lane] : lanes_) {
        for (const auto& [id, release] : lane.releases) {
            const Instant end = now + context_.settings.timing.path_lifetime;
            if (lane.drop_at.try_emplace(id, end).first->second <= now) {
                too_old.emplace_back(peer, id);
            }
        }
    }
    for (const auto& [peer, id] : too_old) {
        withdraw(peer, id);
        to_pump_.insert(peer);
    }
}

void ReleaseOutbox::pump(Instant now) {
    if (now >= sweep_at_) {
        sweep(now);
    }
    for (const PeerKey& peer : std::exchange(to_pump_, {})) {
        const auto at = lanes_.find(peer);
        if (at == lanes_.end()) {
            continue;
        }
        pump_lane(peer, at->second, now);
        if (at->second.releases.empty() && at->second.under_way.empty()) {
            lanes_.erase(at);
        }
    }
}

std::size_t ReleaseOutbox::size() const noexcept {
    std::size_t size = 0;
    for (const auto& [peer, lane] : lanes_) {
        size += lane.releases.size();
    }
    return size;
}

void ReleaseOutbox::pump_lane(const PeerKey& peer, Lane& lane, Instant now) {
    const Relay* relay = context_.registry.find_relay(peer);
    if (relay != nullptr && !relay->is_alive) {
        return;
    }
    while (!lane.waiting.empty() && lane.under_way.size() < most_under_way) {
        const PathId id = *lane.waiting.begin();
        lane.waiting.erase(lane.waiting.begin());
        const ReleaseRecord& release = lane.releases.at(id);
        v1::Signal message;
        v1::PathRelease& body = *message.mutable_path_release();
        body.set_path_id(id.value);
        body.set_revision(release.revision);
        body.set_reason(release.reason);
        if (relay != nullptr) {
            *body.mutable_fence() = context_.fence_for(relay->record.boot_id);
        }
        const std::uint64_t request = context_.signaling.send_request(
            peer, std::move(message), protocol::OnNewBoot::fail, now
        );
        lane.under_way.emplace(request, id);
    }
}

std::optional<PathId> ReleaseOutbox::take(const PeerKey& peer, std::uint64_t request) {
    const auto lane = lanes_.find(peer);
    if (lane == lanes_.end()) {
        return std::nullopt;
    }
    const auto at = lane->second.under_way.find(request);
    if (at == lane->second.under_way.end()) {
        return std::nullopt;
    }
    const PathId id = at->second;
    lane->second.under_way.erase(at);
    to_pump_.insert(peer);
    return id;
}

}  // namespace ntm::dc
