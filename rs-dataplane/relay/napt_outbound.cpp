// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/napt_outbound.hpp"

#include "common/base/touch.hpp"
#include "rs-dataplane/napt/translate.hpp"
#include "rs-dataplane/relay/check_size.hpp"
#include "rs-dataplane/relay/finish.hpp"
#include "rs-dataplane/relay/hairpin.hpp"
#include "rs-dataplane/relay/inner_header.hpp"

namespace ntm::relay {

namespace {

using napt::Kind;
using tables::PaddedAddress;

constexpr std::uint16_t longest_packet = 0xffff;

// Whose packet it is, and by which path it goes.
napt::Sender sender_of(
    const Packet& packet, const tables::TunnelEnd& end, napt::Position subscriber, Family family
) noexcept {
    return {subscriber, {packet.path_id, end.is_exit}, end.way(family).node};
}

// Whether the packet is the node's own.
DropReason check_source(
    const napt::InnerPacket& inner, const NumberedSubscriber& subscriber
) noexcept {
    const PaddedAddress vip = subscriber.vip(inner.headers().family);
    const bool is_own = inner.ends(inner.headers()).source == vip && vip != PaddedAddress{};
    return is_own ? DropReason::none : DropReason::inner_source;
}

// A burst on its way out: what is found out of a packet in one pass is used in the next.
class Outbound {
  public:
    Outbound(const Burst& burst, EndedPackets& ended, const NaptParts& parts) noexcept
        : burst_{burst}, ended_{ended}, parts_{parts}, napt_{parts.bindings, parts.addresses} {}

    [[nodiscard]] DropReason read(const Packet& packet) noexcept {
        const std::size_t number = number_of(packet);
        const tables::TunnelEnd& end = *ended_.ends[number];
        napt::InnerPacket& inner = ended_.inner[number];
        const NumberedSubscriber& subscriber = parts_.subscriber(end.subscriber);
        if (subscriber.at == napt::nowhere) [[unlikely]] {
            return DropReason::unknown_subscriber;
        }
        DropReason reason =
            inner.read({packet.begin + inner_at, std::size_t{packet.length} - inner_at});
        if (reason == DropReason::none) [[likely]] {
            reason = check_source(inner, subscriber);
        }
        if (reason == DropReason::none) [[likely]] {
            reason = check_destination(inner, end, number);
        }
        if (reason != DropReason::none) [[unlikely]] {
            return reason;
        }
        senders_[number] = sender_of(packet, end, subscriber.at, inner.headers().family);
        if (inner.kind() != Kind::icmp_error) {
            lookups_[number] = napt_.lookup_out(inner, senders_[number]);
            parts_.bindings.prefetch_index(lookups_[number]);
        }
        return DropReason::none;
    }
    void prefetch(std::size_t number) const noexcept {
        if (ended_.inner[number].kind() != Kind::icmp_error) {
            parts_.bindings.prefetch_session(lookups_[number]);
        }
    }
    [[nodiscard]] DropReason send(Packet& packet) noexcept {
        const std::size_t number = number_of(packet);
        const napt::InnerPacket& inner = ended_.inner[number];
        if (!lower_hop_limit(inner)) [[unlikely]] {
            return DropReason::ttl_expired;
        }
        const Family family = inner.headers().family;
        const tables::NextHopIndex hop = ended_.ends[number]->way(family).next_hop;
        const bool goes_out = !is_hairpin_[number];
        ended_.most[number] = goes_out ? mtu_of(hop, parts_.settings.next_hops) : longest_packet;
        const DropReason size = check_size(packet, ended_, number);
        if (size == DropReason::too_big) [[unlikely]] {
            return size;
        }
        if (!take_ecn_over(inner, ended_.outer_ecn[number])) [[unlikely]] {
            return DropReason::congestion_untold;
        }
        const DropReason reason =
            inner.kind() == Kind::icmp_error
                ? napt_.send_error_out(inner, senders_[number])
                : napt_.send_out(inner, lookups_[number], senders_[number], parts_.now);
        if (reason != DropReason::none) [[unlikely]] {
            return reason;
        }
        limit_segments(inner, longest_anywhere(ended_.ends[number]->suite));
        identify(inner, parts_.identifications);
        if (!goes_out) [[unlikely]] {
            turn_round(packet, family, parts_.settings);
            return size;
        }
        if (size == DropReason::fragmented) [[unlikely]] {
            return size;
        }
        return finish_plain(packet, family, hop, parts_.settings.next_hops);
    }

  private:
    // Whether the path leads where it goes.
    [[nodiscard]] DropReason check_destination(
        const napt::InnerPacket& inner, const tables::TunnelEnd& end, std::size_t number
    ) noexcept {
        is_hairpin_[number] = false;
        return end.is_exit ? check_target(inner, number)
                           : check_node(inner, end.way(inner.headers().family), number);
    }
    // By an exit path.
    [[nodiscard]] DropReason check_target(
        const napt::InnerPacket& inner, std::size_t number
    ) noexcept {
        const Family family = inner.headers().family;
        const napt::Target target = napt::Napt::target_of(inner);
        if (parts_.settings.targets.permits(family, target.address)) [[likely]] {
            return DropReason::none;
        }
        return check_hairpin(family, target, number);
    }
    // By a path to one general node.
    [[nodiscard]] DropReason check_node(
        const napt::InnerPacket& inner, const tables::TunnelEnd::Way& way, std::size_t number
    ) noexcept {
        if (!way.exists || inner.ends(inner.headers()).destination != way.node.virtual_address) {
            return DropReason::inner_destination;
        }
        const Family family = inner.headers().family;
        if (!parts_.addresses.find(family, way.node.real_address)) [[likely]] {
            return DropReason::none;
        }
        const std::uint16_t port = napt::Napt::target_of(inner).port;
        return check_hairpin(family, {way.node.real_address, port}, number);
    }
    [[nodiscard]] DropReason check_hairpin(
        Family family, const napt::Target& target, std::size_t number
    ) noexcept {
        is_hairpin_[number] = is_for_subscriber(family, target, parts_);
        return is_hairpin_[number] ? DropReason::none : DropReason::target_forbidden;
    }
    [[nodiscard]] std::size_t number_of(const Packet& packet) const noexcept {
        return static_cast<std::size_t>(&packet - burst_.packets.data());
    }

    const Burst& burst_;
    EndedPackets& ended_;
    const NaptParts& parts_;
    napt::Napt napt_;
    std::array<napt::Sender, burst_size> senders_;
    std::array<napt::Lookup<napt::InsideTuple>, burst_size> lookups_;
    std::array<bool, burst_size> is_hairpin_;
};

}  // namespace

void napt_outbound(Burst& burst, Lane& lane, EndedPackets& ended, const NaptParts& parts) noexcept {
    Outbound outbound{burst, ended, parts};
    for (std::size_t i = 0; i < lane.size(); ++i) {
        touch(&parts.subscriber(ended.ends[lane[i]]->subscriber));
    }
    lane.apply(burst, [&](Packet& packet) noexcept { return outbound.read(packet); });
    for (std::size_t i = 0; i < lane.size(); ++i) {
        outbound.prefetch(lane[i]);
    }
    lane.apply(burst, [&](Packet& packet) noexcept { return outbound.send(packet); });
}

}  // namespace ntm::relay
