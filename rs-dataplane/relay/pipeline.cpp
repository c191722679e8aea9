// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/pipeline.hpp"

#include "common/packet/udp.hpp"
#include "rs-dataplane/relay/check_leg.hpp"
#include "rs-dataplane/relay/classify.hpp"
#include "rs-dataplane/relay/count_leg.hpp"
#include "rs-dataplane/relay/find_path.hpp"
#include "rs-dataplane/relay/finish.hpp"
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

// END is for the control thread, like LEG; what is left in `tunnel` is to be switched.
void part_ended(const Burst& burst, Lanes& lanes) noexcept {
    Lane switched;
    for (std::size_t i = 0; i < lanes.tunnel.size(); ++i) {
        const std::uint8_t member = lanes.tunnel[i];
        const bool is_ended = burst.packets[member].passage->kind == tables::PassageKind::ended;
        (is_ended ? lanes.ended : switched).add(member);
    }
    lanes.tunnel = switched;
}

bool is_end(const Packet& packet) noexcept {
    constexpr std::uint8_t end_version_and_type = 0x15;
    return packet.begin[packet.udp_at + UdpView::size] == end_version_and_type;
}

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
      punt_buckets_{parts.seed},
      rs_n_{parts.rs_n} {}

void Pipeline::run(Burst& burst, const Settings& settings, Instant now) noexcept {
    Lanes lanes;
    classify(burst, lanes, settings);

    find_path(burst, lanes.tunnel, table_, paths_);
    if (rs_n_ != nullptr) {
        end_tunnels(burst, lanes, settings, now);
    }
    relay_all(burst, lanes.tunnel, settings, whole_seconds(now));

    cookies_.answer(burst, lanes.cookie, settings, now);
    worker_->cookies_answered.add(lanes.cookie.size());

    find_path(burst, lanes.leg, table_, paths_);
    admit_punts(burst, lanes.leg, punt_buckets_, settings, now);
    admit_punts(burst, lanes.punt, punt_buckets_, settings, now);
}

void Pipeline::end_tunnels(
    Burst& burst, Lanes& lanes, const Settings& settings, Instant now
) noexcept {
    part_ended(burst, lanes);
    lanes.ended.apply(burst, [](Packet& packet) noexcept { return check_leg(packet); });
    Lane data;
    for (std::size_t i = 0; i < lanes.ended.size(); ++i) {
        const std::uint8_t member = lanes.ended[i];
        Packet& packet = burst.packets[member];
        packet.punt_class = static_cast<std::uint8_t>(PuntClass::leg);
        (is_end(packet) ? lanes.leg : data).add(member);
    }
    const RsN::Round round{{table_, paths_}, settings, now, punt_buckets_};
    lanes.general.add_all(rs_n_->pass_out(burst, data, round));
    lanes.punt.add_all(rs_n_->pass_in(burst, lanes.general, round));
}

void Pipeline::relay_all(
    Burst& burst, Lane& lane, const Settings& settings, std::uint32_t now_seconds
) noexcept {
    const Way way{settings.own, settings.next_hops, paths_, now_seconds};
    lane.apply(burst, [way](Packet& packet) noexcept { return relay_one(packet, way); });
}

}  // namespace ntm::relay
