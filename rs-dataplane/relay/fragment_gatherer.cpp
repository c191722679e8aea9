// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/fragment_gatherer.hpp"

#include "rs-dataplane/relay/hairpin.hpp"

#include <algorithm>

namespace ntm::relay {

namespace {

// For the headers of an ICMP error.
constexpr std::uint16_t headroom = 64;
constexpr std::size_t buffer_size = std::size_t{headroom} + inner_at + longest_whole;
static_assert(buffer_size <= 0xffff, "a Packet can not tell of more");

ByteView ip_packet_of(const Packet& packet) noexcept {
    return packet.bytes().subspan(inner_at);
}

// None that is forged outside joins those that a node has sent to a public address.
std::uint64_t origin_of(const Packet& packet) noexcept {
    return is_hairpinned(packet) ? fragment_origin::hairpinned : fragment_origin::outside;
}

}  // namespace

std::unique_ptr<FragmentGatherer> FragmentGatherer::make(
    const Reassembly::Plan& plan, WorkerCounters& counters, std::uint64_t seed
) {
    auto of_nodes = Reassembly::make(plan, counters.dropped, seed);
    auto of_general_nodes = Reassembly::make(plan, counters.dropped, ~seed);
    if (!of_nodes || !of_general_nodes) {
        return nullptr;
    }
    return std::unique_ptr<FragmentGatherer>{
        new FragmentGatherer{std::move(of_nodes), std::move(of_general_nodes), counters}};
}

std::size_t FragmentGatherer::bytes_for(const Reassembly::Plan& plan) noexcept {
    return 2 * Reassembly::bytes_for(plan) + buffer_size;
}

FragmentGatherer::FragmentGatherer(
    std::unique_ptr<Reassembly> of_nodes,
    std::unique_ptr<Reassembly> of_general_nodes,
    WorkerCounters& counters
)
    : of_nodes_{std::move(of_nodes)},
      of_general_nodes_{std::move(of_general_nodes)},
      counters_{counters},
      buffer_(buffer_size) {
    burst_.count = 1;
}

bool FragmentGatherer::take_of_node(
    Packet& packet, tables::SubscriberNumber node, Ecn outer, Instant now
) noexcept {
    auto fragment = IpFragment::parse(ip_packet_of(packet), fragment_origin::of(node));
    if (!fragment) {
        packet.drop(fragment.error());
        return false;
    }
    const auto ecn = ecn_out_of_tunnel(fragment->ecn(), outer);
    if (!ecn) {
        packet.drop(DropReason::congestion_untold);
        return false;
    }
    fragment->set_ecn(*ecn);
    return add(*of_nodes_, packet, *fragment, now);
}

bool FragmentGatherer::take_of_general_node(Packet& packet, Instant now) noexcept {
    const auto fragment = IpFragment::parse(ip_packet_of(packet), origin_of(packet));
    if (!fragment) {
        packet.drop(fragment.error());
        return false;
    }
    return add(*of_general_nodes_, packet, *fragment, now);
}

bool FragmentGatherer::add(
    Reassembly& table, Packet& packet, const IpFragment& fragment, Instant now
) noexcept {
    std::uint8_t* const begin = buffer_.data() + headroom;
    const Reassembly::Added added = table.add(fragment, now, begin + inner_at);
    show_held();
    if (added.reason != DropReason::none) {
        packet.drop(added.reason);
        return false;
    }
    packet.hold();
    if (added.length == 0) {
        return false;
    }
    Packet& whole = burst_.packets[0];
    whole = packet;
    whole.begin = begin;
    whole.headroom = headroom;
    whole.capacity = buffer_size;
    whole.length = static_cast<std::uint16_t>(inner_at + added.length);
    whole.ip_length = added.length;
    whole.fate = Fate::pending;
    std::copy_n(packet.begin, inner_at, begin);
    ended_.outer_ecn[0] = Ecn::not_ect;  // taken over already
    ended_.longest_fragment = added.longest_fragment;
    identification_ = fragment.key().identification;
    return true;
}

void FragmentGatherer::tend(Instant now) noexcept {
    of_nodes_->tend(now);
    of_general_nodes_->tend(now);
    show_held();
}

void FragmentGatherer::show_held() noexcept {
    counters_.held.set(of_nodes_->held() + of_general_nodes_->held());
}

}  // namespace ntm::relay
