// SPDX-License-Identifier: BSD-3-Clause
// A packet to translate, checked: every length is known to be right before a byte is read, so that
// holding one is being allowed to rewrite it. What a NAPT can not translate, or not yet, is refused with
// a reason: fragments, IPv4 options, IPv6 extension headers, protocols without ports.
#pragma once

#include "common/base/address.hpp"
#include "common/base/byte_order.hpp"
#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/packet/drop_reason.hpp"
#include "rs-dataplane/napt/port_blocks.hpp"
#include "rs-dataplane/napt/tcp_tracking.hpp"
#include "rs-dataplane/tables/padded_address.hpp"

#include <array>
#include <cstdint>

namespace ntm::napt {

using tables::PaddedAddress;

enum class Kind : std::uint8_t { udp, tcp, echo_request, echo_reply, icmp_error };

[[nodiscard]] constexpr Protocol protocol_of(Kind kind) noexcept {
    return kind == Kind::udp ? Protocol::udp : kind == Kind::tcp ? Protocol::tcp : Protocol::icmp;
}

// Ports in host byte order. Of an echo, the identifier is the port of who asks, and the other one is 0.
struct Ends {
    PaddedAddress source{};
    PaddedAddress destination{};
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;

    friend bool operator==(const Ends&, const Ends&) = default;
};

[[nodiscard]] inline std::uint16_t port_at(const std::uint8_t* from) noexcept {
    return load<Be16>(from).to_host();
}

// Where the headers of a packet lie, or of one that an ICMP error quotes; offsets in what was parsed.
struct Headers {
    Family family = Family::ipv4;
    Kind kind = Kind::udp;
    std::uint16_t ip_at = 0;
    std::uint16_t upper_at = 0;  // 8 bytes at least are there
    std::uint16_t end = 0;       // of the packet, or of what is quoted of it
};

class InnerPacket {
  public:
    InnerPacket() noexcept = default;  // of nothing, until read() has filled it
    // `bytes` is exactly one packet, by its own length too. Into this one, since a copy of what was
    // just found out costs as much as to find it out: for the bursts of a worker.
    [[nodiscard]] DropReason read(MutableByteView bytes) noexcept;
    [[nodiscard]] static Result<InnerPacket, DropReason> parse(MutableByteView bytes) noexcept {
        InnerPacket packet;
        const DropReason reason = packet.read(bytes);
        if (reason != DropReason::none) {
            return Unexpected{reason};
        }
        return packet;
    }

    [[nodiscard]] const Headers& headers() const noexcept { return headers_; }
    [[nodiscard]] Kind kind() const noexcept { return headers_.kind; }
    // Of an ICMP error.
    [[nodiscard]] const Headers& quote() const noexcept { return quote_; }
    // Of either headers; ports are 0 for an ICMP error.
    [[nodiscard]] Ends ends(const Headers& headers) const noexcept;
    // Of TCP.
    [[nodiscard]] TcpSegment segment() const noexcept;
    // Offset of the value of a SYN's maximum segment size; 0: it has none.
    [[nodiscard]] std::uint16_t mss_at() const noexcept { return mss_at_; }

    [[nodiscard]] std::uint8_t* at(std::size_t offset) const noexcept {
        return bytes_.data() + offset;
    }

  private:
    [[nodiscard]] DropReason read_ipv4() noexcept;
    [[nodiscard]] DropReason read_ipv6() noexcept;
    [[nodiscard]] DropReason read_upper(std::size_t at, std::uint8_t protocol) noexcept;
    [[nodiscard]] DropReason read_udp(ByteView upper) noexcept;
    [[nodiscard]] DropReason read_tcp(ByteView upper) noexcept;
    [[nodiscard]] DropReason read_icmp_error() noexcept;
    [[nodiscard]] DropReason read_quoted_ipv4(ByteView quoted) noexcept;
    [[nodiscard]] DropReason read_quoted_ipv6(ByteView quoted) noexcept;
    [[nodiscard]] DropReason read_quoted_upper(
        ByteView quoted, std::size_t at, std::uint8_t protocol
    ) noexcept;

    MutableByteView bytes_;
    Headers headers_;
    Headers quote_;
    std::uint16_t mss_at_ = 0;
};

// Here, so that a tuple is made of it in registers.
inline Ends InnerPacket::ends(const Headers& headers) const noexcept {
    Ends ends;
    const std::uint8_t* ip = at(headers.ip_at);
    if (headers.family == Family::ipv4) {
        ends.source = PaddedAddress::ipv4_at(ip + 12);
        ends.destination = PaddedAddress::ipv4_at(ip + 16);
    } else {
        ends.source = PaddedAddress::ipv6_at(ip + 8);
        ends.destination = PaddedAddress::ipv6_at(ip + 24);
    }
    const std::uint8_t* upper = at(headers.upper_at);
    switch (headers.kind) {
        case Kind::udp:
        case Kind::tcp:
            ends.source_port = port_at(upper);
            ends.destination_port = port_at(upper + 2);
            break;
        case Kind::echo_request:
            ends.source_port = port_at(upper + 4);
            break;
        case Kind::echo_reply:
            ends.destination_port = port_at(upper + 4);
            break;
        case Kind::icmp_error:
            break;
    }
    return ends;
}

}  // namespace ntm::napt
