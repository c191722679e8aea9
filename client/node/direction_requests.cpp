// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/direction_requests.hpp"

#include <algorithm>

namespace ntm::client {

namespace {

using std::chrono::seconds;

constexpr unsigned most_per_second = 20;
constexpr std::size_t most_pending = 256;
constexpr std::size_t most_refusals = 256;
constexpr Duration refused_for = seconds{2};
// What the DC has not been asked within this is no longer wanted.
constexpr Duration patience = seconds{5};

bool is_same_peer(const DirectionWish& a, const DirectionWish& b) {
    if (a.is_exit || b.is_exit) {
        return a.is_exit == b.is_exit;
    }
    return a.fqdn.empty() ? b.fqdn.empty() && a.vip == b.vip : a.fqdn == b.fqdn;
}

}  // namespace

void DirectionRequests::open(Instant now) {
    is_open_ = true;
    for (Pending& pending : pending_) {
        if (!pending.request) {
            send(pending, now);
        }
    }
}

bool DirectionRequests::ask(const DirectionWish& wish, Instant now) {
    return find_or_add(wish, now) != nullptr;
}

bool DirectionRequests::ask_and_hold(const DirectionWish& wish, Bytes packet, Instant now) {
    if (is_refused(wish, now)) {
        return false;
    }
    Pending* pending = find_or_add(wish, now);
    return pending != nullptr && pending->held.hold(std::move(packet), now);
}

bool DirectionRequests::ask_and_hold(const DirectionWish& wish, HeldPackets& packets, Instant now) {
    Pending* pending = find_or_add(wish, now);
    if (pending != nullptr) {
        pending->held.take_over(std::move(packets));
    }
    return pending != nullptr;
}

DirectionRequests::Pending* DirectionRequests::find(const DirectionWish& wish) {
    const auto at = std::find_if(pending_.begin(), pending_.end(), [&](const Pending& pending) {
        return is_same_peer(pending.wish, wish);
    });
    return at == pending_.end() ? nullptr : &*at;
}

DirectionRequests::Pending* DirectionRequests::find_or_add(const DirectionWish& wish, Instant now) {
    if (Pending* known = find(wish)) {
        return known;
    }
    if (pending_.size() >= most_pending || !has_budget(now)) {
        return nullptr;
    }
    Pending& pending = pending_.emplace_back();
    pending.wish = wish;
    pending.since = now;
    if (is_open_) {
        send(pending, now);
    }
    return &pending;
}

bool DirectionRequests::has_budget(Instant now) {
    if (!budget_since_ || now - *budget_since_ >= seconds{1}) {
        budget_since_ = now;
        budget_ = most_per_second;
    }
    if (budget_ == 0) {
        return false;
    }
    --budget_;
    return true;
}

bool DirectionRequests::is_refused(const DirectionWish& wish, Instant now) {
    std::erase_if(refusals_, [now](const Refusal& refusal) { return now >= refusal.until; });
    return std::any_of(refusals_.begin(), refusals_.end(), [&](const Refusal& refusal) {
        return refusal.fqdn == wish.fqdn && refusal.vip == wish.vip &&
               refusal.is_exit == wish.is_exit;
    });
}

void DirectionRequests::send(Pending& pending, Instant now) {
    v1::Signal message;
    v1::DirectionRequest& request = *message.mutable_direction_request();
    if (pending.wish.is_exit) {
        request.set_exit(true);
    } else if (pending.wish.fqdn.empty()) {
        request.set_vip(as_text(pending.wish.vip->bytes()));
    } else {
        request.set_fqdn(pending.wish.fqdn);
    }
    request.set_reason(pending.wish.reason);
    request.set_path_id(pending.wish.path_id.value);
    request.set_revision(pending.wish.revision);
    pending.sent_at = now;
    pending.request = signaling_.send_request(
        settings_.dc_key, std::move(message), protocol::OnNewBoot::resend, now
    );
}

std::optional<DirectionRequests::Settled> DirectionRequests::handle_answer(
    const protocol::AnswerReceived& answer, Instant now
) {
    return settle(answer.id, answer.message, now);
}

std::optional<DirectionRequests::Settled> DirectionRequests::handle_failure(
    std::uint64_t request, Instant now
) {
    v1::Signal answer;
    answer.set_status(v1::STATUS_INTERNAL);
    answer.set_text("no answer in time");
    return settle(request, std::move(answer), now);
}

std::optional<DirectionRequests::Settled> DirectionRequests::settle(
    std::uint64_t request, v1::Signal answer, Instant now
) {
    const auto at = std::find_if(pending_.begin(), pending_.end(), [&](const Pending& pending) {
        return pending.request == request;
    });
    if (at == pending_.end()) {
        return std::nullopt;
    }
    Settled settled{std::move(at->wish), std::move(at->held), std::move(answer)};
    pending_.erase(at);
    if (settled.answer.status() != v1::STATUS_OK) {
        if (refusals_.size() == most_refusals) {
            refusals_.erase(refusals_.begin());
        }
        const DirectionWish& wish = settled.wish;
        refusals_.push_back({wish.fqdn, wish.vip, wish.is_exit, now + refused_for});
    }
    return settled;
}

HeldPackets DirectionRequests::take_held(
    const std::string& fqdn, const std::vector<IpAddress>& vips
) {
    HeldPackets held;
    for (Pending& pending : pending_) {
        const bool is_for_name = !pending.wish.fqdn.empty() && pending.wish.fqdn == fqdn;
        const bool is_for_vip =
            pending.wish.vip &&
            std::find(vips.begin(), vips.end(), *pending.wish.vip) != vips.end();
        if (is_for_name || is_for_vip) {
            held.take_over(std::move(pending.held));
        }
    }
    return held;
}

std::optional<Instant> DirectionRequests::waits_since() const {
    std::optional<Instant> since;
    for (const Pending& pending : pending_) {
        if (pending.request && (!since || pending.sent_at < *since)) {
            since = pending.sent_at;
        }
    }
    return since;
}

Instant DirectionRequests::next_timeout() const {
    Instant next = Instant::never();
    for (const Pending& pending : pending_) {
        next = std::min(next, pending.held.next_timeout());
        if (!pending.request) {
            next = std::min(next, pending.since + patience);
        }
    }
    return next;
}

std::size_t DirectionRequests::handle_timeout(Instant now) {
    std::size_t too_old = 0;
    for (Pending& pending : pending_) {
        too_old += pending.held.expire(now);
    }
    std::erase_if(pending_, [now](const Pending& pending) {
        return !pending.request && now >= pending.since + patience;
    });
    return too_old;
}

}  // namespace ntm::client
