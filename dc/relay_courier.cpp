// SPDX-License-Identifier: BSD-3-Clause
#include "dc/relay_courier.hpp"

#include "dc/directions.hpp"

namespace ntm::dc {

namespace {

constexpr std::size_t most_in_turn_under_way = 8;  // messages
// A datagram's payload is 1200 bytes at most: less 16 of header, 16 of tag, and the Signal's own
// fields and those of the fence.
constexpr std::size_t most_directions_size = 1200 - 32 - 64;

}  // namespace

// A message to one relay while it is being filled.
struct RelayCourier::Letter {
    Context& context;
    const Relay& relay;
    Lane& lane;
    v1::RelayDirections directions;
    std::size_t size = 0;
    std::vector<Sent> sent;

    void add(PathId id, Instant now) {
        Path* path = context.paths.find(id);
        if (path == nullptr || path->is_accepted || path->record.relay != relay.record.key) {
            return;
        }
        if (path->asked_revision == path->record.relay_revision) {
            return;
        }
        path->asked_revision = path->record.relay_revision;
        v1::RelayDirection direction = build_relay_direction(*path, context);
        const std::size_t added = direction.ByteSizeLong() + 4;
        if (size + added > most_directions_size) {
            send(now);
        }
        size += added;
        sent.push_back({id, direction.revision()});
        *directions.add_directions() = std::move(direction);
    }

    void send(Instant now) {
        if (sent.empty()) {
            return;
        }
        *directions.mutable_fence() = context.fence_for(relay.record.boot_id);
        v1::Signal message;
        *message.mutable_relay_directions() = std::move(directions);
        const std::uint64_t id = context.signaling.send_request(
            relay.record.key, std::move(message), protocol::OnNewBoot::fail, now
        );
        lane.under_way.emplace(id, std::move(sent));
        directions.Clear();
        sent.clear();
        size = 0;
    }
};

void RelayCourier::want(const Path& path, Urgency urgency) {
    Lane& lane = lane_of(*path.record.relay);
    if (urgency == Urgency::at_once) {
        lane.at_once.push_back(path.record.id);
        return;
    }
    if (lane.waiting_in_turn.insert(path.record.id).second) {
        lane.in_turn.push_back(path.record.id);
    }
}

void RelayCourier::set_rate(std::uint32_t per_second) {
    for (auto& [relay, lane] : lanes_) {
        lane.rate = Lane::rate_of(per_second);
    }
}

void RelayCourier::drop(const PeerKey& relay) {
    const auto at = lanes_.find(relay);
    if (at == lanes_.end()) {
        return;
    }
    for (const auto& [id, letter] : at->second.under_way) {
        context_.signaling.cancel_request(relay, id);
        end_asking(letter);
    }
    // The rate stays: a relay that restarts again and again gets no more than any other.
    Lane& lane = at->second;
    lane.at_once.clear();
    lane.in_turn.clear();
    lane.waiting_in_turn.clear();
    lane.under_way.clear();
}

std::optional<RelayReport> RelayCourier::take_answer(const protocol::AnswerReceived& answer) {
    auto report = take_failure({answer.peer, answer.id});
    if (!report) {
        return std::nullopt;
    }
    const v1::RelayResponses& responses = answer.message.relay_responses();
    const auto count = static_cast<std::size_t>(responses.responses_size());
    if (answer.message.status() != v1::STATUS_OK || count != report->verdicts.size()) {
        return report;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const v1::RelayResponse& response = responses.responses(static_cast<int>(i));
        RelayReport::Verdict& verdict = report->verdicts[i];
        if (response.path_id() != verdict.path_id.value) {
            return report;
        }
        verdict.status = response.status();
        verdict.held_revision = response.revision();
        verdict.text = response.text();
    }
    report->addresses =
        read_relay_addresses(responses.addresses()).value_or(std::vector<Endpoint>{});
    report->is_answered = true;
    return report;
}

std::optional<RelayReport> RelayCourier::take_failure(const protocol::RequestFailed& failure) {
    const auto lane = lanes_.find(failure.peer);
    if (lane == lanes_.end()) {
        return std::nullopt;
    }
    const auto at = lane->second.under_way.find(failure.id);
    if (at == lane->second.under_way.end()) {
        return std::nullopt;
    }
    RelayReport report;
    report.relay = failure.peer;
    for (const Sent& sent : at->second) {
        report.verdicts.push_back({sent.path_id, sent.revision, v1::STATUS_INTERNAL, 0, {}});
    }
    end_asking(at->second);
    lane->second.under_way.erase(at);
    return report;
}

void RelayCourier::end_asking(const std::vector<Sent>& letter) {
    for (const Sent& sent : letter) {
        Path* path = context_.paths.find(sent.path_id);
        if (path != nullptr && path->asked_revision == sent.revision) {
            path->asked_revision = 0;
        }
    }
}

void RelayCourier::pump(Instant now) {
    for (auto& [key, lane] : lanes_) {
        pump_lane(key, lane, now);
    }
}

Instant RelayCourier::next_timeout() const {
    Instant next = Instant::never();
    for (const auto& [key, lane] : lanes_) {
        const Relay* relay = context_.registry.find_relay(key);
        const bool is_alive = relay != nullptr && relay->is_alive;
        if (is_alive && !lane.in_turn.empty() && lane.under_way.size() < most_in_turn_under_way) {
            next = std::min(next, lane.rate.room_at());
        }
    }
    return next;
}

RelayCourier::Lane& RelayCourier::lane_of(const PeerKey& relay) {
    return lanes_.try_emplace(relay, context_.settings.limits.restored_per_second).first->second;
}

void RelayCourier::pump_lane(const PeerKey& key, Lane& lane, Instant now) {
    const Relay* relay = context_.registry.find_relay(key);
    if (relay == nullptr || !relay->is_alive) {
        return;
    }
    Letter letter{context_, *relay, lane, {}, 0, {}};
    while (!lane.at_once.empty()) {
        letter.add(lane.at_once.front(), now);
        lane.at_once.pop_front();
    }
    letter.send(now);
    pump_in_turn(letter, now);
}

void RelayCourier::pump_in_turn(Letter& letter, Instant now) {
    Lane& lane = letter.lane;
    while (!lane.in_turn.empty() && lane.under_way.size() < most_in_turn_under_way &&
           lane.rate.take(now)) {
        const PathId id = lane.in_turn.front();
        lane.in_turn.pop_front();
        lane.waiting_in_turn.erase(id);
        letter.add(id, now);
    }
    letter.send(now);
}

}  // namespace ntm::dc
