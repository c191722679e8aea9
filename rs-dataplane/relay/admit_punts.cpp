// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/admit_punts.hpp"

#include "rs-dataplane/relay/packet_source.hpp"

namespace ntm::relay {

namespace {

constexpr std::array<DropReason, punt_class_count> over_budget{
    DropReason::leg_rate,
    DropReason::signal_rate,
    DropReason::handshake_rate,
    DropReason::host_rate,
    DropReason::neighbour_rate,
    DropReason::cookie_answer_rate};

// Half of what the class has: the most that a DC needs while it directs all its paths again.
constexpr Budget signals_per_source{10'000, 1'000};
// As many as the control thread opens for one source with a token.
constexpr Budget handshakes_per_source{100, 50};

// Whether the budget in front of the class's has room: the narrower first, so that what is beyond it
// takes nothing from the others.
DropReason admit_of_its_own(
    const Packet& packet, PuntBuckets& buckets, const Settings& settings, Instant now
) noexcept {
    switch (static_cast<PuntClass>(packet.punt_class)) {
        case PuntClass::leg:
            return buckets.legs.take(packet.path_id, settings.legs_per_path, now)
                       ? DropReason::none
                       : DropReason::path_leg_rate;
        case PuntClass::signal:
            return buckets.signals.take(source_of(packet).address, signals_per_source, now)
                       ? DropReason::none
                       : DropReason::signal_rate;
        case PuntClass::handshake:
            return buckets.handshakes.take(source_of(packet).address, handshakes_per_source, now)
                       ? DropReason::none
                       : DropReason::handshake_rate;
        default:
            return DropReason::none;
    }
}

}  // namespace

void admit_punts(
    Burst& burst, Lane& lane, PuntBuckets& buckets, const Settings& settings, Instant now
) noexcept {
    lane.apply(burst, [&](Packet& packet) noexcept {
        const std::uint8_t its_class = packet.punt_class;
        const DropReason reason = admit_of_its_own(packet, buckets, settings, now);
        if (reason != DropReason::none) {
            return reason;
        }
        if (!buckets.classes[its_class].take(settings.punt_budgets[its_class], now)) {
            return over_budget[its_class];
        }
        packet.punt(its_class);
        return DropReason::none;
    });
}

}  // namespace ntm::relay
