// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/rs_n.hpp"

#include "rs-dataplane/relay/count_leg.hpp"
#include "rs-dataplane/relay/napt_inbound.hpp"
#include "rs-dataplane/relay/napt_outbound.hpp"
#include "rs-dataplane/relay/open_tunnel.hpp"
#include "rs-dataplane/relay/seal_tunnel.hpp"

#include <utility>

namespace ntm::relay {

namespace {

// Session records looked at in each burst: all of a million within a few seconds of a busy worker.
constexpr std::uint32_t tended_at_once = 8;

}  // namespace

RsN::RsN(Parts parts)
    : bindings_{std::move(parts.bindings)},
      addresses_{std::move(parts.addresses)},
      cipher_{std::move(parts.cipher)},
      subscribers_(parts.subscribers, napt::nowhere) {}

void RsN::carry_out(const SubscriberOrder& order, Instant now) {
    const auto* open = std::get_if<OpenSubscriber>(&order);
    const auto number = open != nullptr ? open->number : std::get<CloseSubscriber>(order).number;
    if (number >= subscribers_.size()) {
        return;
    }
    const napt::Position known = std::exchange(subscribers_[number], napt::nowhere);
    if (known != napt::nowhere) {
        bindings_->remove_subscriber(known, now);
    }
    if (open != nullptr) {
        const auto added = bindings_->add_subscriber(open->vipv4, open->vipv6, open->limits);
        subscribers_[number] = added.value_or(napt::nowhere);
    }
}

void RsN::pass_out(Burst& burst, Lane& lane, const Settings& settings, Instant now) noexcept {
    open_tunnel(burst, lane, ended_, *cipher_);
    napt_outbound(burst, lane, ended_, napt(now), settings);
    bindings_->tend(now, tended_at_once);
}

void RsN::pass_in(
    Burst& burst, Lane& lane, const PathLookup& table, const Settings& settings, Instant now
) noexcept {
    napt_inbound(burst, lane, ended_, napt(now), table);
    seal_tunnel(burst, lane, ended_, *cipher_, settings);
    for (std::size_t i = 0; i < lane.size(); ++i) {
        count_leg(burst.packets[lane[i]], table.counters, whole_seconds(now));
    }
}

}  // namespace ntm::relay
