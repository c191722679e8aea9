// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/admit_punts.hpp"

namespace ntm::relay {

namespace {

constexpr std::array<DropReason, punt_class_count> over_budget{
    DropReason::leg_rate,
    DropReason::signal_rate,
    DropReason::handshake_rate,
    DropReason::host_rate,
    DropReason::neighbour_rate,
    DropReason::cookie_answer_rate};

}  // namespace

void admit_punts(
    Burst& burst, Lane& lane, PuntBuckets& buckets, const Settings& settings, Instant now
) noexcept {
    lane.apply(burst, [&](Packet& packet) noexcept {
        const std::uint8_t its_class = packet.punt_class;
        if (its_class == static_cast<std::uint8_t>(PuntClass::leg) &&
            !buckets.legs.take(packet.path_id, settings.legs_per_path, now)) {
            return DropReason::path_leg_rate;
        }
        if (!buckets.classes[its_class].take(settings.punt_budgets[its_class], now)) {
            return over_budget[its_class];
        }
        packet.punt(its_class);
        return DropReason::none;
    });
}

}  // namespace ntm::relay
