// SPDX-License-Identifier: BSD-3-Clause
#include "tests/malformed/translation.hpp"

#include "tests/malformed/inner_packet.hpp"
#include "tests/malformed/oracle.hpp"
#include "tests/malformed/wire_frame.hpp"

#include <algorithm>
#include <array>

namespace ntm::malformed {

ByteView packet_of(ByteView frame) {
    return frame.subspan(14);
}
ByteView whole_packet_of(ByteView frame) {
    const ByteView packet = packet_of(frame);
    return packet.first(is_ipv6(packet) ? 40U + word_at(packet, 4) : word_at(packet, 2));
}
ByteView quote_of(ByteView error) {
    return error.subspan(header_length(error) + 8);
}

unsigned ecn_of(ByteView packet) {
    return is_ipv6(packet) ? packet[1] >> 4 & 3U : packet[1] & 3U;
}
std::uint8_t traffic_class_of(ByteView packet) {
    return is_ipv6(packet) ? static_cast<std::uint8_t>(word_at(packet, 0) >> 4) : packet[1];
}
std::uint8_t hops_of(ByteView packet) {
    return packet[is_ipv6(packet) ? 7 : 8];
}

unsigned ecn_out_of_tunnel(unsigned inner, unsigned outer) {
    constexpr unsigned ect1 = 1;
    constexpr unsigned ect0 = 2;
    constexpr unsigned ce = 3;
    if (outer == ce) {
        hold(inner != 0, "congestion is told to who knows of it");
        return ce;
    }
    return inner == ect0 && outer == ect1 ? ect1 : inner;
}

void check_told(ByteView error, ByteView about, const IpAddress& speaker, unsigned hops) {
    hold(is_ipv6(error) == is_ipv6(about) && is_icmp_error(error), "it is an ICMP error");
    hold(!is_icmp_error(about), "and not about one");
    hold(error.size() <= (is_ipv6(error) ? 1280U : 576U), "no longer than it may be");
    hold(has_right_checksums(error), "with right checksums");
    hold(hops_of(error) == hops, "with a hop limit of its own");
    hold(
        source_of(error) == speaker && destination_of(error) == source_of(about),
        "to who sent the packet"
    );
    const ByteView quote = quote_of(error);
    const ByteView quoted = about.first(std::min(quote.size(), about.size()));
    hold(
        quote.size() >= std::min<std::size_t>(about.size(), 500) &&
            std::ranges::equal(without_ends(quote), without_ends(quoted)),
        "which it quotes"
    );
}

void check_translated(ByteView before, ByteView after, unsigned hops) {
    hold(
        before.size() == after.size() &&
            std::ranges::equal(without_ends(before), without_ends(after)),
        "no more is changed than is translated"
    );
    hold(
        hops_of(before) > hops && hops_of(after) == hops_of(before) - hops,
        "one hop less for each translation"
    );
    hold(has_right_checksums(before) == has_right_checksums(after), "checksums stay right");
    if (is_icmp_error(after)) {
        const ByteView quote = quote_of(after);
        hold(
            is_ipv6(quote) || plain_sum(quote.first(std::size_t{quote[0] & 0x0fU} * 4)) == 0xffff,
            "a quote's header checksum is right"
        );
    }
}

Bytes identified_as(Bytes packet, ByteView sent) {
    const bool may_be_fragmented = !is_ipv6(packet) && (packet[6] & 0x40) == 0;
    if (may_be_fragmented && sent.size() >= 6) {
        std::copy_n(sent.begin() + 4, 2, packet.begin() + 4);
        repair_ipv4_header(packet);
    }
    return packet;
}

}  // namespace ntm::malformed
