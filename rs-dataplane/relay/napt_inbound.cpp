// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/napt_inbound.hpp"

#include "common/base/touch.hpp"
#include "rs-dataplane/relay/check_size.hpp"
#include "rs-dataplane/relay/find_path.hpp"
#include "rs-dataplane/relay/finish.hpp"
#include "rs-dataplane/relay/hairpin.hpp"
#include "rs-dataplane/relay/inner_header.hpp"
#include "rs-dataplane/relay/seal_tunnel.hpp"

#include <algorithm>
#include <optional>

namespace ntm::relay {

namespace {

using tables::PaddedAddress;

napt::Receiver receiver_of(
    const napt::InsideEndpoint& found,
    const NumberedSubscriber& subscriber,
    const tables::TunnelEnd& end,
    Family family
) noexcept {
    return {subscriber.vip(family), found.port, {found.path, end.is_exit}, end.way(family).node};
}

// A burst on its way in: what is found out of a packet in one pass is used in the next.
class Inbound {
  public:
    Inbound(const Burst& burst, EndedPackets& ended, const NaptParts& parts) noexcept
        : burst_{burst}, ended_{ended}, parts_{parts}, napt_{parts.bindings, parts.addresses} {}

    [[nodiscard]] DropReason read(const Packet& packet) noexcept {
        const std::size_t number = number_of(packet);
        napt::InnerPacket& inner = ended_.inner[number];
        const DropReason reason =
            inner.read({packet.begin + inner_at, std::size_t{packet.length} - inner_at});
        if (reason != DropReason::none) [[unlikely]] {
            return reason;
        }
        lookups_[number] = napt_.lookup_in(inner);
        if (lookups_[number]) {
            parts_.bindings.prefetch_index(*lookups_[number]);
        }
        return DropReason::none;
    }
    void prefetch(std::size_t number) const noexcept {
        if (lookups_[number]) {
            parts_.bindings.prefetch_session(*lookups_[number]);
        }
    }
    // By which path it goes.
    [[nodiscard]] DropReason find_receiver(Packet& packet) noexcept {
        const std::size_t number = number_of(packet);
        const napt::InnerPacket& inner = ended_.inner[number];
        const auto found = lookups_[number]
                               ? napt_.find_receiver(inner, *lookups_[number], parts_.now)
                               : napt_.find_receiver_of_error(inner);
        if (!found) [[unlikely]] {
            return found.error();
        }
        receivers_[number] = *found;
        packet.path_id = found->path;
        packet.role = Role::responder;
        // One that turned round came as its node's DATA.
        packet.ip_length = static_cast<std::uint16_t>(packet.length - inner_at);
        return DropReason::none;
    }
    // Its path is found.
    [[nodiscard]] DropReason translate(const Packet& packet) noexcept {
        const std::size_t number = number_of(packet);
        if (packet.passage->kind != tables::PassageKind::ended) [[unlikely]] {
            return DropReason::leg_not_bound;
        }
        const tables::TunnelEnd& end = *packet.passage->end(Role::responder);
        const napt::InnerPacket& inner = ended_.inner[number];
        const Family family = inner.headers().family;
        const DropReason reason = check_path(packet, end);
        if (reason != DropReason::none) [[unlikely]] {
            return reason;
        }
        ended_.ends[number] = &end;
        if (!lower_hop_limit(inner)) [[unlikely]] {
            return DropReason::ttl_expired;
        }
        ended_.most[number] = most_inner(*packet.passage, end.suite);
        const DropReason size = check_size(packet, ended_, number);
        if (size == DropReason::too_big) [[unlikely]] {
            return size;
        }
        limit_segments(inner, std::min(ended_.most[number], longest_anywhere(end.suite)));
        const napt::InsideEndpoint& found = receivers_[number];
        const NumberedSubscriber& subscriber = parts_.subscriber(end.subscriber);
        napt::Napt::bring_in(inner, receiver_of(found, subscriber, end, family));
        return size;
    }

  private:
    [[nodiscard]] std::size_t number_of(const Packet& packet) const noexcept {
        return static_cast<std::size_t>(&packet - burst_.packets.data());
    }
    [[nodiscard]] std::uint16_t most_inner(const tables::Passage& passage, crypto::Suite suite)
        const noexcept {
        const std::uint16_t mtu = mtu_of(passage.next_hop, parts_.settings.next_hops);
        return longest_inner(passage, suite, mtu);
    }
    // A session may be older than what its path is now, whose it is, and where it may lead.
    [[nodiscard]] DropReason check_path(const Packet& packet, const tables::TunnelEnd& end)
        const noexcept {
        const std::size_t number = number_of(packet);
        if (parts_.subscriber(end.subscriber).at != receivers_[number].subscriber) {
            return DropReason::other_path;
        }
        const napt::InnerPacket& inner = ended_.inner[number];
        const Family family = inner.headers().family;
        const PaddedAddress general_node = napt::Napt::general_node_of(inner);
        if (end.is_exit) {
            const bool is_target =
                is_hairpinned(packet) || parts_.settings.targets.permits(family, general_node);
            return is_target ? DropReason::none : DropReason::source_forbidden;
        }
        const tables::TunnelEnd::Way& way = end.way(family);
        if (!way.exists || general_node != way.node.real_address) {
            return DropReason::other_path;
        }
        // From a public address comes only what this relay has sent from there.
        const bool is_forged =
            !is_hairpinned(packet) && parts_.addresses.find(family, general_node).has_value();
        return is_forged ? DropReason::source_forbidden : DropReason::none;
    }

    const Burst& burst_;
    EndedPackets& ended_;
    const NaptParts& parts_;
    napt::Napt napt_;
    std::array<std::optional<napt::Lookup<napt::OutsideTuple>>, burst_size> lookups_;
    std::array<napt::InsideEndpoint, burst_size> receivers_;
};

}  // namespace

void napt_inbound(
    Burst& burst, Lane& lane, EndedPackets& ended, const NaptParts& parts, const PathLookup& table
) noexcept {
    Inbound inbound{burst, ended, parts};
    lane.apply(burst, [&](Packet& packet) noexcept { return inbound.read(packet); });
    for (std::size_t i = 0; i < lane.size(); ++i) {
        inbound.prefetch(lane[i]);
    }
    lane.apply(burst, [&](Packet& packet) noexcept { return inbound.find_receiver(packet); });
    find_path(burst, lane, table.reader, table.counters);
    for (std::size_t i = 0; i < lane.size(); ++i) {
        touch(burst.packets[lane[i]].passage);
    }
    for (std::size_t i = 0; i < lane.size(); ++i) {
        const tables::Passage& passage = *burst.packets[lane[i]].passage;
        if (passage.kind == tables::PassageKind::ended) [[likely]] {
            touch(passage.end(Role::responder));
        }
    }
    lane.apply(burst, [&](Packet& packet) noexcept { return inbound.translate(packet); });
}

}  // namespace ntm::relay
