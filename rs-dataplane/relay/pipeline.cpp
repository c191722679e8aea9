// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/pipeline.hpp"

#include "rs-dataplane/relay/check_leg.hpp"
#include "rs-dataplane/relay/classify.hpp"
#include "rs-dataplane/relay/count_leg.hpp"
#include "rs-dataplane/relay/find_path.hpp"
#include "rs-dataplane/relay/finish.hpp"
#include "rs-dataplane/relay/lanes.hpp"
#include "rs-dataplane/relay/switch_tunnel.hpp"

namespace ntm::relay {

namespace {

// What the way of every tunnel packet of a burst needs besides the packet.
struct Way {
    const tables::OwnAddresses& own;
    std::span<const NextHop> next_hops;
    PathCounters* paths;
    std::uint32_t now_seconds;
};

// A tunnel packet's way once its path is found; the first reason to drop it ends it.
DropReason relay_one(Packet& packet, const Way& way) noexcept {
    DropReason reason = check_leg(packet);
    if (reason == DropReason::none) [[likely]] {
        reason = switch_tunnel(packet, way.own);
    }
    if (reason == DropReason::none) [[likely]] {
        reason = finish(packet, way.next_hops);
    }
    if (reason == DropReason::none) [[likely]] {
        count_leg(packet, way.paths, way.now_seconds);
    }
    return reason;
}

}  // namespace

Pipeline::Pipeline(const Parts& parts)
    : table_{parts.table},
      paths_{parts.paths},
      worker_{parts.worker},
      cookies_{*parts.token_key, parts.seed},
      punt_buckets_{parts.seed} {}

void Pipeline::run(Burst& burst, const Settings& settings, Instant now) noexcept {
    Lanes lanes;
    classify(burst, lanes, settings);

    find_path(burst, lanes.tunnel, table_, paths_);
    relay_all(burst, lanes.tunnel, settings, whole_seconds(now));

    cookies_.answer(burst, lanes.cookie, settings, now);
    worker_->cookies_answered.add(lanes.cookie.size());

    find_path(burst, lanes.leg, table_, paths_);
    admit_punts(burst, lanes.leg, punt_buckets_, settings, now);
    admit_punts(burst, lanes.punt, punt_buckets_, settings, now);
}

void Pipeline::relay_all(
    Burst& burst, Lane& lane, const Settings& settings, std::uint32_t now_seconds
) noexcept {
    const Way way{settings.own, settings.next_hops, paths_, now_seconds};
    lane.apply(burst, [way](Packet& packet) noexcept { return relay_one(packet, way); });
}

}  // namespace ntm::relay
