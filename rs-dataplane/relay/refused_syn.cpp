// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/refused_syn.hpp"

#include "common/packet/ethernet.hpp"
#include "rs-dataplane/relay/ended_packets.hpp"
#include "rs-dataplane/relay/icmp_error.hpp"

#include <algorithm>

namespace ntm::relay {

namespace {

struct EthernetHeader {
    EthernetAddresses addresses;
    Be16 type;
};
static_assert(sizeof(EthernetHeader) == EthernetView::size);

constexpr IcmpError port_unreachable(Family family) noexcept {
    return family == Family::ipv4 ? IcmpError{3, 3} : IcmpError{1, 4};
}

}  // namespace

bool make_refusal(Packet& packet, const napt::InnerPacket& syn) noexcept {
    const auto came = load<EthernetHeader>(packet.begin);
    if ((packet.begin[6] & 1) != 0) {
        return false;  // from many stations
    }
    packet.trim_to(static_cast<std::uint16_t>(
        std::min<std::size_t>(packet.length, inner_at + napt::HeldSyns::most_quoted)
    ));
    const napt::Ends ends = syn.ends(syn.headers());
    const IcmpError error = port_unreachable(syn.headers().family);
    if (!make_icmp_error(packet, syn, error, ends.destination)) {
        return false;
    }
    const EthernetAddresses back{came.addresses.source, came.addresses.destination};
    store(packet.begin, EthernetHeader{back, came.type});
    return true;
}

Packet see_as_packet(napt::Refusal& refusal) noexcept {
    Packet packet{};
    packet.begin = refusal.bytes.data();
    packet.length = refusal.length;
    packet.capacity = refusal.length;
    packet.port = refusal.port;
    packet.reason = DropReason::napt_syn_filtered;
    packet.receive_marks = refusal.is_hairpinned ? ReceiveMarks::hairpinned : ReceiveMarks::none;
    return packet;
}

}  // namespace ntm::relay
