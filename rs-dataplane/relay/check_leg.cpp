// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/check_leg.hpp"

#include "common/packet/ethernet.hpp"
#include "rs-dataplane/tables/relay_entry.hpp"

namespace ntm::relay {

namespace {

using tables::Passage;
using tables::PreviousSource;

constexpr std::size_t ipv4_source_at = EthernetView::size + 12;
constexpr std::size_t ipv6_source_at = EthernetView::size + 8;

struct Source {
    const std::array<std::uint8_t, 16>& address;
    std::uint16_t port;
    std::uint8_t local;
};

// The number of the own address says the family too, so that the bytes need not.
bool is_from(const Packet& packet, const Source& source) noexcept {
    const auto came_from = load<std::uint16_t>(packet.begin + packet.udp_at);
    if (packet.own_address != source.local || came_from != source.port) {
        return false;
    }
    if (!packet.is_ipv6) {
        return load<std::uint32_t>(packet.begin + ipv4_source_at) ==
               load<std::uint32_t>(source.address.data());
    }
    const std::uint8_t* bytes = packet.begin + ipv6_source_at;
    const std::uint64_t high =
        load<std::uint64_t>(bytes) ^ load<std::uint64_t>(source.address.data());
    const std::uint64_t low =
        load<std::uint64_t>(bytes + 8) ^ load<std::uint64_t>(source.address.data() + 8);
    return (high | low) == 0;
}

DropReason check_previous(Packet& packet, const PreviousSource* previous) noexcept {
    if (previous == nullptr ||
        !is_from(packet, {previous->address, previous->port, previous->local})) {
        return DropReason::wrong_source;
    }
    packet.udp_delta = previous->udp_delta;
    return DropReason::none;
}

DropReason check_one(Packet& packet) noexcept {
    const Passage& passage = *packet.passage;
    if (!passage.is_open) [[unlikely]] {
        return DropReason::leg_not_bound;
    }
    packet.udp_delta = passage.udp_delta;
    if (is_from(packet, {passage.from_address, passage.from_port, passage.from_local})) [[likely]] {
        return DropReason::none;
    }
    return check_previous(packet, passage.previous);
}

}  // namespace

void check_leg(Burst& burst, Lane& lane) noexcept {
    lane.apply(burst, check_one);
}

}  // namespace ntm::relay
