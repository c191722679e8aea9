// SPDX-License-Identifier: BSD-3-Clause
#include "tests/malformed/watched_fragments.hpp"

#include "common/packet/ipv4.hpp"
#include "tests/malformed/inner_packet.hpp"
#include "tests/malformed/oracle.hpp"
#include "tests/malformed/wire_frame.hpp"
#include "tests/unit/rs-dataplane/relay/fragments.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_cast.hpp"

namespace ntm::malformed {

bool is_fragment(ByteView packet) {
    return is_ipv6(packet) ? protocol_of(packet) == ip_protocol::fragment
                           : (word_at(packet, 6) & 0x3fff) != 0;
}

bool has_more(ByteView fragment) {
    return is_ipv6(fragment) ? (word_at(fragment, 42) & 1) != 0
                             : (word_at(fragment, 6) & 0x2000) != 0;
}

Bytes joined(const std::vector<Bytes>& packets) {
    return is_fragment(packets.front()) ? relay::testing::joined(packets) : packets.front();
}

WatchedFragments::WatchedFragments()
    : gatherer_{relay::FragmentGatherer::make({}, counters_, relay::testing::gatherer_seed)} {}

bool WatchedFragments::has_taken(const Packet& became) {
    if (became.fate != Fate::drop) {
        return became.fate == Fate::held;
    }
    return became.reason == DropReason::fragment_joined ||
           became.reason == DropReason::fragment_overlap ||
           became.reason == DropReason::fragment_quota;
}

WatchedFragments::Dropped WatchedFragments::values_of(
    const std::array<relay::Counter, drop_reason_count>& counters
) {
    Dropped values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = counters[i].value();
    }
    return values;
}

template <typename Take>
std::optional<Bytes> WatchedFragments::take(ByteView fragment, const Packet& became, Take take) {
    Bytes frame(relay::inner_at);
    append(frame, fragment);
    Packet packet{};
    packet.begin = frame.data();
    packet.length = packet.capacity = static_cast<std::uint16_t>(frame.size());
    const bool is_whole = take(packet);
    const bool ends_alike =
        packet.fate == became.fate && (packet.fate != Fate::drop || packet.reason == became.reason);
    hold(ends_alike, "a fragment ends as those before it have it");
    if (!is_whole) {
        return std::nullopt;
    }
    const ByteView whole = gatherer_->burst().packets[0].bytes().subspan(relay::inner_at);
    return Bytes{whole.begin(), whole.end()};
}

std::optional<Bytes> WatchedFragments::take_of_node(
    ByteView fragment,
    tables::SubscriberNumber node,
    unsigned outer_ecn,
    const Packet& became,
    Instant now
) {
    return take(fragment, became, [&](Packet& packet) {
        return gatherer_->take_of_node(packet, node, static_cast<Ecn>(outer_ecn), now);
    });
}

std::optional<Bytes> WatchedFragments::take_of_general_node(
    ByteView fragment, const Packet& became, Instant now
) {
    return take(fragment, became, [&](Packet& packet) {
        return gatherer_->take_of_general_node(packet, now);
    });
}

}  // namespace ntm::malformed
