// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/request_engine.hpp"

#include <algorithm>

namespace ntm::protocol {

namespace {

using std::chrono::milliseconds;

constexpr Duration unknown_rtt_wait = milliseconds{100};
constexpr Duration least_first_wait = milliseconds{50};
constexpr Duration most_first_wait = milliseconds{250};
constexpr std::size_t remembered_targets = 8;

}  // namespace

void SmoothedRtt::add(Duration sample) noexcept {
    value_ = value_ ? *value_ + (sample - *value_) / 8 : sample;
}

Backoff::Backoff(std::optional<Duration> smoothed_rtt, Duration most) noexcept
    : wait_{std::clamp(
          smoothed_rtt ? 2 * *smoothed_rtt : unknown_rtt_wait, least_first_wait, most_first_wait
      )},
      most_{most} {}

Duration Backoff::next(RandomSource& random) {
    const auto permille = static_cast<Duration::rep>(900 + random.below(201));
    const Duration jittered = wait_ * permille / 1000;
    wait_ = std::min(wait_ * 3 / 2, most_);
    if (std::exchange(is_first_, false)) {
        return std::clamp(jittered, least_first_wait, most_first_wait);
    }
    return std::min(jittered, most_);
}

PendingRequest& RequestBook::add(PendingRequest request) {
    const std::uint64_t id = request.id;
    probes_ += request.is_probe ? 1 : 0;
    PendingRequest& added = requests_.emplace(id, std::move(request)).first->second;
    times_.emplace(std::min(added.due, added.deadline()), id);
    return added;
}

std::optional<PendingRequest> RequestBook::take(std::uint64_t id) {
    const auto found = requests_.find(id);
    if (found == requests_.end()) {
        return std::nullopt;
    }
    PendingRequest request = std::move(found->second);
    times_.erase({std::min(request.due, request.deadline()), id});
    probes_ -= request.is_probe ? 1 : 0;
    requests_.erase(found);
    return request;
}

void RequestBook::schedule(PendingRequest& request, Instant due) {
    times_.erase({std::min(request.due, request.deadline()), request.id});
    request.due = due;
    times_.emplace(std::min(request.due, request.deadline()), request.id);
}

void RequestBook::note_sent(
    PendingRequest& request, const std::vector<Endpoint>& to, Instant now, RandomSource& random
) {
    ++request.tries;
    request.last_sent = now;
    for (const Endpoint& endpoint : to) {
        if (std::ranges::find(request.sent_to, endpoint) == request.sent_to.end() &&
            request.sent_to.size() < remembered_targets) {
            request.sent_to.push_back(endpoint);
        }
    }
    schedule(request, now + request.backoff.next(random));
}

void RequestBook::note_unsent(PendingRequest& request, Instant now, RandomSource& random) {
    schedule(request, now + request.backoff.next(random));
}

std::vector<PendingRequest> RequestBook::take_expired(Instant now) {
    std::vector<std::uint64_t> ids;
    for (const auto& [time, id] : times_) {
        if (time > now) {
            break;
        }
        if (requests_.at(id).deadline() <= now) {
            ids.push_back(id);
        }
    }
    std::vector<PendingRequest> expired;
    expired.reserve(ids.size());
    for (const std::uint64_t id : ids) {
        expired.push_back(*take(id));
    }
    return expired;
}

std::vector<PendingRequest> RequestBook::take_dead(BootId boot_id) {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, request] : requests_) {
        if (request.dies_with_boot && request.made_for && *request.made_for != boot_id) {
            ids.push_back(id);
        }
    }
    std::vector<PendingRequest> dead;
    dead.reserve(ids.size());
    for (const std::uint64_t id : ids) {
        dead.push_back(*take(id));
    }
    return dead;
}

std::vector<PendingRequest*> RequestBook::due(Instant now) {
    std::vector<PendingRequest*> found;
    for (const auto& [time, id] : times_) {
        if (time > now) {
            break;
        }
        PendingRequest& request = requests_.at(id);
        if (request.due <= now) {
            found.push_back(&request);
        }
    }
    return found;
}

std::vector<PendingRequest*> RequestBook::all() {
    std::vector<PendingRequest*> found;
    for (auto& [id, request] : requests_) {
        found.push_back(&request);
    }
    return found;
}

PendingRequest* RequestBook::probe_to(const Endpoint& endpoint) {
    if (probes_ == 0) {
        return nullptr;
    }
    const auto found = std::ranges::find_if(requests_, [&](const auto& entry) {
        return entry.second.is_probe && entry.second.only_to == endpoint;
    });
    return found == requests_.end() ? nullptr : &found->second;
}

Instant RequestBook::next_timeout() const noexcept {
    return times_.empty() ? Instant::never() : times_.begin()->first;
}

AnswerCache::Finding AnswerCache::take(BootId boot_id, std::uint64_t id, Instant now) {
    expire(now);
    const Key key{boot_id, id};
    if (const auto found = entries_.find(key); found != entries_.end()) {
        const auto& answer = found->second.answer;
        return {answer ? Seen::answered : Seen::in_work, answer ? &*answer : nullptr};
    }
    if (entries_.size() >= capacity_) {
        return {Seen::refused, nullptr};
    }
    keep_until(key, std::nullopt, now + answer_lifetime);
    return {Seen::first_time, nullptr};
}

void AnswerCache::keep(BootId boot_id, std::uint64_t id, Bytes answer, Instant now) {
    keep_until({boot_id, id}, std::move(answer), now + answer_lifetime);
}

void AnswerCache::keep_until(const Key& key, std::optional<Bytes> answer, Instant expires) {
    entries_[key] = {std::move(answer), expires};
    expiries_.emplace_back(expires, key);
}

void AnswerCache::expire(Instant now) {
    while (!expiries_.empty() && expiries_.front().first <= now) {
        const auto found = entries_.find(expiries_.front().second);
        if (found != entries_.end() && found->second.expires <= now) {
            entries_.erase(found);
        }
        expiries_.pop_front();
    }
}

Instant AnswerCache::next_timeout() const noexcept {
    return expiries_.empty() ? Instant::never() : expiries_.front().first;
}

}  // namespace ntm::protocol
