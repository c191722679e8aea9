// SPDX-License-Identifier: BSD-3-Clause
// What becomes of an inner packet between a tunnel and the public side: what is translated, and nothing
// else (docs/protocol.md section 7); and the ICMP errors about it. IP packets have a whole header.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"

#include <cstdint>

namespace ntm::malformed {

[[nodiscard]] ByteView packet_of(ByteView frame);
// By its own length.
[[nodiscard]] ByteView whole_packet_of(ByteView frame);
[[nodiscard]] ByteView quote_of(ByteView error);

[[nodiscard]] std::uint8_t hops_of(ByteView packet);
[[nodiscard]] unsigned ecn_of(ByteView packet);
[[nodiscard]] std::uint8_t traffic_class_of(ByteView packet);
// RFC 6040, figure 4, but for the packet that is dropped there.
[[nodiscard]] unsigned ecn_out_of_tunnel(unsigned inner, unsigned outer);

// RFC 6864: what may be fragmented has an identification of the relay's, which is that of `sent`.
[[nodiscard]] Bytes identified_as(Bytes packet, ByteView sent);

// Both throw BrokenPromise. What goes in and what comes out of the NAPT.
void check_translated(ByteView before, ByteView after, unsigned hops = 1);
// RFC 792, RFC 4443: an error that the relay makes itself.
void check_told(ByteView error, ByteView about, const IpAddress& speaker, unsigned hops = 64);

}  // namespace ntm::malformed
